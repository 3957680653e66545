"""Memories of policies: a recurrent network against PyTorch's, and memories that are empty at every bout's start."""

from pathlib import Path
from typing import Any

import doubles
import numpy as np
import pytest
import torch
from doubles import ORIGIN, Constant, Counter, StubBatch, lstm, pool_of

from dohyo.agents.policies.networks import EPSILON, Lstm
from dohyo.agents.policies.policy import Memory, Player
from dohyo.agents.snapshot import SnapshotError, load_snapshot, make_snapshot, save_snapshot
from dohyo.arenas.views.seat_env import Seat
from dohyo.curricula.matches.match import play_match
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.samplers import latest


def test_the_recurrent_network_does_as_pytorchs():
    tensors = lstm() | {"bias_0": np.zeros(2, np.float32), "weight_0": np.full((2, 3), 0.2, np.float32)}
    cell = torch.nn.LSTMCell(5, 3)
    given = {"weight_ih": "gates_in", "weight_hh": "gates_back", "bias_ih": "gates_bias"}
    state = {name: torch.as_tensor(tensors[own]) for name, own in given.items()}
    cell.load_state_dict(state | {"bias_hh": torch.zeros(12)})
    policy, memory = Lstm(tensors), np.zeros((6, 6), np.float32)
    known = (torch.zeros(6, 3), torch.zeros(6, 3))
    for observation in np.random.default_rng(1).normal(size=(10, 6, 4)).astype(np.float32):
        seen = (torch.as_tensor(observation) - torch.as_tensor(tensors["mean"])) / float(np.sqrt(1 + EPSILON))
        embedded = torch.relu(
            seen.clip(-5, 5) @ torch.as_tensor(tensors["embed_weight"]).T + torch.as_tensor(tensors["embed_bias"])
        )
        known = cell(embedded, known)
        expected = known[0] @ torch.as_tensor(tensors["weight_0"]).T
        np.testing.assert_allclose(policy.act(observation, memory), expected.detach(), atol=1e-5)
        np.testing.assert_allclose(memory, torch.cat(known, dim=1).detach(), atol=1e-5)


def test_without_a_memory_every_bout_begins():
    policy, observation = Lstm(lstm()), np.ones((3, 4), np.float32)
    np.testing.assert_array_equal(policy.act(observation), policy.act(observation, np.zeros((3, 6), np.float32)))
    known = np.zeros((3, 6), np.float32)
    policy.act(observation, known)
    assert np.abs(policy.act(observation) - policy.act(observation, known)).max() > 1e-3


def test_a_recurrent_snapshot_is_saved_and_plays(tmp_path: Path):
    snapshot = make_snapshot(ORIGIN, lstm(observation=ORIGIN.observation, action=ORIGIN.action))
    observation = np.ones((3, ORIGIN.observation), np.float32)
    read = load_snapshot(save_snapshot(snapshot, tmp_path)).policy()
    assert read.memory == 6
    np.testing.assert_array_equal(read.act(observation), snapshot.policy().act(observation))


@pytest.mark.parametrize("name", ["gates_back", "embed_weight"])
def test_a_recurrent_network_that_does_not_fit_is_refused(tmp_path: Path, name: str):
    tensors = lstm(observation=ORIGIN.observation, action=ORIGIN.action)
    path = save_snapshot(make_snapshot(ORIGIN, tensors | {name: tensors[name][:-1]}), tmp_path)
    with pytest.raises(SnapshotError, match=name):
        load_snapshot(path)


def test_memory_is_kept_per_world():
    memory, worlds, counter = Memory(4), np.arange(4), Counter()
    seen = np.zeros((4, 3), np.float32)
    assert memory.act(counter, seen, worlds)[:, 0].tolist() == [1, 1, 1, 1]
    assert memory.act(counter, seen[:2], np.array([3, 1]))[:, 0].tolist() == [2, 2]
    memory.forget(np.array([0, 3]))
    assert memory.act(counter, seen, worlds)[:, 0].tolist() == [1, 3, 2, 1]


class Recorded(Counter):
    """A counter that records its actions, a row per step."""

    def __init__(self) -> None:
        self.did: list[list[float]] = []

    def act(self, observation: Any, memory: Any = None) -> Any:
        action = super().act(observation, memory)
        self.did.append(action[:, 0].tolist())
        return action


def test_memory_begins_anew_with_every_bout_of_a_match():
    recorded = Recorded()
    play_match(StubBatch([[1], [2], [3]]), (recorded, Constant(0)), 6, seed=0)
    # World 0 has played its two bouts after two steps; what it does then is nobody's.
    assert recorded.did[:4] == [[1, 1, 1], [1, 2, 2], [1, 1, 3], [2, 2, 1]]


def test_an_opponent_drawn_for_a_bout_begins_without_memory(monkeypatch: pytest.MonkeyPatch):
    counter = Counter()

    class Loaded:
        def __init__(self, folder: Path, name: str) -> None: ...

        def policy(self, *, stochastic: bool, seed: np.random.Generator) -> Counter:
            return counter

    monkeypatch.setattr(doubles, "load_named", Loaded)
    pool, seen = pool_of(Path(), [["a"]], Evenly(latest), worlds=4, seed=0), np.zeros((2, 3), np.float32)
    pool.assign(np.array([1, 3]))
    assert pool.act(seen, np.array([1, 3]))[:, 0].tolist() == [1, 1]
    pool.assign(np.array([3]))
    assert pool.act(seen, np.array([1, 3]))[:, 0].tolist() == [2, 1]


def test_the_opponent_of_a_seat_is_told_of_new_bouts():
    batch, recorded = StubBatch([[1], [2], [3]]), Recorded()
    seat = Seat(batch, 0, Player(recorded, 3))
    batch.reset(0)
    for _ in range(4):
        seat.step(np.zeros((3, 2)))
    assert recorded.did == [[1, 1, 1], [1, 2, 2], [1, 1, 3], [1, 2, 1]]
