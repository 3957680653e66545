"""Experiment trackers to which curves can go, found without loading them."""

import importlib
from typing import Any

from dohyo.arenas.errors import DohyoError, lookup

TRACKERS = ("wandb", "trackio")
"""Modules with the functions `init`, `log` and `finish`, which are also the names of Dohyo's extras."""


def check_tracker(name: str | None) -> str | None:
    """Return the name of a tracker or None; raises `UnknownName` for one that is not in `TRACKERS`."""
    return name and lookup({known: known for known in TRACKERS}, name, "tracker")


def import_tracker(name: str) -> Any:
    """Return the module of a tracker; raises `UnknownName`, or `DohyoError` if it is not installed."""
    check_tracker(name)
    try:
        return importlib.import_module(name)
    except ImportError:
        raise DohyoError(f'{name} is not installed: `pip install "dohyo[{name}]"`, or leave out --track') from None
