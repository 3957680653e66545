"""The lean PPO does what Stable-Baselines3's does from the same rollout, and its rollouts are what the buffer wants."""

from typing import Any

import numpy as np
import pytest
import torch
from doubles import StubBatch
from learners import Still, practise
from stable_baselines3 import PPO

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec


def learner(*, privileged: bool = False, **settings: Any) -> PpoLearner:
    """Return a learner with statistics and a second rollout, not yet learned from."""
    vec = SeatVec(StubBatch([[3], [5], [2], [7]]), Still(), mirrored=2, reward_scale=0.01, privileged=privileged)
    value = "privileged" if privileged else "own"
    one = make_learner(vec, PpoConfig(width=8, rollout=16, minibatch=24, value=value, **settings), 1)
    practise(one, 1)
    one._rollout.fill(one.collect())
    return one


def trained(one: PpoLearner, train: Any) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    np.random.seed(5)  # noqa: NPY002 - SB3's stream
    train(one._ppo)
    return {name: tensor.clone() for name, tensor in one._ppo.policy.state_dict().items()}, one.curves()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"target_kl": 1e-6},  # the update stops after its first minibatches
        {"learning_rate": 0.01, "target_kl": 1e6, "entropy": 0.01, "clip": 0.05},
        {"privileged": True},
    ],
)
def test_an_update_is_stable_baselines3s(settings: dict[str, Any]):
    lean, curves = trained(learner(**settings), lambda ppo: ppo.train())
    plain, expected = trained(learner(**settings), PPO.train)
    assert lean.keys() == plain.keys()
    for name, tensor in plain.items():
        torch.testing.assert_close(lean[name], tensor, rtol=1e-5, atol=1e-5)
    assert curves == pytest.approx(expected, rel=1e-4, abs=1e-5)
    first = learner(**settings)._ppo.policy.state_dict()
    changed = [name for name, tensor in plain.items() if not torch.equal(tensor, first[name])]
    assert changed or "target_kl" in settings


@pytest.mark.parametrize("privileged", [False, True])
def test_a_rollout_holds_what_stable_baselines3s_policy_says_of_it(privileged: bool):
    """Values and log-probabilities, computed step by step by the policy's own methods; actions scatter as they say."""
    one = learner(privileged=privileged)
    buffer, policy = one._ppo.rollout_buffer, one._ppo.policy
    for step in range(16):
        with torch.no_grad():
            seen, action = torch.from_numpy(buffer.observations[step]), torch.from_numpy(buffer.actions[step])
            value, log_prob, _ = policy.evaluate_actions(seen, action)
        np.testing.assert_allclose(buffer.values[step], value[:, 0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(buffer.log_probs[step], log_prob, rtol=1e-4, atol=1e-5)
    assert len(np.unique(buffer.actions)) == buffer.actions.size


def test_advantages_by_hand():
    """One slot's last three steps with a discount of 0.99 and a decay of 0.95: backwards from the value beyond."""
    one = learner()
    ppo, buffer = one._ppo, one._ppo.rollout_buffer
    with torch.no_grad():
        beyond = ppo.policy.predict_values(torch.as_tensor(ppo._last_obs)).numpy()[:, 0]
    ends = np.vstack([buffer.episode_starts[1:], ppo._last_episode_starts])
    values = np.vstack([buffer.values, beyond])
    expected = np.zeros(6)
    for step in (15, 14, 13):
        goes_on = 1 - ends[step]
        surprise = buffer.rewards[step] + 0.99 * goes_on * values[step + 1] - values[step]
        expected = surprise + 0.99 * 0.95 * goes_on * expected
        np.testing.assert_allclose(buffer.advantages[step], expected, rtol=1e-4, atol=1e-5)
    assert ends[13:].any()
    assert not ends[13:].all()


def test_nothing_but_clipping_comes_between_policy_and_batch():
    """Actions in the buffer are the unclipped ones, as Stable-Baselines3 keeps them."""
    one = learner(log_std=1.0)
    sent: list[Any] = []
    play = one.vec.play
    one.vec.play = lambda actions: (sent.append(actions.copy()), play(actions))[1]  # type: ignore[method-assign]
    one.collect()
    np.testing.assert_array_equal(np.stack(sent), np.clip(one._ppo.rollout_buffer.actions, -1, 1))
    assert np.abs(one._ppo.rollout_buffer.actions).max() > 1
