"""Settings of the learner, apart from it so that reading them does not load torch."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dohyo.arenas.errors import ConfigError, UnknownName, lookup

VALUES = ("own", "privileged")
"""What a value function sees: what its policy sees, or what the other seat sees as well (Dactyl, arXiv 1808.00177)."""

PARAMETRIZATIONS = {"mlp": ("standard", "mup"), "lstm": ("standard",)}
"""How initial sizes and rates follow the width, by kind of policy; see `dohyo.agents.learning.mup`."""

RANGES = {
    "width": (1, math.inf),
    "learning_rate": (1e-9, 1),
    "final_rate": (0, 1),
    "rollout": (1, math.inf),
    "unroll": (1, math.inf),
    "minibatch": (2, math.inf),
    "epochs": (1, math.inf),
    "gamma": (0, 1),
    "gae_lambda": (0, 1),
    "clip": (1e-9, math.inf),
    "entropy": (0, math.inf),
    "log_std": (-10, 2),
    "least_std": (0, math.exp(2)),
    "target_kl": (1e-9, math.inf),
    "value_first": (0, math.inf),
    "reward_scale": (1e-9, math.inf),
}
"""What each number can be: from, to (both included; infinity and NaN never)."""


@dataclass(frozen=True)
class PpoConfig:
    """Hyperparameters of PPO. EC is arXiv 1710.03748, which had 409,600 samples an iteration and a cluster."""

    policy: str = "mlp"
    """Kind of network, one of `POLICIES`."""
    value: str = "own"
    """What the value function sees, one of `VALUES`."""
    parametrization: str = "standard"
    """How initial sizes and rates follow the width, one of `PARAMETRIZATIONS`."""
    width: int = 64
    """Units in each hidden layer of policy and value (EC's published agents; its paper says 128)."""
    learning_rate: float = 3e-4
    """Adam's rate; EC 1e-3 for rollouts thirty times as long. With it, updates here overshot
    (docs/results/training_choices.md)."""
    final_rate: float = 0.05
    """Share of the rate that is left when the budget is used up; it falls linearly. At a constant rate updates
    overshoot more and more as the policy's noise becomes small (docs/results/training_choices.md)."""
    rollout: int = 128
    """Control steps per slot and update."""
    unroll: int = 16
    """Control steps through which an LSTM's errors are propagated back, at most; EC 10."""
    minibatch: int = 1024
    """Samples per gradient step; EC 5120."""
    epochs: int = 5
    """Passes over a rollout; EC 6, with an LSTM 3."""
    gamma: float = 0.99
    """Discount per control step of 0.05 s; EC 0.995 for steps of 0.015 s."""
    gae_lambda: float = 0.95
    """Decay of the advantage estimate (EC)."""
    clip: float = 0.2
    """Clipping of the probability ratio (EC)."""
    entropy: float = 0.0
    """Entropy bonus (EC: none)."""
    log_std: float = -0.7
    """Initial log standard deviation of the actions: exp(-0.7) is half the range from 0 to 1."""
    least_std: float = 0.0
    """Standard deviation below which no action's noise falls. Without such a bound noise shrinks for as long as a run
    goes on, until nothing new is tried (docs/results/sumo.md)."""
    target_kl: float = 0.03
    """An update stops early beyond 1.5 times this divergence."""
    value_first: int = 200_000
    """Samples in which only the value function learns, where the policy begins as a snapshot: until it knows what is to
    be expected, its advice would spoil what the policy can do."""
    reward_scale: float = 0.005
    """Rewards are multiplied by this: an outcome of 1000 becomes 5."""

    def __post_init__(self) -> None:
        """Raise `UnknownName` for a kind that is not there, `ConfigError` for a number that cannot be."""
        lookup(PARAMETRIZATIONS, self.policy, "policy")
        lookup(dict.fromkeys(VALUES), self.value, "value function")
        known = dict.fromkeys(PARAMETRIZATIONS[self.policy])
        lookup(known, self.parametrization, f"parametrization of {self.policy}")
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                span = f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
                raise ConfigError(f"hyperparameter {name}={value:g}: give a number {span}")


POLICIES = {"mlp": PpoConfig(), "lstm": PpoConfig(policy="lstm", width=128, epochs=3)}
"""Settings for each kind of policy: two tanh layers, or a rectified layer and an LSTM, both of EC's sizes."""


def tune(config: PpoConfig, texts: Sequence[str]) -> PpoConfig:
    """Return the settings with those that `NAME=VALUE` texts name changed.

    Raises `UnknownName` for anything else, `ConfigError` for a number outside of `RANGES`.
    """
    kinds = {name: type(value) for name, value in asdict(config).items()}
    changes: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition("=")
        kind = lookup(kinds, name.strip(), "hyperparameter")
        try:
            changes[name.strip()] = kind(value.strip())
        except ValueError:
            raise UnknownName(f"hyperparameter {text!r}: give NAME=VALUE, such as minibatch=256") from None
    return replace(config, **changes)
