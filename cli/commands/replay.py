"""`dohyo replay`: turn a recorded bout into a page or pictures."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dohyo.arenas.views.replay_file import load_replay
from dohyo.cli.film import FILMS, film
from dohyo.cli.options import Json, check_suffix
from dohyo.cli.replays import PAGE, write_replay


def command(
    replay: Annotated[Path, typer.Argument(help="File that `dohyo play --replay` wrote.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(
            help="What to write: .html is a page that plays the bout, .gif is animated, .png shows several frames.",
            show_default=False,
        ),
    ],
    as_json: Json = False,
) -> None:
    """Turn a recorded bout into a page that plays it in a browser, or into pictures.

    Example: [bold]dohyo replay bout.npz bout.html[/bold]
    """
    check_suffix(out, (PAGE, *FILMS))
    bout = load_replay(replay)
    with Console(stderr=True, quiet=as_json).status("drawing"):
        (film if out.suffix in FILMS else write_replay)(out, bout)
    if as_json:
        typer.echo(json.dumps({"replay": str(replay), "out": str(out), "bytes": out.stat().st_size}))
    else:
        typer.echo(f"written: {out}")
