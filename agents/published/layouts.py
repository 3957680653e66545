"""The kinds of agents that the authors of arXiv 1710.03748 and 1710.03641 published, and the layout of their vectors.

A vector holds, in float32: sum, sum of squares and count of the returns; those of the observations (n, n and 1
numbers); the value's network; the policy's network; log_std (a numbers). Weights are stored as `[in, out]`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import ClassVar

import numpy as np

from dohyo.agents.policies.networks import EPSILON
from dohyo.arenas.arrays import FloatArray

Shapes = dict[str, tuple[int, ...]]
Tensors = dict[str, FloatArray]

LEAST_VARIANCE = 0.01
"""Smallest variance of an observation in the authors' filter."""


@dataclass(frozen=True)
class Feedforward:
    """The authors' network with two hidden layers of tanh units."""

    name: ClassVar[str] = "mlp"
    width: int

    def shapes(self, inputs: int, outputs: int) -> Shapes:
        """Return the shapes in a vector, by name and in order: weights `[in, out]` and biases of three layers."""
        sizes = (inputs, self.width, self.width, outputs)
        shapes = Shapes()
        for k, (rows, columns) in enumerate(pairwise(sizes)):
            shapes |= {f"weight_{k}": (rows, columns), f"bias_{k}": (columns,)}
        return shapes

    def tensors(self, parts: Mapping[str, FloatArray]) -> Tensors:
        """Return the parameters in the form of `dohyo.agents.policies.networks.Mlp`."""
        return {name: part.T for name, part in parts.items()}


@dataclass(frozen=True)
class Recurrent:
    """The authors' network with a layer of rectified units and an LSTM of the same width."""

    name: ClassVar[str] = "lstm"
    width: int

    def shapes(self, inputs: int, outputs: int) -> Shapes:
        """Return the shapes in a vector, by name and in order; the kernel's rows are input, then previous output."""
        width = self.width
        return {
            "embed_weight": (inputs, width),
            "embed_bias": (width,),
            "kernel": (2 * width, 4 * width),
            "bias": (4 * width,),
            "weight_0": (width, outputs),
            "bias_0": (outputs,),
        }

    def tensors(self, parts: Mapping[str, FloatArray]) -> Tensors:
        """Return the parameters in the form of `dohyo.agents.policies.networks.Lstm`.

        The authors' gates are input, cell, forget and output, and their code adds 1 to the forget gate's bias.
        """
        enter, new, keep, leave = np.split(parts["kernel"].T, 4)
        kernel = np.concatenate([enter, keep, new, leave])
        enter, new, keep, leave = np.split(parts["bias"], 4)
        return {
            "embed_weight": parts["embed_weight"].T,
            "embed_bias": parts["embed_bias"],
            "gates_in": kernel[:, : self.width],
            "gates_back": kernel[:, self.width :],
            "gates_bias": np.concatenate([enter, keep + 1, new, leave]),
            "weight_0": parts["weight_0"].T,
            "bias_0": parts["bias_0"],
        }


@dataclass(frozen=True)
class Kind:
    """A kind of published agent: arena, body, roles and network."""

    label: str
    """The first part of its snapshots' names."""
    arena: str
    body: str
    roles: tuple[str, ...]
    """One role for both seats, or one per seat; the authors' `agent1` sits in seat 0, `agent2` in seat 1."""
    observation: int
    action: int
    network: Feedforward | Recurrent

    def shapes(self) -> Shapes:
        """Return the shapes in a vector, by name and in order."""
        n, a = self.observation, self.action
        seen = {"returns": (3,), "sum": (n,), "sum of squares": (n,), "count": (1,)}
        value = {f"value {name}": shape for name, shape in self.network.shapes(n, 1).items()}
        return {**seen, **value, **self.network.shapes(n, a), "log_std": (a,)}

    @property
    def size(self) -> int:
        """Length of a vector."""
        return sum(map(prod, self.shapes().values()))

    def tensors(self, vector: FloatArray) -> Tensors:
        """Return a snapshot's tensors from a vector `[size]`; raises `ValueError` if its statistics are empty."""
        shapes = self.shapes()
        ends = np.cumsum([prod(shape) for shape in shapes.values()])
        cut = np.split(vector, ends[:-1])
        parts = {name: part.reshape(shape) for (name, shape), part in zip(shapes.items(), cut, strict=True)}
        network = self.network.tensors({name: parts[name] for name in self.network.shapes(1, 1)})
        mean, variance = statistics(parts["sum"], parts["sum of squares"], float(parts["count"][0]))
        return network | {"mean": mean, "variance": variance, "log_std": parts["log_std"]}


def statistics(total: FloatArray, squares: FloatArray, count: float) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance `[n]` of observations, adjusted so that a snapshot scales them as the authors do.

    The authors divide by sqrt(max(variance, 0.01)), a snapshot's network by sqrt(variance + EPSILON).
    """
    if count < 1:
        raise ValueError(f"its statistics rest on {count:g} observations")
    mean = total.astype(np.float64) / count
    variance = np.maximum(squares.astype(np.float64) / count - mean**2, LEAST_VARIANCE)
    return mean.astype(np.float32), (variance - EPSILON).astype(np.float32)


_RUNNERS, _KICKERS = ("runner_right", "runner_left"), ("kicker", "keeper")
_MLP, _LSTM = Feedforward(64), Recurrent(128)
KINDS = (
    Kind("sumo-ants", "paper/sumo-ants", "paper_ant", ("sumo",), 137, 8, _LSTM),
    Kind("sumo-humans", "paper/sumo-humans", "paper_humanoid", ("sumo",), 395, 17, _LSTM),
    Kind("run-to-goal-ants", "paper/run-to-goal-ants", "paper_ant", _RUNNERS, 122, 8, _MLP),
    Kind("run-to-goal-humans", "paper/run-to-goal-humans", "paper_humanoid", _RUNNERS, 380, 17, _MLP),
    Kind("you-shall-not-pass", "paper/you-shall-not-pass", "paper_humanoid", ("blocker", "runner"), 380, 17, _MLP),
    Kind("kick-and-defend", "paper/kick-and-defend", "paper_humanoid", _KICKERS, 384, 17, _LSTM),
    *(
        Kind(f"robosumo-{body}-{network.name}", "paper/robosumo", f"robosumo_{body}", ("sumo",), n, a, network)
        for body, n, a in (("ant", 120, 8), ("bug", 164, 12), ("spider", 208, 16))
        for network in (_MLP, Recurrent(64))
    ),
)
"""The published kinds, with the sizes in the code of arXiv 1710.03748 and 1710.03641."""
