"""What acts: policies over batches of observations, and what they remember of the bouts they are in."""

from typing import Protocol

import numpy as np

from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.players import Player as Player
from dohyo.arenas.players import Seed as Seed


class Policy(Protocol):
    """Anything that turns observations into actions.

    It keeps nothing between calls but its random stream: what it remembers of a bout, its caller keeps.
    """

    @property
    def memory(self) -> int:
        """Numbers that it remembers of each bout; 0 for one that only looks at the present."""

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`, in [-1, 1] but for agents from elsewhere.

        `memory` `[n, self.memory]` is brought up to date in place; it is zero when a bout begins, and None says that
        all of them begin.
        """


class Memory:
    """What policies remember of the bouts in W worlds, a row per world, as wide as the widest of them needs."""

    def __init__(self, worlds: int) -> None:
        self._rows = np.zeros((worlds, 0), np.float32)

    def act(self, policy: Policy, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Return a policy's actions `[n, act]` in `worlds` `[n]`, whose rows it may write."""
        if not policy.memory:
            return policy.act(observation)
        if policy.memory > self._rows.shape[1]:
            self._rows = np.pad(self._rows, ((0, 0), (0, policy.memory - self._rows.shape[1])))
        rows = self._rows[worlds, : policy.memory]
        action = policy.act(observation, rows)
        self._rows[worlds, : policy.memory] = rows
        return action

    def forget(self, worlds: IntArray) -> None:
        """Begin new bouts in `worlds`."""
        self._rows[worlds] = 0
