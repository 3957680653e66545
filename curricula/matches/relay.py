"""Relay: several policies as one player of a match, each for its own bouts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.agents.policies.policy import Memory, Policy
from dohyo.arenas.arrays import FloatArray


class Relay:
    """A player of a match in `worlds` worlds that is policy `turns[i]` in bout i, for `seats` seats at most.

    World w plays bouts w, w + W, w + 2 W, … of the match, see `play_match`.
    """

    memory = 0

    def __init__(self, policies: Sequence[Policy], turns: Sequence[int], worlds: int, seats: int) -> None:
        self._policies, self._turns, self._worlds = policies, np.array(turns, np.intp), worlds
        self._memory = Memory(worlds * seats)
        self._next = np.tile(np.arange(worlds), seats)
        """The next bout of each row."""
        self._now = np.zeros(worlds * seats, np.intp)
        """The policy that acts in each row."""

    def forget(self, rows: NDArray[np.intp]) -> None:
        """Begin the next bout in `rows` `[n]`; after its last bout a row keeps its policy."""
        self._memory.forget(rows)
        self._now[rows] = self._turns[np.minimum(self._next[rows], len(self._turns) - 1)]
        self._next[rows] += self._worlds

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return the actions `[n, act]` of each row's policy for observations `[n, obs]`."""
        now, actions = self._now[: len(observation)], []
        acting = np.unique(now)
        rows = [np.flatnonzero(now == k) for k in acting]
        for k, own in zip(acting, rows, strict=True):
            actions.append(self._memory.act(self._policies[k], observation[own], own))
        order = np.concatenate(rows)
        joined = np.concatenate(actions)
        return joined[np.argsort(order)]
