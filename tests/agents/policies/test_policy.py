"""Policies: networks worked out by hand, the learner's actions, and no memory shared with the learner."""

import numpy as np
import pytest
import torch
from doubles import ORIGIN, FloatArray, network
from gymnasium.spaces import Box
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dohyo.agents.learning.mlp import NormalisedPolicy, RunningNorm, norm_of
from dohyo.agents.policies.networks import Mlp
from dohyo.agents.snapshot import make_snapshot
from dohyo.arenas.players import BUILT_IN, Random, Zero

BY_HAND: dict[str, list[float] | list[list[float]]] = {
    "mean": [1, 2],
    "variance": [3.9999, 0.9999],  # with 1e-4 added, deviations of 2 and 1
    "weight_0": [[1, 0], [0.5, -1]],
    "bias_0": [0, 0.25],
    "weight_1": [[0.5, -2]],
    "bias_1": [0.1],
    "log_std": [0],
}


def tensors(**changes: list[float] | list[list[float]]) -> dict[str, FloatArray]:
    return {name: np.array(value, np.float32) for name, value in (BY_HAND | changes).items()}


def linear(weight: float, bias: float, log_std: float = 0.0) -> dict[str, FloatArray]:
    """One layer over one observation that needs no normalising."""
    values = {"mean": [0], "variance": [0.9999], "weight_0": [[weight]], "bias_0": [bias], "log_std": [log_std]}
    return {name: np.array(value, np.float32) for name, value in values.items()}


def test_a_network_worked_out_by_hand():
    # (3, 2.5) normalised is (1, 0.5); the hidden layer holds tanh(1) = 0.761594 and tanh(0.25) = 0.244919.
    action = Mlp(tensors()).act(np.array([[3, 2.5]], np.float32))
    np.testing.assert_allclose(action, [[0.5 * 0.7615942 - 2 * 0.2449187 + 0.1]], atol=1e-6)
    assert action.dtype == np.float32


def test_observations_are_clipped_at_five_deviations():
    action = Mlp(linear(0.1, 0)).act(np.array([[100], [-100], [4]], np.float32))
    np.testing.assert_allclose(action, [[0.5], [-0.5], [0.4]], atol=1e-6)


def test_actions_are_clipped_to_their_range():
    np.testing.assert_array_equal(Mlp(linear(1, 3)).act(np.zeros((1, 1), np.float32)), [[1]])
    np.testing.assert_array_equal(Mlp(linear(1, -3)).act(np.zeros((1, 1), np.float32)), [[-1]])


def test_stochastic_actions_spread_as_the_gaussian_does():
    player = Mlp(linear(0, 0, float(np.log(0.5))), stochastic=True, seed=1)
    actions = player.act(np.zeros((40_000, 1), np.float32))
    assert abs(actions.mean()) < 0.01
    # 4.55 % of a Gaussian lies beyond two deviations, where these are clipped; 68.27 % lies within one.
    assert np.mean(np.abs(actions) == 1) == pytest.approx(0.0455, abs=0.004)
    assert np.mean(np.abs(actions) < 0.5) == pytest.approx(0.6827, abs=0.01)


def test_stochastic_actions_repeat_with_the_seed():
    observation = np.zeros((5, 3), np.float32)
    first, again, other = (Mlp(network(), stochastic=True, seed=s).act(observation) for s in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_zero_and_random():
    observation = np.ones((1000, 3), np.float32)
    np.testing.assert_array_equal(Zero(8).act(observation), np.zeros((1000, 8)))
    draws = Random(8, seed=2).act(observation)
    assert draws.shape == (1000, 8)
    assert draws.dtype == np.float32
    assert -1 <= draws.min() < -0.99
    assert 0.99 < draws.max() <= 1
    np.testing.assert_array_equal(draws, BUILT_IN["random"](8, 2).act(observation))
    assert set(BUILT_IN) == {"zero", "random"}


def learning_policy(seed: int = 0) -> NormalisedPolicy:
    torch.manual_seed(seed)
    box = Box(-np.inf, np.inf, (5,), np.float32)
    policy = NormalisedPolicy(box, Box(-1, 1, (3,), np.float32), lambda progress: 1e-2, own=5, width=16)
    with torch.no_grad():
        policy.action_net.weight.mul_(50)  # the initial output layer is a hundredth of what training makes of it
    norm_of(policy).update(torch.randn(200, 5) * 3 + 7)
    return policy


def test_a_snapshot_plays_what_was_trained():
    policy = learning_policy()
    observation = np.random.default_rng(0).normal(7, 6, (300, 5)).astype(np.float32)
    with torch.no_grad():
        mean = policy.get_distribution(torch.as_tensor(observation)).mode().numpy()
    assert np.std(mean) > 0.1
    np.testing.assert_allclose(Mlp(policy.acting_tensors()).act(observation), mean.clip(-1, 1), atol=1e-5)


def test_training_on_leaves_a_snapshot_as_it_was():
    policy = learning_policy()
    taken = make_snapshot(ORIGIN, policy.acting_tensors())
    player = taken.policy()
    observation = np.random.default_rng(0).normal(7, 3, (50, 5)).astype(np.float32)
    before = player.act(observation).tobytes()
    norm_of(policy).update(torch.full((500, 5), 30.0))
    policy.optimizer.zero_grad()
    policy.get_distribution(torch.as_tensor(observation)).mode().square().sum().backward()
    policy.optimizer.step()
    assert Mlp(policy.acting_tensors()).act(observation).tobytes() != before
    assert player.act(observation).tobytes() == before
    assert taken.policy().act(observation).tobytes() == before


def test_a_policy_shares_no_memory_with_its_tensors():
    source = network()
    player, observation = Mlp(source), np.ones((4, 3), np.float32)
    before = player.act(observation)
    for tensor in source.values():
        tensor += 1
    np.testing.assert_array_equal(player.act(observation), before)


ROLLOUT = arrays(np.float32, st.tuples(st.integers(1, 20), st.just(3)), elements=st.floats(-100, 100, width=32))


@given(st.lists(ROLLOUT, min_size=1, max_size=6))
@settings(max_examples=60)
def test_statistics_are_those_of_all_that_was_seen(rollouts: list[FloatArray]):
    norm = RunningNorm(Box(-np.inf, np.inf, (3,), np.float32))
    for rollout in rollouts:
        norm.update(torch.as_tensor(rollout))
    everything = np.concatenate(rollouts).astype(np.float64)
    assert norm.count.tolist() == [len(everything)] * 3
    np.testing.assert_allclose(norm.mean.numpy(), everything.mean(0), atol=1e-3)
    np.testing.assert_allclose(norm.variance.numpy(), everything.var(0), rtol=1e-4, atol=1e-2)


def test_normalised_observations_by_hand():
    norm = RunningNorm(Box(-np.inf, np.inf, (2,), np.float32))
    norm.update(torch.tensor([[0.0, 5.0], [4.0, 5.0]]))  # means 2 and 5, deviations 2 and 0
    seen = norm(torch.tensor([[6.0, 5.0], [-100.0, 5.02]]))
    np.testing.assert_allclose(seen.numpy(), [[2, 0], [-5, 2]], atol=1e-3)  # a constant entry: sqrt(1e-4) = 0.01
