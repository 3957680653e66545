"""`dohyo report`: a page of HTML about a run, in one file."""

import json
import time
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from dohyo.agents.files import write_atomically
from dohyo.cli.options import Imports, Json, RunPath
from dohyo.cli.page.page import PAGE, render

if TYPE_CHECKING:
    from dohyo.arenas.views.replay import Replay
    from dohyo.curricula.run.folder import RunFolder

EARLY = 0.1
"""Share of a run's generations after which its early snapshots are taken."""


def command(
    run: RunPath,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write the page to.", show_default=f"RUN/{PAGE}")
    ] = None,
    bouts: Annotated[
        bool, typer.Option("--bouts", help="Also play two bouts and show them: early snapshots, and the newest ones.")
    ] = False,
    refresh: Annotated[
        int | None,
        typer.Option(
            "--refresh",
            help="Write the page again at this interval, in seconds, until the run's budget is used up; the browser "
            "loads it.",
            min=5,
            show_default="write it once",
        ),
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Write a page about a run, finished or not: ratings, win rates, opponents met, curves, settings.

    Example: [bold]dohyo report runs/first --open[/bold]
    """
    path = out or run / PAGE
    going_on = _write_page(run, path, bouts, refresh, quiet=as_json)
    if as_json:
        typer.echo(json.dumps({"run": str(run), "page": str(path), "bytes": path.stat().st_size}))
    else:
        typer.echo(f"The page: {path}")
    if look:
        webbrowser.open(path.resolve().as_uri())
    while going_on and refresh is not None:
        time.sleep(refresh)
        going_on = _write_page(run, path, bouts, refresh, quiet=as_json)


def _write_page(run: Path, path: Path, bouts: bool, refresh: int | None, *, quiet: bool) -> bool:
    """Write the page of a run and return whether the run's budget is not yet used up."""
    from dohyo.cli.page.contents import read_story
    from dohyo.curricula.run.folder import RunFolder

    with Console(stderr=True, quiet=quiet).status("drawing"):
        with closing(RunFolder.open(run)) as folder:
            story = read_story(folder)
            shown = _play(folder) if bouts else []
        _write(path, render(story, shown, refresh if story.share < 1 else None))
    return story.share < 1


def _play(folder: "RunFolder") -> "list[tuple[str, Replay]]":
    """Play a bout of early snapshots and one of the newest, on the same start, and return them with captions."""
    from dohyo.arenas.registry import Setup, build_arena
    from dohyo.cli.players import players_of_run
    from dohyo.cli.recording import record
    from dohyo.curricula.matches.casting import Teams

    config = folder.config
    setup = Setup(config.body, config.engine, config.drive, config.physics)
    sides = build_arena(config.arena, config.body, drive=config.drive).sides
    shown = []
    for caption, at in (("Early", EARLY), ("Newest", 1.0)):
        names = players_of_run(folder, at)
        teams = Teams(names, sides)
        who = " against ".join(name.removeprefix(f"{folder.path}:") for name in dict.fromkeys(names))
        shown.append((f"{caption}: {who}", record(config.arena, setup, teams, teams, config.seed)))
    return shown


def _write(path: Path, page: str) -> None:
    from dohyo.curricula.run.results_folder import make_folders

    make_folders(path.parent)
    write_atomically(path, page.encode())
