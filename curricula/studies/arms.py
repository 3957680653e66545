"""The arms of the studies of widths and of transfer: which settings each changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dohyo.agents.learning.config import PARAMETRIZATIONS, POLICIES, PpoConfig

WIDTHS = (32, 64, 128, 256, 512)
"""Units of a hidden layer."""
RATES = (1.5e-4, 3e-4, 6e-4, 1.2e-3, 2.4e-3)
"""Adam's rates, octaves apart around the default of 3e-4 and that of arXiv 1710.03748, 1e-3."""
EVERYTHING, NOTHING = "all", "none"
"""Arms that the claims are about."""
LEFT_OUT = ("observation", "physics", "unmodelled")
"""Groups of which each is left out in one arm."""


def width_arm(rule: str, width: int, rate: float) -> str:
    """Return the name of the arm with a parametrization, a width and a learning rate."""
    return f"{rule}-{width}-{rate:g}"


def width_arms(widths: Sequence[int], rates: Sequence[float]) -> dict[str, dict[str, Any]]:
    """Return the arms of a study: every parametrization, width and rate."""
    return {
        width_arm(rule, width, rate): {"ppo": PpoConfig(parametrization=rule, width=width, learning_rate=rate)}
        for rule in PARAMETRIZATIONS
        for width in widths
        for rate in rates
    }


def transfer_arms() -> dict[str, dict[str, Any]]:
    """Return the arms: LSTMs with nothing, all, or all but one group randomised, and MLPs with nothing and all."""
    lstm, mlp = (replace(POLICIES[policy], value="privileged") for policy in ("lstm", "mlp"))
    varied: dict[str, Any] = {"randomise": ("dactyl",)}
    return {
        NOTHING: {"ppo": lstm},
        EVERYTHING: {"ppo": lstm} | varied,
        **{f"no-{group}": {"ppo": lstm, "without": (group,)} | varied for group in LEFT_OUT},
        "none-mlp": {"ppo": mlp},
        "all-mlp": {"ppo": mlp} | varied,
    }
