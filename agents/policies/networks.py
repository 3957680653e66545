"""Networks that act in batches, in NumPy or on a device; they start fast because only `on` needs torch."""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from copy import copy
from typing import Any, Self

import numpy as np

from dohyo.agents.devices import normal, put
from dohyo.agents.policies.policy import Policy
from dohyo.arenas.arrays import FloatArray, IntArray, namespace

CLIP = 5.0
"""Normalised observations are clipped to this many standard deviations (arXiv 1710.03748, code)."""
EPSILON = 1e-4
"""Added to an observation's variance, so that a constant entry does not divide by zero."""

Shapes = dict[str, tuple[int, ...]]


class Network(ABC):
    """Base of the networks: it normalises observations and draws actions from a diagonal Gaussian.

    `tensors`: `mean` and `variance` `[obs]`, `log_std` `[act]`, and those of the subclass. They are copied, so further
    training does not change the network. With `stochastic`, actions are drawn from the Gaussian; `seed` is a seed or a
    generator that others may share. Otherwise actions are the mean. With `clipped`, they are clipped to [-1, 1].
    """

    def __init__(
        self,
        tensors: Mapping[str, FloatArray],
        *,
        stochastic: bool = False,
        clipped: bool = True,
        seed: int | np.random.Generator = 0,
    ) -> None:
        self._arrays = _for_rows(tensors)
        self._stochastic, self._clipped, self._stream = stochastic, clipped, np.random.default_rng(seed)

    @property
    def memory(self) -> int:
        """Count of numbers that the network remembers of each bout."""
        return 0

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return sum(array.nbytes for array in self._arrays.values())

    @property
    def form(self) -> Hashable:
        """A key that is equal for networks that can share a stack: class, shapes, `stochastic` and `clipped`."""
        shapes = ((name, *array.shape) for name, array in self._arrays.items())
        return type(self), self._stochastic, self._clipped, *shapes

    @property
    def likeness(self) -> Hashable:
        """A key that is equal for networks that act faster in a stack on the processor."""
        return self.form

    def beside(self, others: Sequence[Self]) -> Self:
        """Return a stack of this network and others of its `form`; it shares this random stream."""
        one, *more = self._arrays, *(other._arrays for other in others)
        return self._with({name: namespace(one[name]).stack([o[name] for o in (one, *more)]) for name in one})

    def stack(self, lines: int) -> Self:
        """Return a stack with room for `lines` networks like this one; `put` fills it. It shares this random stream.

        A stack of K networks acts in one call, each network on its own slice: observations `[K, n, obs]`, memory
        `[K, n, memory]`, actions `[K, n, act]`.
        """
        return self._with({name: np.zeros((lines, *array.shape), np.float32) for name, array in self._arrays.items()})

    def put(self, line: int, network: Self) -> None:
        """Copy `network` into line `line` of this stack."""
        for name, array in self._arrays.items():
            array[line] = network._arrays[name]

    def head(self, lines: int) -> Self:
        """Return a stack of the first `lines` lines, which shares their arrays."""
        return self._with({name: array[:lines] for name, array in self._arrays.items()})

    def lines(self, places: IntArray) -> Self:
        """Return a stack of copies of the lines at `places` `[n]`, in this order."""
        return self._with({name: array[places] for name, array in self._arrays.items()})

    def on(self, device: Any) -> Self:
        """Return this network on a device of torch: it takes and gives tensors there. It shares this random stream."""
        return self._with({name: put(array, device) for name, array in self._arrays.items()})

    def _with(self, arrays: dict[str, FloatArray]) -> Self:
        other = copy(self)
        other._arrays = arrays
        return other

    @abstractmethod
    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`; see `dohyo.agents.policies.policy.Policy`."""

    def _see(self, observation: FloatArray) -> FloatArray:
        at, xp = self._arrays, namespace(observation)
        seen = xp.clip((observation - at["mean"]) * at["scale"], -CLIP, CLIP)
        single: FloatArray = xp.astype(seen, xp.float32, copy=False)  # the paper's arenas give float64
        return single

    def _draw(self, action: FloatArray) -> FloatArray:
        if self._stochastic:
            action += self._arrays["deviation"] * normal(self._stream, action)
        return namespace(action).clip(action, -1, 1) if self._clipped else action


def _for_rows(tensors: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Return copies for row vectors: matrices `[in, out]`, vectors `[1, size]`, `scale` and `deviation` computed."""
    arrays = {
        name: np.array(tensor.T if tensor.ndim == 2 else tensor[None], np.float32, order="C")
        for name, tensor in tensors.items()
    }
    arrays["scale"] = 1 / np.sqrt(arrays.pop("variance") + np.float32(EPSILON))
    arrays["deviation"] = np.exp(arrays.pop("log_std"))
    return arrays


class Mlp(Network):
    """A tanh network: `weight_k` `[out, in]` and `bias_k` `[out]` for each layer k from 0, the last one linear."""

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`."""
        x, at, last = self._see(observation), self._arrays, _depth(self._arrays) - 1
        tanh = namespace(x).tanh
        for k in range(last):
            x = tanh(x @ at[f"weight_{k}"] + at[f"bias_{k}"])
        return self._draw(x @ at[f"weight_{last}"] + at[f"bias_{last}"])

    @staticmethod
    def shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> Shapes:
        """Return the required shapes of the network's tensors by name, besides those that all networks have."""
        shapes, width, depth = Shapes(), observation, _depth(tensors)
        for k in range(max(1, depth)):
            rows = action if k >= depth - 1 else len(tensors[f"bias_{k}"])
            shapes |= {f"weight_{k}": (rows, width), f"bias_{k}": (rows,)}
            width = rows
        return shapes


