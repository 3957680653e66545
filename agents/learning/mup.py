"""muP: initial sizes and Adam's rates with which networks of any width learn alike (arXiv 2203.03466, table 3)."""

from typing import Any

import torch
from torch import nn

BASE = 64
"""The width at which muP equals the standard parametrization, and for which the rates were tuned."""

Tower = tuple[list[nn.Linear], float]
"""A network's layers, input layer first, and the gain of the last layer; the gain of the others is sqrt(2)."""


@torch.no_grad()
def draw(tower: Tower) -> None:
    """Draw weights: input and hidden layers with variance 2 / fan_in, the output with gain^2 * BASE / fan_in^2."""
    *hidden, output = tower[0]
    for layer in hidden:
        nn.init.normal_(layer.weight, std=(2 / layer.in_features) ** 0.5)
    nn.init.normal_(output.weight, std=tower[1] * BASE**0.5 / output.in_features)


def adam(policy: nn.Module, towers: list[Tower], rate: float) -> torch.optim.Adam:
    """Return Adam with the rate `rate` * BASE / fan_in for hidden and output weights, and `rate` for all others.

    Adam's epsilon falls with the width as gradients do (appendix B.3); at `BASE` it is Stable-Baselines3's.
    """
    scaled = {layer.weight: BASE / layer.in_features for layers, _ in towers for layer in layers[1:]}
    rest = [parameter for parameter in policy.parameters() if parameter not in scaled]
    groups: list[dict[str, Any]] = [{"params": rest, "lr": rate, "scale": 1.0}]
    groups += [{"params": [weight], "lr": rate * scale, "scale": scale} for weight, scale in scaled.items()]
    return torch.optim.Adam(groups, eps=1e-5 * min(scaled.values()), fused=True)
