"""Files written whole or not at all."""

import contextlib
import os
from pathlib import Path

from dohyo.arenas.errors import DohyoError

UNFINISHED = ".part"
"""Ending of a file that is being written; one that a killed process left behind is of no use."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut.

    Raises `DohyoError` when the disk is full or the folder cannot be written; what was there before is untouched.
    """
    temporary = path.with_name(f".{path.name}{UNFINISHED}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # the folder may be what cannot be written
            temporary.unlink(missing_ok=True)
        raise DohyoError(
            f"cannot write {path}: {error.strerror}; make room or choose another folder, then resume: nothing is lost"
        ) from error
