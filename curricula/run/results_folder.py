"""Folders of results: a lock for one process at a time, and settings that must not change."""

import fcntl
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dohyo.agents.files import parse_json, write_atomically
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.physics.presets import ACCURATE

SETTINGS = {
    "training run": "config.json",
    "study": "study.json",
    "cross-play": "crossplay.json",
    "card": "card_settings.json",
}
"""The settings file of each kind of results; it shows what a folder holds."""
LATER = {"physics": ACCURATE}
"""Settings that older files lack, with the value that held for them."""


class FolderLock:
    """A lock on a folder until `close` or the end of this process.

    Raises `DohyoError` if another process uses the folder or it is not writable.
    """

    def __init__(self, folder: Path) -> None:
        self._file: int | None = None
        try:
            self._file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise DohyoError(
                f"{folder} is in use by another process: wait for it, stop it, or choose another folder"
            ) from error
        except OSError as error:
            self.close()
            raise DohyoError(f"cannot write into {folder}: {error.strerror}; choose another folder") from error

    def close(self) -> None:
        """Unlock the folder; safe to call twice."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class FolderBefore:
    """The content of a folder before a start, so that a failed start can be undone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._missing = [path for path in (folder, *folder.parents) if not os.path.exists(path)]
        self._there = _entries(folder)

    def restore(self) -> None:
        """Remove everything that is new, including the folder itself and its parents."""
        for path in _entries(self._folder) - self._there:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for path in self._missing:
            with suppress(OSError):  # another process may have put something there
                path.rmdir()


def _entries(folder: Path) -> set[Path]:
    return set(folder.iterdir()) if os.path.isdir(folder) else set()


def make_folders(*folders: Path) -> None:
    """Create folders that do not exist yet; raises `DohyoError` if that is not possible."""
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DohyoError(f"cannot create the folder {folder}: {error.strerror}") from error


def check_holds(kind: str, folder: Path) -> None:
    """Raise `DohyoError` if a folder holds results of another kind than `kind`, a key of `SETTINGS`."""
    for other, file in SETTINGS.items():
        if other != kind and (folder / file).exists():
            raise DohyoError(f"{folder} holds a {other}, not a {kind}: choose another folder")


def keep_settings(file: Path, settings: Mapping[str, Any]) -> None:
    """Write settings as JSON; raise `DohyoError` if the file already holds other settings."""
    now = json.loads(json.dumps(settings))
    if file.exists():
        try:
            before = {key: LATER[key] for key in now if key in LATER} | parse_json(file.read_bytes())
            changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DohyoError(f"cannot read {file} ({one_line(error)}): restore it, or choose another folder") from error
        if changed:
            raise DohyoError(
                f"{file.parent} was begun with other settings ({one_line(', '.join(changed))}): "
                "give the same to go on with it, or choose another folder"
            )
        return
    write_atomically(file, json.dumps(now, indent=2).encode())


def claim(kind: str, folder: Path, settings: Mapping[str, Any]) -> FolderLock:
    """Lock a folder of results, new or with unchanged settings; raises `DohyoError` if that is not possible."""
    check_holds(kind, folder)
    make_folders(folder)
    lock = FolderLock(folder)
    try:
        keep_settings(folder / SETTINGS[kind], settings)
    except BaseException:
        lock.close()
        raise
    return lock
