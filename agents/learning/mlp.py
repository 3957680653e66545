"""The MLP that learns: Stable-Baselines3's actor-critic, which also holds the observation statistics."""

from collections.abc import Mapping
from typing import Any

import torch
from gymnasium.spaces import Box, Space
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, MlpExtractor
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from dohyo.agents.learning.mup import BASE, adam, draw
from dohyo.agents.policies.networks import CLIP, EPSILON
from dohyo.arenas.arrays import FloatArray


class RunningNorm(BaseFeaturesExtractor):
    """Normalises observations by the mean and variance of all observations given to `update`.

    Every number has a count of its own, because a policy can begin with statistics of some of them.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, observation_space: Box) -> None:
        super().__init__(observation_space, observation_space.shape[0])
        self.register_buffer("mean", torch.zeros(self.features_dim))
        self.register_buffer("variance", torch.ones(self.features_dim))
        self.register_buffer("count", torch.zeros(self.features_dim, dtype=torch.float64))

    def forward(self, observation: Tensor) -> Tensor:
        """Return normalised observations `[n, obs]`, clipped to +-5 standard deviations."""
        return ((observation - self.mean) / (self.variance + EPSILON).sqrt()).clamp(-CLIP, CLIP)

    @torch.no_grad()
    def update(self, observation: Tensor) -> None:
        """Add a rollout's observations `[n, obs]` to the statistics (Chan et al. 1979, parallel variance)."""
        observation = observation.float()  # the paper's arenas give float64
        new = len(observation)
        total = self.count + new
        share = (new / total).float()
        shift = observation.mean(0) - self.mean
        self.variance.lerp_(observation.var(0, unbiased=False), share)
        self.variance.add_(shift.square() * share * (1 - share))
        self.mean.add_(shift * share)
        self.count.copy_(total)


class Towers(MlpExtractor):
    """Separate tanh networks for policy and value: the policy sees the first `own` features, the value all."""

    def __init__(self, own: int, features: int, width: int) -> None:
        layers = {"pi": [width, width], "vf": [width, width]}
        super().__init__(own, layers, nn.Tanh, "cpu")
        self._own = own
        if features > own:
            self.value_net = MlpExtractor(features, layers, nn.Tanh, "cpu").value_net

    def forward_actor(self, features: Tensor) -> Tensor:
        """Return the output `[n, width]` of the policy's hidden layers for features `[n, features]`."""
        return super().forward_actor(features[:, : self._own])


class NormalisedPolicy(ActorCriticPolicy):
    """Actor-critic with separate tanh networks over `RunningNorm`, and a state-independent deviation.

    The policy sees the first `own` entries of an observation, the value function all of them. With `mup`, initial
    sizes and rates are those of `dohyo.agents.learning.mup`.
    """

    def __init__(
        self,
        observation_space: Space[Any],
        action_space: Space[Any],
        lr_schedule: Schedule,
        *,
        own: int,
        width: int,
        log_std_init: float = -0.7,
        mup: bool = False,
        **kwargs: Any,
    ) -> None:
        self.own, self._width, self._mup = own, width, mup
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            features_extractor_class=RunningNorm,
            log_std_init=log_std_init,
            **kwargs,
        )

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = Towers(self.own, self.features_dim, self._width)

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        if self._mup:
            towers = [(self.policy_layers(), 0.01), (self.value_layers(), 1.0)]  # Stable-Baselines3's gains
            for tower in towers:
                draw(tower, BASE["mlp"])
            slow = [layer.weight for layers, _ in towers for layer in layers[1:]]
            self.optimizer = adam(self, slow, lr_schedule(1), BASE["mlp"])

    def policy_layers(self) -> list[nn.Linear]:
        """Return the policy's layers, input layer first."""
        return [m for m in (*self.mlp_extractor.policy_net, self.action_net) if isinstance(m, nn.Linear)]

    def value_layers(self) -> list[nn.Linear]:
        """Return the value function's layers, input layer first."""
        return [m for m in (*self.mlp_extractor.value_net, self.value_net) if isinstance(m, nn.Linear)]

    def acting_tensors(self) -> dict[str, FloatArray]:
        """Return copies of the policy's tensors, named as in `dohyo.agents.policies.networks.Mlp`."""
        return copies(self._acting())

    def adopt(self, tensors: Mapping[str, FloatArray]) -> None:
        """Set the policy's tensors, as `acting_tensors` returns them; raises `ValueError` if they do not fit."""
        fill(self._acting(), tensors)

    def adopt_values(self, tensors: Mapping[str, FloatArray]) -> None:
        """Set the value function's tensors, as `dohyo.agents.learning.values` names them; raises as `adopt` does."""
        fill(_named(self.value_layers()), tensors)

    def acting_parameters(self) -> list[nn.Parameter]:
        """Return the policy's parameters."""
        return [tensor for tensor in self._acting().values() if isinstance(tensor, nn.Parameter)]

    def _acting(self) -> dict[str, Tensor]:
        return seen_through(self, self.own) | _named(self.policy_layers())


def _named(layers: list[nn.Linear]) -> dict[str, Tensor]:
    """Return the live tensors of layers, named as in `dohyo.agents.policies.networks.Mlp`."""
    return {f"{kind}_{k}": getattr(layer, kind) for k, layer in enumerate(layers) for kind in ("weight", "bias")}


def norm_of(policy: ActorCriticPolicy) -> RunningNorm:
    """Return a policy's observation statistics."""
    extractor = policy.features_extractor
    assert isinstance(extractor, RunningNorm)
    return extractor


def seen_through(policy: ActorCriticPolicy, own: int) -> dict[str, Tensor]:
    """Return the live tensors that all snapshots have: statistics of the first `own` entries, and log deviations."""
    norm = norm_of(policy)
    return {"mean": norm.mean[:own], "variance": norm.variance[:own], "log_std": policy.log_std}


@torch.no_grad()
def fill(tensors: Mapping[str, Tensor], values: Mapping[str, FloatArray]) -> None:
    """Copy `values` into the tensors of the same names; raises `ValueError` unless all names and shapes match."""
    shapes, given = ({name: tuple(array.shape) for name, array in arrays.items()} for arrays in (tensors, values))
    if shapes != given:
        raise ValueError(f"it has {given}, the learner {shapes}")
    for name, tensor in tensors.items():
        tensor.copy_(torch.from_numpy(values[name].copy()))


def copies(tensors: Mapping[str, Tensor]) -> dict[str, FloatArray]:
    """Return copies of the tensors as arrays."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}
