"""Kinds of entries of an observation, which share the noise of their numbers."""

from collections.abc import Callable, Sequence

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.rules.arena import Entry

KINDS: dict[str, Callable[[Entry], bool]] = {
    "position": lambda entry: entry.unit == "m",
    "velocity": lambda entry: entry.unit == "m/s",
    "spin": lambda entry: entry.unit == "rad/s",
    "direction": lambda entry: entry.unit == "1" and entry.size == 3 and entry.low == -1,
    "joint angle": lambda entry: entry.unit == "1" and entry.frame == "joint",
    "joint velocity": lambda entry: entry.unit == "10 rad/s",
    "touch": lambda entry: entry.name == "touch",
}
"""By name: whether an entry is of the kind. Noise is in the entry's own unit. What is of no kind, such as the clock,
has no noise."""


def deviations(entries: Sequence[Entry], by_kind: dict[str, float]) -> Array:
    """Return the deviation of each number of an observation, `[obs]`."""
    each = [sum(by_kind[kind] for kind in by_kind if KINDS[kind](entry)) for entry in entries]
    return np.repeat(np.array(each, float), [entry.size for entry in entries])
