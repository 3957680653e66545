"""Policies that act: plain numpy, batched, without torch, so that playing starts in a blink."""

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

CLIP = 5.0
"""Normalised observations are clipped to this many standard deviations (arXiv 1710.03748, code)."""
EPSILON = 1e-4
"""Added to an observation's variance, so that a constant entry does not divide by zero."""


class Policy(Protocol):
    """Anything that turns observations into actions."""

    def act(self, observation: FloatArray) -> FloatArray:
        """Return actions `[n, act]` in [-1, 1] for observations `[n, obs]`."""


class Zero:
    """Always the zero action: under joint targets, a body that stands braced."""

    def __init__(self, actions: int) -> None:
        self._actions = actions

    def act(self, observation: FloatArray) -> FloatArray:
        """Return zeros `[n, act]`."""
        return np.zeros((len(observation), self._actions), np.float32)


class Random:
    """Uniform actions from a seeded stream."""

    def __init__(self, actions: int, seed: int = 0) -> None:
        self._actions, self._stream = actions, np.random.default_rng(seed)

    def act(self, observation: FloatArray) -> FloatArray:
        """Return draws from U(-1, 1), `[n, act]`."""
        return self._stream.uniform(-1, 1, (len(observation), self._actions)).astype(np.float32)


BUILT_IN: dict[str, Callable[[int, int], Policy]] = {
    "zero": lambda actions, seed: Zero(actions),
    "random": lambda actions, seed: Random(actions, seed),
}
"""Policies that need no snapshot, by name, each over (size of an action, seed)."""


class Mlp:
    """A tanh network over normalised observations with a diagonal Gaussian on top.

    `tensors` as a snapshot holds them: `mean` and `variance` `[obs]`; `weight_k` `[out, in]` and `bias_k` `[out]` for
    each layer k from 0, the last one linear; `log_std` `[act]`. They are copied: training on changes nothing here.
    With `stochastic` actions are drawn from the Gaussian, otherwise they are its mean; both are clipped to [-1, 1].
    """

    def __init__(self, tensors: Mapping[str, FloatArray], *, stochastic: bool = False, seed: int = 0) -> None:
        copied = {name: np.array(tensor, np.float32) for name, tensor in tensors.items()}
        depth = sum(name.startswith("weight_") for name in copied)
        self._mean = copied["mean"]
        self._scale = 1 / np.sqrt(copied["variance"] + np.float32(EPSILON))
        self._layers = [(np.ascontiguousarray(copied[f"weight_{k}"].T), copied[f"bias_{k}"]) for k in range(depth)]
        self._deviation = np.exp(copied["log_std"]) if stochastic else None
        self._stream = np.random.default_rng(seed)

    def act(self, observation: FloatArray) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`."""
        x: FloatArray = np.clip((observation - self._mean) * self._scale, -CLIP, CLIP)
        *hidden, (weight, bias) = self._layers
        for w, b in hidden:
            x = np.tanh(x @ w + b)
        x = x @ weight + bias
        if self._deviation is not None:
            x += self._deviation * self._stream.standard_normal(x.shape, dtype=np.float32)
        return np.clip(x, -1, 1)
