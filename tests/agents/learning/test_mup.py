"""muP: changes of activations do not depend on the width; initial weights and learning rates worked out by hand."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles import StubBatch, learner_state
from gymnasium.spaces import Box
from learners import Still, practise

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.coordinates import changes, layer_outputs
from dohyo.agents.learning.lstm import RecurrentPolicy
from dohyo.agents.learning.mlp import NormalisedPolicy
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import ConfigError

OBSERVATION, ACTION = 20, 3


def network(width: int, *, mup: bool, rate: float = 1e-3) -> NormalisedPolicy:
    torch.manual_seed(0)
    seen, done = Box(-np.inf, np.inf, (OBSERVATION,), np.float32), Box(-1, 1, (ACTION,), np.float32)
    return NormalisedPolicy(seen, done, lambda progress: rate, own=OBSERVATION, width=width, mup=mup)


def coordinate_check(width: int, *, mup: bool, steps: int = 4) -> list[float]:
    """Return the root mean square change of each layer's outputs after a few steps of Adam."""
    policy = network(width, mup=mup)
    rng = torch.Generator().manual_seed(1)
    x, target = torch.randn(64, OBSERVATION, generator=rng), torch.randn(64, ACTION + 1, generator=rng)
    with torch.no_grad():
        before = layer_outputs(policy, x)
    for _ in range(steps):
        outputs = layer_outputs(policy, x)
        policy.optimizer.zero_grad()
        (torch.cat([outputs[2], outputs[5]], dim=1) - target).square().mean().backward()
        policy.optimizer.step()
    with torch.no_grad():
        return [
            (new - old).square().mean().sqrt().item() for new, old in zip(layer_outputs(policy, x), before, strict=True)
        ]


@pytest.mark.parametrize("mup", [True, False])
def test_changes_do_not_depend_on_the_width(mup: bool):
    """arXiv 2203.03466, appendix D.1: changes keep their size under muP, and grow with the width otherwise."""
    narrow, wide = coordinate_check(64, mup=mup), coordinate_check(1024, mup=mup)
    growth = np.divide(wide, narrow)
    if mup:
        assert (growth > 2 / 3).all()
        assert (growth < 3 / 2).all()
    else:  # 16 times the width: what the policy puts out changes by an order of magnitude more
        assert growth.max() > 4


def test_changes_of_a_learner_in_an_arena():
    """The policy's output changes as much at 256 units as at 32 under muP, and more under the standard rule."""
    grown = {}
    for rule in ("mup", "standard"):
        found = []
        for width in (32, 256):
            config = PpoConfig(parametrization=rule, width=width, rollout=16, minibatch=64)
            with closing(make_batch("sumo", "ant", "mujoco", 4, workers=1)) as batch:
                found.append(changes(batch, config, 3))
        assert found[0].shape == (3, 6)
        assert (found[0][2] > found[0][0]).all()  # more updates, more change
        grown[rule] = found[1][-1] / found[0][-1]
    policy_out = 2
    assert 2 / 3 < grown["mup"][policy_out] < 3 / 2
    assert grown["standard"][policy_out] > 2


def test_the_coordinate_check_takes_mlps():
    with (
        closing(make_batch("sumo", "ant", "mujoco", 4, workers=1)) as batch,
        pytest.raises(ConfigError, match="takes the network mlp, not 'lstm'"),
    ):
        changes(batch, PpoConfig(policy="lstm"), 1)


def test_initial_sizes():
    """By hand for 1024 units, 16 times the base: deviations of the weights, layer after layer."""
    policy = network(1024, mup=True)
    expected = [(2 / 20) ** 0.5, (2 / 1024) ** 0.5]
    found = [layer.weight.std().item() for layer in policy.policy_layers()]
    assert found == pytest.approx([*expected, 0.01 * 8 / 1024], rel=0.05)
    found = [layer.weight.std().item() for layer in policy.value_layers()]
    assert found == pytest.approx([*expected, 8 / 1024], rel=0.1)
    assert all(layer.bias.abs().max() == 0 for layer in (*policy.policy_layers(), *policy.value_layers()))


def rates_of(policy: Any) -> dict[str, float]:
    names = {parameter: name for name, parameter in policy.named_parameters()}
    return {names[p]: group["lr"] for group in policy.optimizer.param_groups for p in group["params"]}


