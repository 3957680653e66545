"""The software and the machine that trained a run; a session with others than before adds an entry."""

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dohyo.agents.files import parse_json, write_atomically
from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.physics import cores

FILE = "versions.json"
"""Name of the file with versions and machines; unlike the settings, they may change between sessions."""
PACKAGES = ("dohyo", "numpy", "mujoco", "mujoco-warp", "pybullet", "torch", "stable-baselines3", "sb3-contrib")
"""Packages that can change the results of a run."""


@dataclass(frozen=True)
class Session:
    """The first session of a run, or a session with other versions or another machine than the one before."""

    samples: int
    """Samples of the run before this session."""
    versions: dict[str, str]
    """Versions of the packages and of `python`, by name."""
    machine: str = ""
    """Processor and cores, see `machine`; empty for sessions before they were recorded."""


def installed(packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of Python and of the installed ones among `packages`."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Return processor and cores of this machine, such as `Intel(R) Xeon(R) CPU @ 2.20GHz, 2 cores`."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    number = cores()
    return f"{next(names, platform.machine())}, {number} core{'s' if number > 1 else ''}"


def note_versions(run: Path, samples: int) -> None:
    """Add the current versions and machine to the run folder `run`, unless the last session had the same."""
    sessions, now = read_versions(run), Session(samples, installed(), machine())
    if not sessions or replace(sessions[-1], samples=samples) != now:
        text = json.dumps([asdict(session) for session in (*sessions, now)], indent=2)
        write_atomically(run / FILE, text.encode())


def read_versions(run: Path) -> list[Session]:
    """Return the recorded sessions of a run, oldest first; raises `DohyoError` for a damaged file."""
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


def _session(samples: int, versions: dict[str, str], machine: str = "") -> Session:
    words = [*versions, *versions.values(), machine] if isinstance(versions, dict) else [None]
    if not isinstance(samples, int) or samples < 0 or not all(isinstance(word, str) for word in words):
        raise ValueError("an entry is not samples, versions by name and a machine")
    return Session(samples, versions, machine)
