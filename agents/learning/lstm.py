"""The recurrent network that learns: sb3-contrib's actor-critic with separate LSTMs for policy and value."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from gymnasium.spaces import Space
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from dohyo.agents.learning.mlp import RunningNorm, copies, fill, seen_through
from dohyo.agents.learning.mup import BASE, adam, draw
from dohyo.arenas.arrays import FloatArray

States = tuple[Tensor, Tensor]
"""Output and cell of an LSTM, `[1, n, H]` each."""


class Recurrent(nn.LSTM):
    """A layer of rectified units over the first `inputs` features, followed by an LSTM (arXiv 1710.03748)."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__(width, width)
        self.embed = nn.Linear(inputs, width)
        for name, parameter in self.named_parameters():
            if "bias" in name:
                nn.init.zeros_(parameter)
            else:
                nn.init.orthogonal_(parameter, 2**0.5 if name == "embed.weight" else 1.0)
            if name == "bias_ih_l0":  # the authors' cell adds 1 to the input of its forget gate
                nn.init.ones_(parameter[width : 2 * width])

    def unroll(self, features: Tensor, states: States, starts: Tensor) -> tuple[Tensor, States]:
        """Return outputs `[n * T, H]` and final states of n sequences of T steps, with features `[n * T, features]`.

        Where `starts` `[n * T]` is 1, a bout begins with an empty memory.
        """
        n = states[0].shape[1]
        embedded = torch.relu(self.embed(features[:, : self.embed.in_features]))
        steps = embedded.reshape(n, -1, self.hidden_size).swapaxes(0, 1)
        begins = starts.reshape(n, -1).swapaxes(0, 1)
        cuts = [t for t in begins.any(dim=1).nonzero().flatten().tolist() if t > 0]
        outputs = []
        for first, end in pairwise([0, *cuts, len(steps)]):  # bouts begin only at the cuts
            keep = (1 - begins[first])[None, :, None]
            output, states = self(steps[first:end], (keep * states[0], keep * states[1]))
            outputs.append(output)
        return torch.cat(outputs).swapaxes(0, 1).reshape(-1, self.hidden_size), states


class RecurrentPolicy(RecurrentActorCriticPolicy):
    """Actor-critic with separate `Recurrent` networks over `RunningNorm`, and a state-independent deviation.

    The policy sees the first `own` entries of an observation, the value function all of them. With `mup`, initial
    sizes and rates are those of `dohyo.agents.learning.mup`; the gates' weights keep theirs, whose variance is already
    a quarter of 1 / fan_in.
    """

    def __init__(
        self,
        observation_space: Space[Any],
        action_space: Space[Any],
        lr_schedule: Schedule,
        *,
        own: int,
        width: int,
        mup: bool = False,
        **kwargs: Any,
    ) -> None:
        self._own = own
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            net_arch=[],
            features_extractor_class=RunningNorm,
            lstm_hidden_size=width,
            **kwargs,
        )
        self.lstm_actor, self.lstm_critic = Recurrent(own, width), Recurrent(self.features_dim, width)
        if mup:
            self.optimizer = self._scale_by_width(lr_schedule(1))
        else:
            self.optimizer = torch.optim.Adam(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)

    def _scale_by_width(self, rate: float) -> torch.optim.Adam:
        """Draw input and output weights for this width, and return muP's optimiser."""
        slow: list[Tensor] = []
        for lstm, output, gain in ((self.lstm_actor, self.action_net, 0.01), (self.lstm_critic, self.value_net, 1.0)):
            assert isinstance(lstm, Recurrent)
            assert isinstance(output, nn.Linear)
            draw(([lstm.embed, output], gain), BASE["lstm"])  # Stable-Baselines3's gains
            slow += [lstm.get_parameter("weight_ih_l0"), lstm.get_parameter("weight_hh_l0"), output.weight]
        return adam(self, slow, rate, BASE["lstm"])

    @staticmethod
    def _process_sequence(features: Tensor, lstm_states: States, episode_starts: Tensor, lstm: nn.LSTM) -> Any:
        assert isinstance(lstm, Recurrent)
        return lstm.unroll(features, lstm_states, episode_starts)

    def acting_tensors(self) -> dict[str, FloatArray]:
        """Return copies of the policy's tensors, named as in `dohyo.agents.policies.networks.Lstm`."""
        tensors = self._acting()
        return copies(tensors | {"gates_bias": tensors["gates_bias"] + self.lstm_actor.get_parameter("bias_hh_l0")})

    def adopt(self, tensors: Mapping[str, FloatArray]) -> None:
        """Set the policy's tensors, as `acting_tensors` returns them; raises `ValueError` if they do not fit."""
        fill(self._acting(), tensors)
        nn.init.zeros_(self.lstm_actor.get_parameter("bias_hh_l0"))

    def adopt_values(self, tensors: Mapping[str, FloatArray]) -> None:
        """Set the value function's tensors, as `dohyo.agents.learning.values` names them; raises as `adopt` does."""
        critic = self.lstm_critic
        assert critic is not None
        fill(_named(critic, self.value_net), tensors)
        nn.init.zeros_(critic.get_parameter("bias_hh_l0"))

    def acting_parameters(self) -> list[nn.Parameter]:
        """Return the policy's parameters."""
        return [*self.lstm_actor.parameters(), *self.action_net.parameters(), self.log_std]

    def _acting(self) -> dict[str, Tensor]:
        return seen_through(self, self._own) | _named(self.lstm_actor, self.action_net)


def _named(network: nn.Module, output: nn.Module) -> dict[str, Tensor]:
    """Return the live tensors of a network; of the gates' two biases, which are added, only the first."""
    own = dict(network.named_parameters())
    assert isinstance(output, nn.Linear)
    return {
        "embed_weight": own["embed.weight"],
        "embed_bias": own["embed.bias"],
        "gates_in": own["weight_ih_l0"],
        "gates_back": own["weight_hh_l0"],
        "gates_bias": own["bias_ih_l0"],
        "weight_0": output.weight,
        "bias_0": output.bias,
    }