class Lstm(Network):
    """A layer of rectified units, an LSTM (Hochreiter and Schmidhuber 1997) and a linear layer.

    `embed_weight` `[E, obs]`, `embed_bias` `[E]`; `gates_in` `[4 H, E]`, `gates_back` `[4 H, H]`, `gates_bias`
    `[4 H]` in PyTorch's order (input, forget, cell, output); `weight_0` `[act, H]`, `bias_0` `[act]`.
    """

    @property
    def memory(self) -> int:
        """Count of numbers in output and cell of the LSTM, 2 H."""
        units: int = self._arrays["gates_back"].shape[-2]
        return 2 * units

    @property
    def likeness(self) -> Hashable:
        """A key that no other network has, so that LSTMs are never stacked on the processor.

        With 128 units a stack is rarely faster, and slower with few networks (docs/results/training_speed.md).
        """
        return id(self)

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]`; `memory` `[n, 2 H]` is output, then cell."""
        at, seen, units = self._arrays, self._see(observation), self.memory // 2
        xp = namespace(seen)
        if memory is None:
            memory = xp.zeros((*seen.shape[:-1], 2 * units), dtype=xp.float32, device=seen.device)
        embedded = xp.clip(seen @ at["embed_weight"] + at["embed_bias"], 0, None)
        before, cell = memory[..., :units], memory[..., units:]
        gates = embedded @ at["gates_in"] + before @ at["gates_back"] + at["gates_bias"]
        enter, keep, new, leave = (gates[..., k * units : (k + 1) * units] for k in range(4))
        cell = _sigmoid(keep) * cell + _sigmoid(enter) * xp.tanh(new)
        output = _sigmoid(leave) * xp.tanh(cell)
        memory[:] = xp.concat([output, cell], axis=-1)
        return self._draw(output @ at["weight_0"] + at["bias_0"])

    @staticmethod
    def shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> Shapes:
        """Return the required shapes of the network's tensors by name, besides those that all networks have."""
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
    """Return the network class of these tensors."""
    return Lstm if "gates_in" in tensors else Mlp


def describe(tensors: Mapping[str, FloatArray]) -> tuple[str, int]:
    """Return the network's name for `--policy` and its width."""
    if network_of(tensors) is Lstm:
        return "lstm", tensors["gates_back"].shape[1]
    return "mlp", len(tensors["bias_0"])


def check_shapes(tensors: Mapping[str, FloatArray], observation: int, action: int) -> None:
    """Raise `ValueError` unless the tensors make a network for observations and actions of these lengths."""
    common: Shapes = {"mean": (observation,), "variance": (observation,), "log_std": (action,)}
    expected = common | network_of(tensors).shapes(tensors, observation, action)
    if set(tensors) != set(expected):
        raise ValueError(f"it holds the tensors {sorted(tensors)}")
    if any(tensor.dtype != np.float32 or not np.isfinite(tensor).all() for tensor in tensors.values()):
        raise ValueError("its tensors are not all finite float32")
    wrong = [name for name, shape in expected.items() if tensors[name].shape != shape]
    if wrong:
        raise ValueError(f"the shapes of {wrong} do not fit")


def check_values(tensors: Mapping[str, FloatArray], observation: int) -> None:
    """Raise `ValueError` unless the tensors make a value function of such observations, without their statistics."""
    seen = {"mean": np.zeros(observation, np.float32), "variance": np.ones(observation, np.float32)}
    check_shapes({**tensors, **seen, "log_std": np.zeros(1, np.float32)}, observation, 1)


def make_policy(
    tensors: Mapping[str, FloatArray],
    *,
    stochastic: bool = False,
    clipped: bool = True,
    seed: int | np.random.Generator = 0,
) -> Policy:
    """Return the policy with a snapshot's tensors; see `Network` for the arguments."""
    return network_of(tensors)(tensors, stochastic=stochastic, clipped=clipped, seed=seed)


def _depth(tensors: Mapping[str, FloatArray]) -> int:
    return sum(name.startswith("weight_") for name in tensors)


def _sigmoid(x: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-x)), in a form that cannot overflow."""
    result: FloatArray = 0.5 * namespace(x).tanh(0.5 * x) + 0.5
    return result
