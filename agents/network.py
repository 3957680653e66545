"""The network that learns: Stable-Baselines3's actor-critic with its observation statistics inside."""

from typing import Any

import torch
from gymnasium.spaces import Box, Space
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from dohyo.agents.acting import CLIP, EPSILON
from dohyo.agents.policy import FloatArray


class RunningNorm(BaseFeaturesExtractor):
    """Normalise observations by mean and variance of all that `update` has been shown."""

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, observation_space: Box) -> None:
        super().__init__(observation_space, observation_space.shape[0])
        self.register_buffer("mean", torch.zeros(self.features_dim))
        self.register_buffer("variance", torch.ones(self.features_dim))
        self.register_buffer("count", torch.zeros(1, dtype=torch.float64))

    def forward(self, observation: Tensor) -> Tensor:
        """Return normalised observations, clipped to +-5 standard deviations, shapes `[n, obs]`."""
        return ((observation - self.mean) / (self.variance + EPSILON).sqrt()).clamp(-CLIP, CLIP)

    @torch.no_grad()
    def update(self, observation: Tensor) -> None:
        """Fold a rollout's observations `[n, obs]` into the statistics (Chan et al. 1979, parallel variance)."""
        new = len(observation)
        total = self.count + new
        share = (new / total).float()
        shift = observation.mean(0) - self.mean
        self.variance.lerp_(observation.var(0, unbiased=False), share.item())
        self.variance.add_(shift.square() * share * (1 - share))
        self.mean.add_(shift * share)
        self.count.copy_(total)


class NormalisedPolicy(ActorCriticPolicy):
    """Separate tanh networks for policy and value over `RunningNorm`, state-independent standard deviation."""

    def __init__(
        self,
        observation_space: Space[Any],
        action_space: Space[Any],
        lr_schedule: Schedule,
        *,
        width: int = 128,
        log_std_init: float = -0.7,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            net_arch={"pi": [width, width], "vf": [width, width]},
            activation_fn=nn.Tanh,
            features_extractor_class=RunningNorm,
            log_std_init=log_std_init,
            **kwargs,
        )

    @property
    def norm(self) -> RunningNorm:
        """The observation statistics."""
        extractor = self.features_extractor
        assert isinstance(extractor, RunningNorm)
        return extractor


def acting_tensors(policy: NormalisedPolicy) -> dict[str, FloatArray]:
    """Return copies of all that acting needs, named as `dohyo.agents.acting.Mlp` expects."""
    layers = [m for m in (*policy.mlp_extractor.policy_net, policy.action_net) if isinstance(m, nn.Linear)]
    tensors = {"mean": policy.norm.mean, "variance": policy.norm.variance, "log_std": policy.log_std}
    for k, layer in enumerate(layers):
        tensors |= {f"weight_{k}": layer.weight, f"bias_{k}": layer.bias}
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
