"""muP: initial sizes and Adam's rates with which networks of any width learn alike (arXiv 2203.03466, table 3)."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

BASE = {"mlp": 64, "lstm": 128}
"""The widths at which muP equals the standard parametrization, and for which the rates were tuned, by network."""

Tower = tuple[list[nn.Linear], float]
"""A network's layers, input layer first, and the gain of the last layer; the gain of the others is sqrt(2)."""


@torch.no_grad()
def draw(tower: Tower, base: int) -> None:
    """Draw weights: input and hidden layers with variance 2 / fan_in, the output with gain^2 * base / fan_in^2."""
    *hidden, output = tower[0]
    for layer in hidden:
        nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
    nn.init.normal_(output.weight, std=tower[1] * base**0.5 / output.in_features)


def adam(policy: nn.Module, weights: Sequence[Tensor], rate: float, base: int) -> torch.optim.Adam:
    """Return Adam with the rate `rate` * base / fan_in for hidden and output `weights`, and `rate` for all others.

    Adam's epsilon falls with the width as gradients do (appendix B.3); at `base` it is Stable-Baselines3's.
    """
    scaled = {weight: base / weight.shape[1] for weight in weights}
    rest = [parameter for parameter in policy.parameters() if parameter not in scaled]
    groups: list[dict[str, Any]] = [{"params": rest, "lr": rate, "scale": 1.0}]
    groups += [{"params": [weight], "lr": rate * scale, "scale": scale} for weight, scale in scaled.items()]
    return torch.optim.Adam(groups, eps=1e-5 * min(scaled.values()), fused=True)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of an optimiser; those of `adam` keep their groups' factors."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)
