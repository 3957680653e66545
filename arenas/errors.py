"""The errors that Dohyo raises. Each message says what to do."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


class DohyoError(Exception):
    """Base of every error Dohyo raises on purpose; the message is one line that names the way out."""


class UnknownName(DohyoError, ValueError):
    """A name that is not in its table: an arena, a body, an engine, a drive, a sampler."""


class ActionError(DohyoError, ValueError):
    """An action of the wrong shape, or one that holds NaN or infinity."""


class PolicyError(ActionError):
    """A player that cannot act: an object without `act`, or one whose `act` returns a wrong shape or NaN."""


class ConfigError(DohyoError, ValueError):
    """An impossible value in a config: a negative factor, a range whose end is below its start."""


class EngineError(DohyoError, RuntimeError):
    """A physics engine that is not installed, is closed, or has a dead worker process."""


def lookup(table: Mapping[str, T], name: str, kind: str, more: str = "") -> T:
    """Return `table[name]`, or raise `UnknownName` that lists the known names and suggests the closest.

    `kind` says what the table holds. `more` is added to the message: how to get a name that the table lacks.
    """
    if name not in table:
        near = difflib.get_close_matches(str(name), table, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise UnknownName(f"unknown {kind} {name!r}; {meant}choose one of: {', '.join(sorted(table))}{more}")
    return table[name]
