"""Atomic writing of files, and reading of JSON with one kind of error."""

import contextlib
import json
import os
import secrets
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import DohyoError

UNFINISHED = ".part"
"""Suffix of a file that is being written; a killed process may leave such a file behind, which nothing reads."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is either complete or absent, also after a power cut.

    The content first goes to a new file beside `path`. Its name cannot be guessed and must not exist, so no link is
    ever followed. Raises `DohyoError` if the disk is full or the folder is not writable; an existing file then stays
    unchanged.
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
        with contextlib.suppress(OSError):  # the folder itself may not be writable
            temporary.unlink(missing_ok=True)
        raise DohyoError(
            f"cannot write {path}: {error.strerror}; make room or choose another folder, then resume: nothing is lost"
        ) from error


def _open_new(path: str, flags: int) -> int:
    """Open a file that must not exist yet; the user's umask decides who can read it."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _sync_folder(folder: Path) -> None:
    """Sync `folder`, so that a rename in it survives a power cut; do nothing on systems that cannot open folders."""
    with contextlib.suppress(PermissionError):  # Windows
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def parse_json(text: str | bytes) -> Any:
    """Return the value of JSON text; raises `ValueError` if it is not JSON or nested too deeply."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
