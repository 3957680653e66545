"""Stacked policies: each row has its policy and its world's memory; networks of one shape act in one call."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from doubles import Counter, FloatArray, lstm, network

from dohyo.agents.policies.networks import Lstm, Mlp
from dohyo.agents.policies.policy import Policy
from dohyo.agents.policies.stacked import StackedPolicies


def linear(weight: float, log_std: float = 0.0) -> dict[str, FloatArray]:
    """A policy whose action is `weight` times the observation."""
    values = {"mean": [0], "variance": [0.9999], "weight_0": [[weight]], "bias_0": [0], "log_std": [log_std]}
    return {name: np.array(value, np.float32) for name, value in values.items()}


def finder(policies: Sequence[Policy]) -> Callable[[int], Policy]:
    return lambda number: policies[number]


def test_each_row_is_acted_on_by_its_own_network():
    """Seven rows of three networks: lines of 3, so that the first takes two of them and others are filled up."""
    policies = [Mlp(linear(weight)) for weight in (0.1, -0.2, 0.05)]
    who, worlds = np.array([0, 1, 0, 0, 2, 0, 1]), np.arange(7)
    seen = np.array([[1], [2], [-3], [4], [4], [2], [-1]], np.float32)
    action = StackedPolicies(7).act(seen, worlds, who, finder(policies))
    np.testing.assert_allclose(action[:, 0], [0.1, -0.4, -0.3, 0.4, 0.2, 0.2, 0.2], atol=1e-6)
    assert action.dtype == np.float32


def test_lines_stay_below_twice_the_networks():
    stacked = StackedPolicies(60)
    who = np.where(np.arange(60) < 45, 0, np.arange(60) - 44)  # one in 45 rows, 15 in one row each
    stacked.act(np.ones((60, 1), np.float32), np.arange(60), who, finder([Mlp(linear(0.1)) for _ in range(16)]))
    [block] = stacked._blocks
    assert block.rows.shape == (12 + 15, 4)
    assert sorted(block.rows[block.real].tolist()) == list(range(60))


def test_stacked_networks_act_as_each_does_alone():
    """Over many steps in which opponents change and come back."""
    rng, worlds = np.random.default_rng(0), np.arange(12)
    policies = [Mlp(network(seed=k)) for k in range(9)] + [Mlp(network(width=6, seed=9)), Counter()]
    together, alone = StackedPolicies(12), StackedPolicies(12, together=False)
    who = rng.integers(11, size=12)
    for _ in range(60):
        seen = rng.normal(size=(12, 3)).astype(np.float32)
        action = together.act(seen, worlds, who, finder(policies))
        np.testing.assert_allclose(action, alone.act(seen, worlds, who, finder(policies)), atol=2e-6)
        for row in np.flatnonzero(who < 10):
            np.testing.assert_allclose(action[row], policies[who[row]].act(seen[row : row + 1])[0], atol=2e-6)
        over = np.flatnonzero(rng.random(12) < 0.1)
        who[over] = rng.integers(11, size=len(over))
        together.forget(over)
        alone.forget(over)


def test_recurrent_networks_keep_the_memory_of_their_worlds():
    rng, worlds = np.random.default_rng(0), np.array([1, 2, 4, 5])
    tensors = [{name: (1 + k) * tensor for name, tensor in lstm().items()} for k in range(3)]
    who, crowd, known = np.array([0, 2, 2, 1]), StackedPolicies(6), np.zeros((4, 6), np.float32)
    policies = [Lstm(t) for t in tensors]
    for step in range(8):
        seen = rng.normal(size=(4, 4)).astype(np.float32)
        if step == 5:
            crowd.forget(worlds[2:3])
            known[2] = 0
        expected = [policies[who[k]].act(seen[k : k + 1], known[k : k + 1])[0] for k in range(4)]
        np.testing.assert_allclose(crowd.act(seen, worlds, who, finder(policies)), expected, atol=2e-6)


def test_a_bout_that_begins_moves_one_network(monkeypatch: pytest.MonkeyPatch):
    moved: list[int] = []
    put = Mlp.put
    monkeypatch.setattr(Mlp, "put", lambda self, line, one: (moved.append(line), put(self, line, one)))
    policies, crowd, worlds = [Mlp(linear(0.01 * k)) for k in range(6)], StackedPolicies(5), np.arange(5)
    who, seen = np.arange(5), np.ones((5, 1), np.float32)
    for _ in range(2):
        crowd.act(seen, worlds, who, finder(policies))
    assert len(moved) == 5
    who[2] = 5
    np.testing.assert_allclose(crowd.act(seen, worlds, who, finder(policies))[:, 0], 0.01 * who, atol=1e-6)
    assert moved[5:] == [2]


@pytest.mark.parametrize("together", [True, False])
def test_noise_repeats_with_the_seed_and_is_each_networks_own(together: bool):
    def acts(seed: int) -> Any:
        stream = np.random.default_rng(seed)
        policies = [Mlp(linear(0, float(np.log(s))), stochastic=True, seed=stream) for s in (1e-9, 0.1, 0.2)]
        crowd, who = StackedPolicies(3000, together=together), np.arange(3000) % 3
        return np.array(
            [crowd.act(np.ones((3000, 1), np.float32), np.arange(3000), who, finder(policies)) for _ in range(4)]
        )[:, :, 0]

    actions = acts(1)
    np.testing.assert_array_equal(actions, acts(1))
    assert not np.array_equal(actions, acts(2))
    # 4,000 draws each: the deviation of a sample's deviation is 1.1 % of it.
    assert [actions[:, k::3].std() for k in range(3)] == pytest.approx([0, 0.1, 0.2], rel=0.05, abs=1e-6)
    assert abs(np.corrcoef(actions[:, 1::3].ravel(), actions[:, 2::3].ravel())[0, 1]) < 0.07  # four deviations
