"""Policies that need no snapshot: `zero` and `random`."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dohyo.agents.policies.policy import Policy, Seed
from dohyo.arenas.arrays import FloatArray

if TYPE_CHECKING:
    from dohyo.arenas.batch import Batch


class Zero:
    """Always the zero action: under joint targets, a body that stands braced."""

    memory = 0

    def __init__(self, actions: int) -> None:
        self._actions = actions

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return zeros `[n, act]`."""
        return np.zeros((len(observation), self._actions), np.float32)


class Random:
    """Uniform actions from a seeded stream."""

    memory = 0

    def __init__(self, actions: int, seed: Seed = 0) -> None:
        self._actions, self._stream = actions, np.random.default_rng(seed)

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return draws from U(-1, 1), `[n, act]`."""
        return self._stream.uniform(-1, 1, (len(observation), self._actions)).astype(np.float32)


BUILT_IN: dict[str, Callable[[int, Seed], Policy]] = {
    "zero": lambda actions, seed: Zero(actions),
    "random": lambda actions, seed: Random(actions, seed),
}
"""Policies that need no snapshot, by name, each over (size of an action, seed or stream)."""


def built_in(name: str, batch: "Batch", seat: int, seed: int) -> Policy:
    """Return the built-in policy `name` for a seat of a batch."""
    return BUILT_IN[name](batch.action_spaces[seat].shape[0], seed)
