"""Write a replay as a file of arrays or as a page, by the name's suffix."""

from pathlib import Path

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.views.replay import Replay
from dohyo.arenas.views.replay_file import save_replay
from dohyo.cli.page.replay import render

PAGE, ARCHIVE = ".html", ".npz"
REPLAYS = (PAGE, ARCHIVE)
"""Suffixes of a replay's file."""


def write_replay(path: Path, replay: Replay) -> None:
    """Write a replay into `path`, whose suffix is one of `REPLAYS`; raises `DohyoError` if that fails."""
    if path.suffix == ARCHIVE:
        save_replay(path, replay)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(replay), encoding="utf-8")
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error
