"""Coordinate check: how much the outputs of each layer change in the first updates (arXiv 2203.03466, appendix D.1)."""

import numpy as np
import torch
from torch import Tensor

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.mlp import NormalisedPolicy
from dohyo.agents.learning.ppo import ppo
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import Array, FloatArray, IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.sides import seats_of_sides

LAYERS = tuple(f"{network} {layer}" for network in ("policy", "value") for layer in ("1", "2", "out"))
"""The layers of policy and value function, input layer first."""
OBSERVATIONS = 256
"""Observations on which the outputs are compared."""


class _Still:
    """Opponents that do nothing, with `actions` numbers each."""

    def __init__(self, actions: int) -> None:
        self._actions = actions

    def assign(self, worlds: IntArray) -> None:
        """Do nothing."""

    def note(self, bouts: EndedBouts) -> None:
        """Do nothing."""

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        """Return zeros."""
        return np.zeros((len(observation), self._actions), np.float32)


def layer_outputs(policy: NormalisedPolicy, features: Tensor) -> list[Tensor]:
    """Return the outputs of each layer before its tanh, in the order of `LAYERS`."""
    outputs = []
    for tower, seen in ((policy.policy_layers(), features[:, : policy.own]), (policy.value_layers(), features)):
        for layer in tower:
            outputs.append(layer(seen))
            seen = torch.tanh(outputs[-1])
    return outputs


def changes(batch: Batch, config: PpoConfig, updates: int, seed: int = 0) -> Array:
    """Return the root mean square change of each layer's outputs after 1 to `updates` updates, `[updates, layers]`.

    A learner with an MLP learns in the first seat of `batch` against opponents that do nothing. All outputs are those
    for the observations of its first rollout, normalised as they are after it. Raises `ConfigError` for another
    network.
    """
    if config.policy != "mlp":
        raise ConfigError(f"the coordinate check takes the network mlp, not {config.policy!r}")
    rival = seats_of_sides(batch.arena.sides)[1][0]
    opponents = _Still(batch.action_spaces[rival].shape[0])
    vec = SeatVec(batch, opponents, 0, config.reward_scale, 0)
    learner = ppo(vec, config, seed)
    vec.seed(seed)
    learner.begin()
    first = learner.collect()
    learner.learn([first])  # fills the statistics of the observations alone
    policy = learner.policy
    assert isinstance(policy, NormalisedPolicy)
    rows = first["observations"].reshape(-1, first["observations"].shape[-1])[:OBSERVATIONS]
    with torch.no_grad():
        features = policy.extract_features(torch.as_tensor(rows))
        assert isinstance(features, Tensor)
        before, found = layer_outputs(policy, features), []
        for _ in range(updates):
            with torch.enable_grad():
                learner.learn([learner.collect()])
            after = layer_outputs(policy, features)
            found.append([float((new - old).square().mean().sqrt()) for new, old in zip(after, before, strict=True)])
    return np.array(found)
