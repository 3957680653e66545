"""`dohyo report`: a page of HTML about a run, in one file."""

import json
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dohyo.agents.files import write_atomically
from dohyo.cli.options import Imports, Json, RunPath
from dohyo.cli.page.page import PAGE, render


def command(
    run: RunPath,
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write the page to.", show_default=f"RUN/{PAGE}")
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Write a page about a run, finished or not: ratings, win rates, opponents met, curves, settings.

    Example: [bold]dohyo report runs/first --open[/bold]
    """
    from dohyo.cli.page.contents import read_story
    from dohyo.curricula.run.folder import RunFolder

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


def _write(path: Path, page: str) -> None:
    from dohyo.curricula.run.results_folder import make_folders

    make_folders(path.parent)
    write_atomically(path, page.encode())
