"""Files: written whole or not at all, and JSON that is read with one kind of error."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import DohyoError

UNFINISHED = ".part"
"""Ending of a file that is being written; one that a killed process left behind is of no use."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    The content goes to a new file beside `path` first. Its name cannot be guessed and nothing of that name may exist,
    so a link that somebody has put there is never followed. Raises `DohyoError` when the disk is full or the folder
    cannot be written; the file that was there before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        with open(temporary, "xb", opener=_open_new) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):  # the folder may be what cannot be written
            temporary.unlink(missing_ok=True)
        raise DohyoError(
            f"cannot write {path}: {error.strerror}; make room or choose another folder, then resume: nothing is lost"
        ) from error


def _open_new(path: str, flags: int) -> int:
    """Open a file that must not exist; the user's mask decides who can read it."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut; systems that cannot open folders are left alone."""
    with contextlib.suppress(PermissionError):  # Windows
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def parse_json(text: str | bytes) -> Any:
    """Return what JSON text says; raises `ValueError` for all that is not JSON, or is nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
