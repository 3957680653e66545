"""Log the curves of a run to an experiment tracker too: Weights & Biases or Trackio."""

import secrets
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, redirect_stdout
from dataclasses import asdict
from typing import Any

from stable_baselines3.common.logger import KVWriter

from dohyo.agents.files import write_atomically
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.trackers import import_tracker

PROJECT = "dohyo"
ID = "tracked.txt"
"""File of a run folder with the name under which trackers know the run, so that a resumed session goes on with it."""


class Tracked(KVWriter):
    """Sends curves to a tracker; raises `DohyoError` if it cannot start, and otherwise as `import_tracker`."""

    def __init__(self, name: str, folder: RunFolder) -> None:
        self._tracker = import_tracker(name)
        known = _known_as(folder)
        own = {"id": known} if name == "wandb" else {}
        try:
            with _to_stderr():
                self._tracker.init(project=PROJECT, name=known, resume="allow", config=asdict(folder.config), **own)
        except Exception as error:  # whatever the tracker raises
            raise DohyoError(
                f"{name} cannot start ({one_line(error)}): see its manual, or leave out --track"
            ) from error

    def write(self, key_values: Mapping[str, Any], key_excluded: Mapping[str, Any], step: int = 0) -> None:
        """Send values by name; `step`, the learner's samples, is one of them."""
        self._tracker.log({**key_values, "samples": step})

    def close(self) -> None:
        """End the tracker's session."""
        with _to_stderr():
            self._tracker.finish()


def _to_stderr() -> AbstractContextManager[object]:
    """Trackers print greetings; standard output is for results."""
    return redirect_stdout(sys.stderr)


def _known_as(folder: RunFolder) -> str:
    """Return the name under which trackers know a run; it is drawn once."""
    path = folder.path / ID
    if not path.exists():
        write_atomically(path, f"{folder.path.resolve().name}-{secrets.token_hex(4)}\n".encode())
    return path.read_text(encoding="utf-8").strip()
