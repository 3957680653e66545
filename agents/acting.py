"""Networks that act: plain numpy, batched, without torch, so that playing starts in a blink."""

from collections.abc import Mapping

import numpy as np

from dohyo.agents.policy import FloatArray, Policy

CLIP = 5.0
"""Normalised observations are clipped to this many standard deviations (arXiv 1710.03748, code)."""
EPSILON = 1e-4
"""Added to an observation's variance, so that a constant entry does not divide by zero."""

Shapes = dict[str, tuple[int, ...]]


class _Gaussian:
    """What all networks here share: normalised observations, and a diagonal Gaussian on top.

    `tensors`: `mean` and `variance` `[obs]`, `log_std` `[act]`, and the network's own. They are copied: training on
    changes nothing here. With `stochastic` actions are drawn from the Gaussian, otherwise they are its mean; both are
    clipped to [-1, 1].
    """

    def __init__(self, tensors: Mapping[str, FloatArray], *, stochastic: bool = False, seed: int = 0) -> None:
        self._tensors = {name: np.array(tensor, np.float32) for name, tensor in tensors.items()}
        self._mean = self._tensors["mean"]
        self._scale = 1 / np.sqrt(self._tensors["variance"] + np.float32(EPSILON))
        self._deviation = np.exp(self._tensors["log_std"]) if stochastic else None
        self._stream = np.random.default_rng(seed)

    def _see(self, observation: FloatArray) -> FloatArray:
        seen: FloatArray = np.clip((observation - self._mean) * self._scale, -CLIP, CLIP)
        return seen

    def _linear(self, weight: str, bias: str) -> tuple[FloatArray, FloatArray]:
        """Return a layer's weight, turned for row vectors `[in, out]`, and its bias."""
        return np.ascontiguousarray(self._tensors[weight].T), self._tensors[bias]

    def _draw(self, action: FloatArray) -> FloatArray:
        if self._deviation is not None:
            action += self._deviation * self._stream.standard_normal(action.shape, dtype=np.float32)
        return np.clip(action, -1, 1)


class Mlp(_Gaussian):
    """A tanh network: `weight_k` `[out, in]` and `bias_k` `[out]` for each layer k from 0, the last one linear."""

    memory = 0

    def __init__(self, tensors: Mapping[str, FloatArray], *, stochastic: bool = False, seed: int = 0) -> None:
        super().__init__(tensors, stochastic=stochastic, seed=seed)
        self._layers = [self._linear(f"weight_{k}", f"bias_{k}") for k in range(_depth(tensors))]

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`."""
        x = self._see(observation)
        *hidden, (weight, bias) = self._layers
        for w, b in hidden:
            x = np.tanh(x @ w + b)
        return self._draw(x @ weight + bias)

    @staticmethod
    def shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> Shapes:
        """Return by name the shapes that the network's own tensors must have."""
        shapes, width, depth = Shapes(), observation, _depth(tensors)
        for k in range(max(1, depth)):
            rows = action if k >= depth - 1 else len(tensors[f"bias_{k}"])
            shapes |= {f"weight_{k}": (rows, width), f"bias_{k}": (rows,)}
            width = rows
        return shapes


class Lstm(_Gaussian):
    """A layer of rectified units, an LSTM (Hochreiter and Schmidhuber 1997) and a linear layer.

    `embed_weight` `[E, obs]`, `embed_bias` `[E]`; `gates_in` `[4 H, E]`, `gates_back` `[4 H, H]`, `gates_bias`
    `[4 H]` in PyTorch's order (input, forget, cell, output); `weight_0` `[act, H]`, `bias_0` `[act]`.
    """

    def __init__(self, tensors: Mapping[str, FloatArray], *, stochastic: bool = False, seed: int = 0) -> None:
        super().__init__(tensors, stochastic=stochastic, seed=seed)
        self._embed, self._out = self._linear("embed_weight", "embed_bias"), self._linear("weight_0", "bias_0")
        self._gates, self._bias = self._linear("gates_in", "gates_bias")
        self._back = np.ascontiguousarray(self._tensors["gates_back"].T)
        self.memory = 2 * len(self._back)

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`; `memory` `[n, 2 H]` is output, then cell."""
        if memory is None:
            memory = np.zeros((len(observation), self.memory), np.float32)
        weight, bias = self._embed
        embedded = np.maximum(self._see(observation) @ weight + bias, 0)
        before, cell = np.split(memory, 2, axis=1)
        enter, keep, new, leave = np.split(embedded @ self._gates + before @ self._back + self._bias, 4, axis=1)
        cell = _sigmoid(keep) * cell + _sigmoid(enter) * np.tanh(new)
        output = _sigmoid(leave) * np.tanh(cell)
        memory[:] = np.concatenate([output, cell], axis=1)
        weight, bias = self._out
        return self._draw(output @ weight + bias)

    @staticmethod
    def shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> Shapes:
        """Return by name the shapes that the network's own tensors must have."""
        embed, hidden = len(tensors["embed_bias"]), tensors["gates_back"].shape[1]
        return {
            "embed_weight": (embed, observation),
            "embed_bias": (embed,),
            "gates_in": (4 * hidden, embed),
            "gates_back": (4 * hidden, hidden),
            "gates_bias": (4 * hidden,),
            "weight_0": (action, hidden),
            "bias_0": (action,),
        }


def network_of(tensors: Mapping[str, FloatArray]) -> type[Mlp] | type[Lstm]:
    """Return the class that such tensors belong to."""
    return Lstm if "gates_in" in tensors else Mlp


def check_shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> None:
    """Raise `ValueError` unless the tensors make a network from such observations to such actions."""
    common: Shapes = {"mean": (observation,), "variance": (observation,), "log_std": (action,)}
    expected = common | network_of(tensors).shapes(tensors, observation, action)
    if set(tensors) != set(expected):
        raise ValueError(f"it holds the tensors {sorted(tensors)}")
    if any(tensor.dtype != np.float32 or not np.isfinite(tensor).all() for tensor in tensors.values()):
        raise ValueError("its tensors are not all finite float32")
    wrong = [name for name, shape in expected.items() if tensors[name].shape != shape]
    if wrong:
        raise ValueError(f"the shapes of {wrong} do not fit")


def make_policy(tensors: Mapping[str, FloatArray], *, stochastic: bool = False, seed: int = 0) -> Policy:
    """Return the policy that a snapshot's tensors make."""
    return network_of(tensors)(tensors, stochastic=stochastic, seed=seed)


def _depth(tensors: Mapping[str, FloatArray]) -> int:
    return sum(name.startswith("weight_") for name in tensors)


def _sigmoid(x: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-x)), in the form that cannot overflow."""
    result: FloatArray = 0.5 * np.tanh(0.5 * x) + np.float32(0.5)
    return result
