"""`dohyo report`: one run on one page of HTML that stands by itself."""

import json
import webbrowser
from contextlib import closing
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from dohyo.agents.policy import BUILT_IN
from dohyo.agents.snapshot import write_atomically
from dohyo.arenas import __version__
from dohyo.cli.options import Json, RunPath

if TYPE_CHECKING:
    from dohyo.cli.story import Story

PAGE = "report.html"
"""Name of the page in a run's folder, and of its template beside this file."""


def command(
    run: RunPath,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write the page to.", show_default=f"RUN/{PAGE}")
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Json = False,
) -> None:
    """Write one page about a run, which may still go on: ratings, win rates, opponents met, curves, settings.

    Example: [bold]dohyo report runs/first --open[/bold]
    """
    from dohyo.cli.story import read_story
    from dohyo.curricula.run import RunFolder

    with closing(RunFolder.open(run)) as folder:
        story = read_story(folder)
    path = out or run / PAGE
    with Console(stderr=True, quiet=as_json).status("drawing"):
        _write(path, render(story))
    if as_json:
        typer.echo(json.dumps({"run": str(run), "page": str(path), "bytes": path.stat().st_size}))
    else:
        typer.echo(f"The page: {path}")
    if look:
        webbrowser.open(path.resolve().as_uri())


def render(story: "Story") -> str:
    """Return the page; all that a run says of itself is text in it, never markup."""
    from jinja2 import Environment, StrictUndefined

    from dohyo.cli.report_charts import CHARTS

    template = files("dohyo.cli").joinpath(PAGE).read_text(encoding="utf-8")
    page = Environment(autoescape=True, undefined=StrictUndefined).from_string(template)
    charts = [(heading, draw(story)) for heading, draw in CHARTS.items()]
    config = story.config
    return page.render(
        title=f"{config.arena}: {story.path.resolve().name}",
        lead=f"{config.arena} with {config.body} on {config.engine}, seed {config.seed}, opponents {config.opponents}.",
        state=_state(story),
        tiles=_tiles(story),
        charts=charts,
        headings=[*CHARTS, "Cross-play", "Learners", "Configuration", "Versions"],
        settings=_settings(config),
        packages=list(dict.fromkeys(name for session in story.sessions for name in session.versions)),
        version=__version__,
        **vars(story) | {"several": story.several},
    )


def _state(story: "Story") -> str:
    budgets = [(story.config.minutes, "minutes"), (story.config.samples, "samples")]
    limits = " or ".join(f"{limit:,.10g} {unit}" for limit, unit in budgets if limit is not None) or "none"
    if story.share >= 1:
        return f"Its budget ({limits}) is used up."
    return f"{100 * story.share:.0f} % of its budget ({limits}) is used: it goes on, or was interrupted."


def _tiles(story: "Story") -> list[tuple[str, str]]:
    """Return the few figures at the head of the page."""
    generations = ", ".join(str(chain[-1].generation) for chain in story.chains.values())
    tiles = [
        ("samples", f"{story.samples:,}"),
        ("minutes", f"{story.minutes:.1f}"),
        ("newest generation", generations),
    ]
    for learner, rows in story.rated.items():
        whose = f" of {learner}" if story.several else ""
        if not rows:
            continue
        newest = rows[-1]
        interval = f"{newest['low']:.1f} to {newest['high']:.1f}"
        tiles.append((f"rating{whose} ({interval})", f"{newest['rating']:.1f}"))
        built_in = [name for name in newest["win_rate"] if story.references[name].partition("@")[0] in BUILT_IN]
        tiles += [(f"wins{whose} against {name}", f"{100 * newest['win_rate'][name]:.0f} %") for name in built_in]
    return tiles


def _settings(config: Any) -> list[tuple[str, str, bool]]:
    """Return every setting with its value, and whether it is not the default."""
    usual = _flat(asdict(type(config)()))
    return [(key, _words(value), value != usual.get(key)) for key, value in _flat(asdict(config)).items()]


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def _words(value: Any) -> str:
    if value is None or value == () or value == {}:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _write(path: Path, page: str) -> None:
    from dohyo.curricula.folder import make_folders

    make_folders(path.parent)
    write_atomically(path, page.encode())
