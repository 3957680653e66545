"""The interface of policies, and the memory that their caller keeps for them."""

from typing import Protocol

import numpy as np

from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.players import Player as Player
from dohyo.arenas.players import Seed as Seed
from dohyo.arenas.saved import AnyArray, StateError


class Policy(Protocol):
    """A function from observations to actions.

    A policy keeps only its random stream between calls; the caller keeps its memory of bouts.
    """

    @property
    def memory(self) -> int:
        """Count of numbers that the policy remembers of each bout; 0 for a policy without memory."""

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`, in [-1, 1] except for imported agents.

        `memory` `[n, self.memory]` is updated in place. It is zero when a bout begins; None means that all bouts begin.
        """


class Memory:
    """The memory of policies in W worlds: one row per world, as wide as the largest memory."""

    def __init__(self, worlds: int) -> None:
        self._rows = np.zeros((worlds, 0), np.float32)

    def act(self, policy: Policy, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Return the actions `[n, act]` of `policy` in `worlds` `[n]`, and update the rows of these worlds."""
        if not policy.memory:
            return policy.act(observation)
        if policy.memory > self._rows.shape[1]:
            self._rows = np.pad(self._rows, ((0, 0), (0, policy.memory - self._rows.shape[1])))
        rows = self._rows[worlds, : policy.memory]
        action = policy.act(observation, rows)
        self._rows[worlds, : policy.memory] = rows
        return action

    def forget(self, worlds: IntArray) -> None:
        """Clear the memory of `worlds` `[n]`, in which new bouts begin."""
        self._rows[worlds] = 0

    def save(self) -> FloatArray:
        """Return a copy of the rows, `[W, width]`."""
        return self._rows.copy()

    def restore(self, rows: AnyArray) -> None:
        """Set the rows from `save`; raises `StateError` if they do not fit."""
        if rows.ndim != 2 or len(rows) != len(self._rows) or rows.dtype != self._rows.dtype:
            raise StateError(f"a saved state does not fit: it holds no memories of {len(self._rows)} bouts")
        self._rows = rows.copy()
