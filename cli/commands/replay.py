"""`dohyo replay`: turn a recorded bout into a page, a video or pictures."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dohyo.arenas.views.replay_file import load_replay
from dohyo.cli.film import FILMS, Look, film
from dohyo.cli.options import CameraName, Json, PictureRate, PictureSize, check_suffix
from dohyo.cli.replays import PAGE, write_replay


def command(
    replay: Annotated[Path, typer.Argument(help="File that `dohyo play --replay` wrote.", show_default=False)],
    out: Annotated[
        Path,
        typer.Argument(
            help="What to write: .html is a page that plays the bout, .mp4 a video, .gif is animated, .png shows "
            "several frames.",
            show_default=False,
        ),
    ],
    size: PictureSize = None,
    fps: PictureRate = None,
    camera: CameraName = "side",
    as_json: Json = False,
) -> None:
    """Turn a recorded bout into a page that plays it in a browser, or into a video or pictures.

    Example: [bold]dohyo replay bout.npz bout.html[/bold]
    """
    check_suffix(out, (PAGE, *FILMS))
    look = Look(size, fps, camera)
    bout = load_replay(replay)
    with Console(stderr=True, quiet=as_json).status("drawing"):
        if out.suffix in FILMS:
            film(out, bout, look)
        else:
            write_replay(out, bout)
    if as_json:
        typer.echo(json.dumps({"replay": str(replay), "out": str(out), "bytes": out.stat().st_size}))
    else:
        typer.echo(f"written: {out}")
