"""The interface of policies, and the memory that their caller keeps for them."""

from typing import Any, Protocol

import numpy as np

from dohyo.agents.devices import host, put
from dohyo.arenas.arrays import BoolArray, FloatArray, IntArray, namespace
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
    """The memory of policies in W worlds: one row per world, as wide as the largest memory; a tensor with `device`."""

    def __init__(self, worlds: int, device: Any = None) -> None:
        self._device = device
        self._rows: FloatArray = put(np.zeros((worlds, 0), np.float32), device)

    def act(self, policy: Policy, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Return the actions `[n, act]` of `policy` in `worlds` `[n]`, and update the rows of these worlds."""
        if not policy.memory:
            return policy.act(observation)
        rows = self.rows(worlds, policy.memory)
        action = policy.act(observation, rows)
        self.keep(worlds, rows)
        return action

    def rows(self, worlds: IntArray, width: int) -> FloatArray:
        """Return copies of the first `width` numbers of the rows of `worlds` `[n]`."""
        self.widen(width)
        return self._rows[worlds, :width]

    def keep(self, worlds: IntArray, rows: FloatArray) -> None:
        """Set the first numbers of the rows of `worlds` `[n]` to `rows` `[n, width]`."""
        self._rows[worlds, : rows.shape[1]] = rows

    def widen(self, width: int) -> None:
        """Make room for a memory of `width` numbers in every row."""
        if (more := width - self._rows.shape[1]) > 0:
            xp, rows = namespace(self._rows), self._rows
            self._rows = xp.concat([rows, xp.zeros((len(rows), more), dtype=rows.dtype, device=rows.device)], axis=1)

    def forget(self, worlds: IntArray | BoolArray) -> None:
        """Clear the memory of `worlds`, in which new bouts begin: indices `[n]` or a mask `[W]`."""
        self._rows[worlds] = 0

    def save(self) -> FloatArray:
        """Return a copy of the rows, `[W, width]`."""
        return np.array(host(self._rows))

    def restore(self, rows: AnyArray) -> None:
        """Set the rows from `save`; raises `StateError` if they do not fit."""
        if rows.ndim != 2 or len(rows) != len(self._rows) or rows.dtype != np.float32:
            raise StateError(f"a saved state does not fit: it holds no memories of {len(self._rows)} bouts")
        self._rows = put(rows.copy(), self._device)
