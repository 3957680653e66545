"""The divergence of the policy that learns from the one that played, which lags behind if collectors play ahead."""

import torch
from torch import Tensor

from dohyo.agents.learning.lstm import RecurrentPolicy
from dohyo.agents.learning.mlp import NormalisedPolicy
from dohyo.agents.learning.recurrent_ppo import ChunkBuffer
from dohyo.agents.learning.rollouts import ActedRollout


@torch.no_grad()
def divergence(policy: NormalisedPolicy | RecurrentPolicy, rollout: ActedRollout | ChunkBuffer) -> float:
    """Return KL(player || policy) over the samples of a rollout, estimated as mean(r - 1 - log r), r = new / old.

    Source: http://joschu.net/blog/kl-approx.html, as in Stable-Baselines3's PPO.
    """
    new, old = _likelihoods(policy, rollout)
    log_ratio = new - old
    return float((log_ratio.exp() - 1 - log_ratio).mean())


def _likelihoods(
    policy: NormalisedPolicy | RecurrentPolicy, rollout: ActedRollout | ChunkBuffer
) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities of the actions of slots that acted, for the policy and for the player, `[n]`."""
    if isinstance(rollout, ChunkBuffer):
        assert isinstance(policy, RecurrentPolicy)
        all_ = rollout.whole()
        new = policy.evaluate_actions(all_.observations, all_.actions, all_.lstm_states, all_.episode_starts)[1]
        return new[all_.mask > 0], all_.old_log_prob[all_.mask > 0]
    assert isinstance(policy, NormalisedPolicy)
    seen, actions, old = (
        torch.as_tensor(getattr(rollout, name)[rollout.acted]) for name in ("observations", "actions", "log_probs")
    )
    return policy.evaluate_actions(seen, actions)[1], old
