"""Advantages of rollouts, worked out by hand, over arrays and over tensors."""

from typing import Any

import numpy as np
import pytest
import torch
from doubles import StubBatch
from learners import Still

from dohyo.agents.devices import put
from dohyo.agents.learning.rollouts import ActedRollout
from dohyo.agents.learning.vec_env import SeatVec


@pytest.mark.parametrize("device", [None, "cpu"])
def test_advantages_by_hand(device: str | None):
    """One slot, whose bout ends after the second of three steps; a discount of 0.9, a decay of 0.8.

    3 + 0.9 * 2 - 1.5 = 3.3; then 2 - 1 = 1, since the bout ends; then 1 + 0.9 * 1 - 0.5 = 1.4 and 0.72 times 1 more.
    """
    vec = SeatVec(StubBatch([[3]]), Still(), mirrored=0, reward_scale=1)
    vec.device = device
    space: Any = vec.observation_space
    rollout = ActedRollout(3, space, vec.action_space, gamma=0.9, gae_lambda=0.8, n_envs=1, vec=vec)
    for name, column in (("rewards", [1, 2, 3]), ("values", [0.5, 1, 1.5]), ("episode_starts", [0, 0, 1])):
        getattr(rollout, name)[:, 0] = put(np.array(column, np.float32), device)
    rollout.compute_returns_and_advantage(put(np.array([2], np.float32), device), put(np.array([False]), device))
    assert isinstance(rollout.advantages, torch.Tensor if device else np.ndarray)
    np.testing.assert_allclose(rollout.advantages[:, 0], [2.12, 1, 3.3], rtol=1e-6)
    np.testing.assert_allclose(rollout.returns[:, 0], [2.62, 2, 4.8], rtol=1e-6)
