"""Settings of the learner; importing this module does not load torch."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from dohyo.arenas.errors import ConfigError, UnknownName, lookup
from dohyo.arenas.settings import check, setting, settings_of

NETWORKS = ("mlp", "lstm")
"""Networks that learn, see `POLICIES`."""

VALUES = ("own", "privileged")
"""What a value function sees: its policy's observation, or also the other seat's and what is randomised (Dactyl, arXiv
1808.00177)."""

PARAMETRIZATIONS = ("standard", "mup")
"""How initial sizes and rates follow the width; see `dohyo.agents.learning.mup`."""

NETWORK = "The network and how it learns"
"""Heading of the options of these settings in the help."""
_hyperparameter = partial(setting, option=None)  # `--ppo NAME=VALUE` sets it


@dataclass(frozen=True)
class PpoConfig:
    """Hyperparameters of PPO. EC is arXiv 1710.03748, which had 409,600 samples an iteration and a cluster.

    Raises `UnknownName` for an unknown choice, `ConfigError` for a number out of range.
    """

    policy: str = setting("mlp", f"Network that learns: {', '.join(NETWORKS)}.", choices=NETWORKS, panel=NETWORK)
    width: int = setting(
        64,
        "Units in each of the network's hidden layers.",
        note="64 are those of EC's published agents; its paper says 128.",
        low=1,
        high=65_536,
        panel=NETWORK,
    )
    value: str = setting(
        "own", f"What the value function sees in training: {', '.join(VALUES)}.", choices=VALUES, panel=NETWORK
    )
    parametrization: str = setting(
        "standard",
        f"How initial sizes and rates follow the width: {', '.join(PARAMETRIZATIONS)}.",
        choices=PARAMETRIZATIONS,
        panel=NETWORK,
    )
    symmetry: bool = setting(
        False,
        "Learn from every sample's mirror image as well, with left and right exchanged (mlp only).",
        note="As rsl_rl's augmentation (arXiv 2403.04359): the image has the probability of the sample.",
        panel=NETWORK,
    )
    learning_rate: float = _hyperparameter(
        3e-4,
        "Adam's rate.",
        note="EC 1e-3 for rollouts thirty times as long. With it, updates here overshot "
        "(docs/results/training_choices.md).",
        low=1e-9,
        high=1,
    )
    final_rate: float = _hyperparameter(
        0.05,
        "Share of the rate that is left when the budget is used up; it falls linearly.",
        note="At a constant rate updates overshoot more and more as the policy's noise becomes small "
        "(docs/results/training_choices.md).",
        low=0,
        high=1,
    )
    rollout: int = _hyperparameter(128, "Control steps per slot and update.", low=1)
    unroll: int = _hyperparameter(
        16, "Most control steps through which an LSTM's errors are propagated back.", note="EC 10.", low=1
    )
    minibatch: int = _hyperparameter(1024, "Samples per gradient step.", note="EC 5120.", low=2)
    epochs: int = _hyperparameter(5, "Passes over a rollout.", note="EC 6, with an LSTM 3.", low=1)
    gamma: float = _hyperparameter(
        0.99, "Discount per control step of 0.05 s.", note="EC 0.995 for steps of 0.015 s.", low=0, high=1
    )
    gae_lambda: float = _hyperparameter(0.95, "Decay of the advantage estimate.", note="As EC.", low=0, high=1)
    clip: float = _hyperparameter(0.2, "Clipping of the probability ratio.", note="As EC.", low=1e-9)
    entropy: float = _hyperparameter(0.0, "Entropy bonus.", note="EC has none.", low=0)
    log_std: float = _hyperparameter(
        -0.7,
        "Initial log standard deviation of the actions: exp(-0.7) is half the range from 0 to 1.",
        low=-10,
        high=2,
    )
    least_std: float = _hyperparameter(
        0.0,
        "Least standard deviation of an action's noise.",
        note="Without a bound the noise shrinks during the whole run, until nothing new is tried "
        "(docs/results/sumo.md).",
        low=0,
        high=math.exp(2),
    )
    desired_kl: float = _hyperparameter(
        0.0,
        "The rate falls after an update that diverges by more than twice this, and rises after one of less than half; "
        "with 0 it only falls with the budget.",
        note="rsl_rl 0.01, after each minibatch.",
        low=0,
        high=1,
    )
    target_kl: float = _hyperparameter(0.03, "An update stops early beyond 1.5 times this divergence.", low=1e-9)
    value_first: int = _hyperparameter(
        200_000,
        "Samples in which only the value function learns, if the policy begins as a snapshot.",
        note="The first estimates of a new value function would spoil the policy.",
        low=0,
    )
    reward_scale: float = _hyperparameter(0.005, "Factor of rewards: an outcome of 1000 becomes 5.", low=1e-9)

    def __post_init__(self) -> None:
        """Check the settings."""
        check(self)
        if self.symmetry and self.policy != "mlp":
            raise ConfigError("--symmetry is for the mlp: an LSTM's memory has no mirror image")


HYPERPARAMETERS = [name for name, known in settings_of(PpoConfig).items() if known.option is None]
"""Settings without an option, which `--ppo NAME=VALUE` sets."""

POLICIES = {"mlp": PpoConfig(), "lstm": PpoConfig(policy="lstm", width=128, epochs=3)}
"""Default settings by network: two tanh layers, or a rectified layer and an LSTM, both of EC's sizes."""


def read_hyperparameters(texts: Iterable[str]) -> dict[str, Any]:
    """Return the settings in `NAME=VALUE` texts as numbers by name.

    Raises `UnknownName` for an unknown name and for a value of the wrong type.
    """
    known, values = settings_of(PpoConfig), dict[str, Any]()
    for text in texts:
        name, _, value = map(str.strip, text.partition("="))
        kind = lookup(known, name, "hyperparameter").type
        try:
            values[name] = kind(value)
        except ValueError:
            raise UnknownName(f"hyperparameter {text!r}: give NAME=VALUE, such as minibatch=256") from None
    return values
