"""Policies that cannot see their opponent."""

from collections.abc import Callable, Sequence

import numpy as np

from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.rules.arena import Entry, layout

OTHERS = ("opponent", "partner", "other", "to the other")
"""Prefixes of the entries about other seats, see `observation.py` in `arenas/rules` and `arenas/paper`."""


def columns_of_others(entries: list[Entry]) -> list[int]:
    """Return the columns of an observation that describe other seats.

    Entries of the arena itself, such as a touch or the opponent's distance to its goal, are not among them.
    """
    places = layout(entries)
    chosen = [range(places[e.name].start, places[e.name].stop) for e in entries if e.name.startswith(OTHERS)]
    return [column for columns in chosen for column in columns]


class Masked:
    """A policy that sees the constants `values` `[k]` in the `columns` `[k]` of its observation."""

    def __init__(self, policy: Policy, columns: Sequence[int], values: FloatArray) -> None:
        self._policy, self._columns, self._values = policy, list(columns), values

    @property
    def memory(self) -> int:
        """Count of numbers that the policy remembers of each bout."""
        return self._policy.memory

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`."""
        seen = observation.copy()
        seen[:, self._columns] = self._values
        return self._policy.act(seen, memory)


def blinded(snapshot: Snapshot, policy: Policy, entries: list[Entry]) -> Masked:
    """Return a snapshot's policy that sees the mean of its own training in place of its opponent.

    A constant in place of the opponent undid the attacks of arXiv 1905.10615; the mean is the most ordinary value for
    the network.
    """
    columns = columns_of_others(entries)
    return Masked(policy, columns, np.asarray(snapshot.tensors["mean"][columns]))


def zeroed(snapshot: Snapshot, policy: Policy, entries: list[Entry]) -> Masked:
    """Return a snapshot's policy that sees zeros in place of its opponent (wind test of arXiv 1710.03748)."""
    columns = columns_of_others(entries)
    return Masked(policy, columns, np.zeros(len(columns), np.float32))


def sighted(snapshot: Snapshot, policy: Policy, entries: list[Entry]) -> Policy:
    """Return the policy unchanged."""
    return policy


MASKS: dict[str, Callable[[Snapshot, Policy, list[Entry]], Policy]] = {"zero": zeroed, "mean": blinded, "none": sighted}
"""What a snapshot's policy sees in place of its opponent, by name."""
