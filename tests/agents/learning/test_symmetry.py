"""Symmetry: an update that also learns from mirror images, against one that is written out."""

from typing import Any

import pytest
import torch
from doubles import shorten_bouts, tiny_config
from learners import Still

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics.mirror import mirrored


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Batch:
    shorten_bouts(monkeypatch)
    return tiny_config().make_batch(4)


def learner(batch: Batch, *, privileged: bool = False, **settings: Any) -> PpoLearner:
    """A learner that has learned from a rollout and holds a second one, with mirror bouts alone."""
    vec = SeatVec(batch, Still(), mirrored=4, reward_scale=0.01, privileged=privileged)
    value = "privileged" if privileged else "own"
    one = make_learner(vec, PpoConfig(width=8, rollout=16, minibatch=128, epochs=1, value=value, **settings), 1)
    one.begin()
    one.learn([one.collect()])
    one._rollout.fill(one.collect())
    return one


@pytest.mark.parametrize("privileged", [False, True])
def test_images_have_the_mirrored_numbers_and_the_samples_worth(batch: Batch, privileged: bool):
    one = learner(batch, privileged=privileged, symmetry=True)
    rollout = one._ppo.rollout_buffer
    plain = [rollout.observations.swapaxes(0, 1).reshape(128, -1), rollout.actions.swapaxes(0, 1).reshape(128, -1)]
    seen, action, *worth = one._ppo._rollout()
    assert seen.shape == (128, 2, one.vec.own * (2 if privileged else 1))
    for k, mirror in enumerate(one.vec.mirror()):
        image = torch.from_numpy(mirrored(mirror, plain[k]))
        expected = one._norm(image) if k == 0 else image
        torch.testing.assert_close((seen, action)[k][:, 1], expected)
    for numbers in worth:
        torch.testing.assert_close(numbers[:, 0], numbers[:, 1])


def test_an_update_is_that_of_samples_and_images_together(batch: Batch):
    """One pass with one minibatch equals one gradient step on twice the samples, made by hand."""
    one, other = (learner(batch, symmetry=True, target_kl=1e9) for _ in range(2))
    one._ppo.train()
    rows = [tensor.transpose(0, 1).flatten(0, 1) for tensor in other._ppo._rollout()]
    policy, (seen, action, before, advantage, returns) = other._ppo.policy, rows
    assert len(seen) == 256
    mean = policy.action_net(policy.mlp_extractor.forward_actor(seen))
    value = policy.value_net(policy.mlp_extractor.forward_critic(seen)).flatten()
    ratio = (torch.distributions.Normal(mean, policy.log_std.exp()).log_prob(action).sum(1) - before).exp()
    scaled = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    loss = -torch.min(scaled * ratio, scaled * ratio.clamp(0.8, 1.2)).mean() + 0.5 * (returns - value).square().mean()
    policy.optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), 0.5)
    policy.optimizer.step()
    for name, tensor in other._ppo.policy.state_dict().items():
        torch.testing.assert_close(one._ppo.policy.state_dict()[name], tensor, rtol=1e-4, atol=1e-6)


def test_an_lstm_is_refused():
    with pytest.raises(ConfigError, match="--symmetry is for the mlp"):
        PpoConfig(policy="lstm", symmetry=True)