def test_rates_survive_training_and_a_resume(tmp_path: Path):
    """At 256 units, four times the base, hidden and output weights learn at a quarter of the rate."""
    path = tmp_path / "c.safetensors"
    config = PpoConfig(parametrization="mup", width=256, rollout=16, minibatch=48, learning_rate=0.004)

    def learner(seed: int) -> PpoLearner:
        return make_learner(SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=0.01), config, seed)

    trained, restored = learner(0), learner(1)
    practise(trained)
    trained.save(path)
    restored.restore(path)
    assert learner_state(restored) == learner_state(trained)
    practise(restored, 1)
    for each in (trained, restored):
        found = rates_of(each._ppo.policy)
        slow = {name for name, rate in found.items() if rate == pytest.approx(0.001)}
        assert slow == {
            "mlp_extractor.policy_net.2.weight",
            "mlp_extractor.value_net.2.weight",
            "action_net.weight",
            "value_net.weight",
        }
        assert {rate for name, rate in found.items() if name not in slow} == {0.004}
        assert len(found) == 13  # six layers' weights and biases, and the deviations


def recurrent(width: int, *, mup: bool) -> RecurrentPolicy:
    torch.manual_seed(0)
    seen, done = Box(-np.inf, np.inf, (OBSERVATION,), np.float32), Box(-1, 1, (ACTION,), np.float32)
    kwargs: dict[str, Any] = {"own": OBSERVATION, "width": width, "mup": mup, "optimizer_kwargs": {"eps": 1e-5}}
    return RecurrentPolicy(seen, done, lambda progress: 1e-3, **kwargs)


def unroll(policy: RecurrentPolicy, x: torch.Tensor, width: int) -> list[torch.Tensor]:
    """The embedding, the LSTM's outputs and the layer after it, of policy and value function, over 8 control steps."""
    outputs, starts, empty = [], torch.zeros(len(x)), torch.zeros(1, len(x) // 8, width)
    for lstm, last in ((policy.lstm_actor, policy.action_net), (policy.lstm_critic, policy.value_net)):
        memory = lstm.unroll(x, (empty, empty), starts)[0]
        outputs += [lstm.embed(x), memory, last(memory)]
    return outputs


def recurrent_check(width: int, *, mup: bool, steps: int = 4) -> list[float]:
    """Return the root mean square change of each layer's outputs after a few steps of Adam."""
    policy = recurrent(width, mup=mup)
    rng = torch.Generator().manual_seed(1)
    x, target = torch.randn(64, OBSERVATION, generator=rng), torch.randn(64, ACTION + 1, generator=rng)
    before = [output.detach() for output in unroll(policy, x, width)]
    for _ in range(steps):
        outputs = unroll(policy, x, width)
        policy.optimizer.zero_grad()
        (torch.cat([outputs[2], outputs[5]], dim=1) - target).square().mean().backward()
        policy.optimizer.step()
    after = unroll(policy, x, width)
    return [(new - old).square().mean().sqrt().item() for new, old in zip(after, before, strict=True)]


@pytest.mark.parametrize("mup", [True, False])
def test_an_lstms_changes_do_not_depend_on_the_width(mup: bool):
    growth = np.divide(recurrent_check(1024, mup=mup), recurrent_check(128, mup=mup))
    if mup:
        assert (growth > 2 / 3).all()
        assert (growth < 3 / 2).all()
    else:
        assert growth.max() > 3


def test_initial_sizes_of_an_lstm():
    """By hand for 1024 units, 8 times the base of 128; orthogonal gates `[4096, 1024]` have entries of 1 / 4096."""
    policy = recurrent(1024, mup=True)
    for lstm, last, gain in ((policy.lstm_actor, policy.action_net, 0.01), (policy.lstm_critic, policy.value_net, 1)):
        assert lstm.embed.weight.std().item() == pytest.approx((2 / 20) ** 0.5, rel=0.05)
        for name in ("weight_ih_l0", "weight_hh_l0"):
            assert lstm.get_parameter(name).square().mean().item() == pytest.approx(1 / 4096, rel=1e-3)
        assert last.weight.std().item() == pytest.approx(gain * 128**0.5 / 1024, rel=0.1)


def test_an_lstms_rates_survive_training():
    """At 256 units, twice the base, gates and outputs learn at half of the rate."""
    config = PpoConfig(policy="lstm", parametrization="mup", width=256, rollout=16, minibatch=48, learning_rate=0.004)
    trained = make_learner(SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=0.01), config, 0)
    practise(trained)
    found = rates_of(trained._ppo.policy)
    slow = {name for name, rate in found.items() if rate == pytest.approx(0.002)}
    gates = {f"{lstm}.weight_{of}_l0" for lstm in ("lstm_actor", "lstm_critic") for of in ("ih", "hh")}
    assert slow == gates | {"action_net.weight", "value_net.weight"}
    assert {rate for name, rate in found.items() if name not in slow} == {0.004}
