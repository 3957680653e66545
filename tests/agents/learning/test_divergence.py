"""The divergence of a policy from the one that played, against that of two normal distributions."""

import numpy as np
import pytest
import torch
from doubles import StubBatch
from learners import Still, practise

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.vec_env import SeatVec


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_wider_noise(policy: str):
    """If deviations grow by a factor c, a sample at the squared distance q has log r = -2 log c + q/2 (1 - 1/c^2)."""
    vec = SeatVec(StubBatch([[3], [5], [2], [7]]), Still(), mirrored=2, reward_scale=0.01)
    learner = make_learner(vec, PpoConfig(policy=policy, width=8, rollout=16, unroll=4), 1)
    practise(learner, 1)
    rollouts = [learner.collect(), learner.collect()]
    assert learner.divergence(rollouts) == pytest.approx(0, abs=1e-6)
    density = np.concatenate([rollout["log_probs"].ravel() for rollout in rollouts])
    log_std = learner.tensors()["log_std"].sum()
    q = -2 * (density + log_std + np.log(2 * np.pi))
    log_ratio = -2 * np.log(1.25) + q / 2 * (1 - 1 / 1.25**2)
    with torch.no_grad():
        learner._policy.log_std += np.log(1.25)
    assert learner.divergence(rollouts) == pytest.approx(np.mean(np.exp(log_ratio) - 1 - log_ratio), rel=1e-3)


def test_the_weights_of_another_learner_play_alike():
    vec = SeatVec(StubBatch([[3], [5]]), Still(), mirrored=1, reward_scale=0.01)
    one, two = (make_learner(vec, PpoConfig(width=8, rollout=16), seed) for seed in (1, 2))
    practise(one, 2)
    rollout = one.collect()
    assert two.divergence([rollout]) > 1e-6
    weights = {name: array.copy() for name, array in one.weights().items()}
    for array in weights.values():
        array.flags.writeable = False  # as arrays from another process are
    two.load(weights)
    assert two.divergence([rollout]) == pytest.approx(0, abs=1e-6)
    practise(two, 2)  # and what was loaded can learn
    assert all(np.array_equal(array, weights[name]) for name, array in one.weights().items())
