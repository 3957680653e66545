"""`dohyo report`: a page of HTML about a run, or one that compares several, in one file."""

import json
import time
import webbrowser
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dohyo.agents.files import write_atomically
from dohyo.cli.options import Imports, Json
from dohyo.cli.page.page import PAGE, render

if TYPE_CHECKING:
    from dohyo.arenas.views.replay import Replay
    from dohyo.cli.page.comparison import Comparison
    from dohyo.curricula.run.config import TrainConfig
    from dohyo.curricula.run.folder import RunFolder

COMPARISON = "comparison.html"
"""Usual name of the page about several runs, in the current folder."""
EARLY = 0.1
"""Share of a run's generations after which its early snapshots are taken."""


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN", help="Run folder; several in one arena are compared.", show_default=False),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File to write the page to.", show_default=f"RUN/{PAGE}, or {COMPARISON} of several"
        ),
    ] = None,
    bouts: Annotated[
        bool,
        typer.Option(
            "--bouts",
            help="Also play bouts and show them: early snapshots and the newest ones; or the first of several runs "
            "against each other one.",
        ),
    ] = False,
    refresh: Annotated[
        int | None,
        typer.Option(
            "--refresh",
            help="Write the page again at this interval, in seconds, until the budgets of all runs are used up; the "
            "browser loads it.",
            min=5,
            show_default="write it once",
        ),
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Write a page about a run, finished or not, or about several: ratings, win rates, curves, settings.

    Example: [bold]dohyo report runs/first --open[/bold]
    """
    path = out or (runs[0] / PAGE if len(runs) == 1 else Path(COMPARISON))
    write = _write_page if len(runs) == 1 else _write_comparison
    going_on = write(runs, path, bouts, refresh, quiet=as_json)
    if as_json:
        about = {"run": str(runs[0])} if len(runs) == 1 else {"runs": [*map(str, runs)]}
        typer.echo(json.dumps({**about, "page": str(path), "bytes": path.stat().st_size}))
    else:
        typer.echo(f"The page: {path}")
    if look:
        webbrowser.open(path.resolve().as_uri())
    while going_on and refresh is not None:
        time.sleep(refresh)
        going_on = write(runs, path, bouts, refresh, quiet=as_json)


def _write_page(runs: Sequence[Path], path: Path, bouts: bool, refresh: int | None, *, quiet: bool) -> bool:
    """Write the page of the one run and return whether its budget is not yet used up."""
    from dohyo.cli.page.contents import read_story
    from dohyo.curricula.run.folder import RunFolder

    with Console(stderr=True, quiet=quiet).status("drawing"):
        with closing(RunFolder.open(runs[0])) as folder:
            story = read_story(folder)
            shown = _play(folder) if bouts else []
        _write(path, render(story, shown, refresh if story.share < 1 else None))
    return story.share < 1


def _write_comparison(runs: Sequence[Path], path: Path, bouts: bool, refresh: int | None, *, quiet: bool) -> bool:
    """Write the page that compares runs and return whether the budget of any is not yet used up."""
    from dohyo.cli.page.comparison import read_comparison
    from dohyo.cli.page.comparison_page import render as render_comparison

    with Console(stderr=True, quiet=quiet).status("drawing"):
        comparison = read_comparison(runs)
        shown = _play_runs(comparison) if bouts else []
        _write(path, render_comparison(comparison, shown, refresh if comparison.share < 1 else None))
    return comparison.share < 1


def _record(config: "TrainConfig", names: Sequence[str]) -> "Replay":
    """Return a replay of the bout of a run's seed between players, one per side, as the run trains."""
    from dohyo.arenas.registry import Setup, build_arena
    from dohyo.cli.recording import record
    from dohyo.curricula.matches.casting import Teams

    setup = Setup(config.body, config.engine, config.drive, config.physics)
    teams = Teams(names, build_arena(config.arena, config.body, drive=config.drive).sides)
    return record(config.arena, setup, teams, teams, config.seed)


def _play(folder: "RunFolder") -> "list[tuple[str, Replay]]":
    """Play a bout of early snapshots and one of the newest, on the same start, and return them with captions."""
    from dohyo.cli.players import players_of_run

    shown = []
    for caption, at in (("Early", EARLY), ("Newest", 1.0)):
        names = players_of_run(folder, at)
        who = " against ".join(name.removeprefix(f"{folder.path}:") for name in dict.fromkeys(names))
        shown.append((f"{caption}: {who}", _record(folder.config, names)))
    return shown


def _play_runs(comparison: "Comparison") -> "list[tuple[str, Replay]]":
    """Play a bout of the first run's newest snapshots against those of each other run; return them with captions."""
    from dohyo.cli.players import players_of_run
    from dohyo.curricula.run.folder import RunFolder

    players = {}
    for run, story in comparison.runs.items():
        with closing(RunFolder.open(story.path)) as folder:
            players[run] = players_of_run(folder)
    [(first, own), *others] = players.items()
    config = comparison.runs[first].config
    return [(f"{first} against {run}", _record(config, [own[0], *theirs[1:]])) for run, theirs in others]


def _write(path: Path, page: str) -> None:
    from dohyo.curricula.run.results_folder import make_folders

    make_folders(path.parent)
    write_atomically(path, page.encode())
