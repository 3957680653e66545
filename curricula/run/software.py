"""What a run was trained with: Python and packages, written down as a session begins with others than before."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dohyo.agents.files import parse_json, write_atomically
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError

FILE = "versions.json"
"""Beside the settings; they say what was asked for and stay the same, this says what has done it and may change."""
PACKAGES = ("dohyo", "numpy", "mujoco", "pybullet", "torch", "stable-baselines3", "sb3-contrib")
"""Those that can change what a run comes to."""


@dataclass(frozen=True)
class Session:
    """Training that began with other versions than before, or the first."""

    samples: int
    """Control steps of learning seats before it."""
    versions: dict[str, str]
    """By name of the package, and of `python`."""


def installed(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def note_versions(run: Path, samples: int) -> None:
    """Write down what the session that begins in the run folder `run` trains with, unless the last one had the same."""
    sessions, now = read_versions(run), installed()
    if not sessions or sessions[-1].versions != now:
        text = json.dumps([asdict(session) for session in (*sessions, Session(samples, now))], indent=2)
        write_atomically(run / FILE, text.encode())


def read_versions(run: Path) -> list[Session]:
    """Return the sessions of a run, oldest first; none where they were not written down."""
    path = run / FILE
    if not path.exists():
        return []
    try:
        entries = parse_json(path.read_bytes())
        if not isinstance(entries, list):
            raise ValueError("it is no list")
        return [_session(**entry) for entry in entries]
    except (OSError, ValueError, TypeError) as error:
        raise DohyoError(f"cannot read {path} ({one_line(error)}): remove it, nothing else depends on it") from error


def _session(samples: int, versions: dict[str, str]) -> Session:
    words = [*versions, *versions.values()] if isinstance(versions, dict) else [None]
    if not isinstance(samples, int) or samples < 0 or not all(isinstance(word, str) for word in words):
        raise ValueError("an entry is not samples and versions by name")
    return Session(samples, versions)
