"""Gathered policies: on a device each row is acted on by its own policy, and remembers its own bout."""

import numpy as np
import torch
from doubles import lstm, network

from dohyo.agents.policies.gathered import GatheredPolicies
from dohyo.agents.policies.networks import Lstm, Mlp
from dohyo.agents.policies.policy import Policy
from dohyo.arenas.players import Random, Zero


def test_rows_worked_out_by_hand():
    """Two networks that multiply by 0.1 and -0.2, and one policy that does nothing."""
    values = {"mean": [0], "variance": [0.9999], "weight_0": [[1]], "bias_0": [0], "log_std": [0]}
    tensors = {name: np.array(value, np.float32) for name, value in values.items()}
    policies: list[Policy] = [Mlp(tensors | {"weight_0": np.array([[w]], np.float32)}).on("cpu") for w in (0.1, -0.2)]
    crowd = GatheredPolicies(5, "cpu")
    places = crowd.hold(np.array([4, 7, 9, 7, 4]), lambda number: {4: policies[0], 7: policies[1], 9: Zero(1)}[number])
    seen = torch.tensor([[1.0], [2.0], [3.0], [-1.0], [4.0]])
    action = torch.as_tensor(crowd.act(seen, torch.arange(5), torch.from_numpy(places)))  # type: ignore[arg-type]
    torch.testing.assert_close(action, torch.tensor([[0.1], [-0.4], [0.0], [0.2], [0.4]]))


def test_networks_act_and_remember_as_each_does_alone():
    """MLPs, LSTMs of two sizes and a built-in policy, over bouts that end and opponents that change."""
    rng, worlds = np.random.default_rng(0), np.arange(12)
    recurrent = [lstm(), {name: 2 * tensor for name, tensor in lstm().items()}, lstm(embed=4, hidden=5)]
    networks = [Mlp(network(4, 2, seed=k)) for k in range(3)] + [Lstm(tensors) for tensors in recurrent]
    there: list[Policy] = [*(one.on("cpu") for one in networks), Zero(2)]
    crowd, memories = GatheredPolicies(12, "cpu"), np.zeros((12, 10), np.float32)
    who = rng.integers(7, size=12)
    for _ in range(30):
        seen = rng.normal(size=(12, 4)).astype(np.float32)
        places = torch.from_numpy(crowd.hold(who, lambda number: there[number]))
        action = crowd.act(torch.from_numpy(seen), torch.from_numpy(worlds), places)  # type: ignore[arg-type]
        for row, number in enumerate(who.tolist()):
            if number == 6:
                np.testing.assert_array_equal(action[row], [0, 0])
                continue
            one = networks[number]
            expected = one.act(seen[row : row + 1], memories[row : row + 1, : one.memory])[0]
            np.testing.assert_allclose(action[row], expected, atol=2e-6)
        np.testing.assert_allclose(crowd.memory.save(), memories[:, : crowd.memory.save().shape[1]], atol=2e-6)
        over = rng.random(12) < 0.2
        who = np.where(over, rng.integers(7, size=12), who)
        memories[over] = 0
        crowd.forget(torch.from_numpy(over))  # type: ignore[arg-type]
    assert crowd.memory.save().any()


def test_noise_is_that_of_the_stream_on_the_processor():
    seen, stream = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32), np.random.default_rng(5)
    here = Mlp(network(), stochastic=True, seed=np.random.default_rng(5))
    crowd = GatheredPolicies(6, "cpu")
    places = crowd.hold(np.zeros(6, np.intp), lambda number: Mlp(network(), stochastic=True, seed=stream).on("cpu"))
    for _ in range(3):
        there = crowd.act(torch.from_numpy(seen), torch.arange(6), torch.from_numpy(places))  # type: ignore[arg-type]
        np.testing.assert_allclose(there, here.act(seen), atol=2e-6)


def test_random_actions_are_tensors_where_observations_are():
    action = Random(2, seed=3).act(torch.zeros(4, 5))  # type: ignore[arg-type]
    assert isinstance(action, torch.Tensor)
    np.testing.assert_array_equal(action, Random(2, seed=3).act(np.zeros((4, 5), np.float32)))
