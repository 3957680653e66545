"""muP: changes of activations do not depend on the width; initial weights and learning rates worked out by hand."""

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
from dohyo.agents.learning.mlp import NormalisedPolicy
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec

OBSERVATION, ACTION = 20, 3


def network(width: int, *, mup: bool, rate: float = 1e-3) -> NormalisedPolicy:
    torch.manual_seed(0)
    seen, done = Box(-np.inf, np.inf, (OBSERVATION,), np.float32), Box(-1, 1, (ACTION,), np.float32)
    return NormalisedPolicy(seen, done, lambda progress: rate, own=OBSERVATION, width=width, mup=mup)


def layers(policy: NormalisedPolicy, x: torch.Tensor) -> list[torch.Tensor]:
    """The outputs of each layer of policy and value function, before the tanh."""
    outputs = []
    for tower in (policy.policy_layers(), policy.value_layers()):
        y = x
        for layer in tower:
            outputs.append(layer(y))
            y = torch.tanh(outputs[-1])
    return outputs


def coordinate_check(width: int, *, mup: bool, steps: int = 4) -> list[float]:
    """Return the root mean square change of each layer's outputs after a few steps of Adam."""
    policy = network(width, mup=mup)
    rng = torch.Generator().manual_seed(1)
    x, target = torch.randn(64, OBSERVATION, generator=rng), torch.randn(64, ACTION + 1, generator=rng)
    with torch.no_grad():
        before = layers(policy, x)
    for _ in range(steps):
        outputs = layers(policy, x)
        policy.optimizer.zero_grad()
        (torch.cat([outputs[2], outputs[5]], dim=1) - target).square().mean().backward()
        policy.optimizer.step()
    with torch.no_grad():
        return [(new - old).square().mean().sqrt().item() for new, old in zip(layers(policy, x), before, strict=True)]


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
