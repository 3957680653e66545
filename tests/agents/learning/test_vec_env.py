"""The learner's slots: their seats, and their data. The stub batch's numbers tell world, seat and step."""

import numpy as np
import pytest
from doubles import FloatArray, StubBatch
from stable_baselines3.common.vec_env import VecCheckNan, VecMonitor

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import IntArray


class Watched:
    """Opponents whose actions are 0.01 * world, and which record the calls."""

    def __init__(self) -> None:
        self.assigned: list[list[int]] = []
        self.noted: list[tuple[list[int], list[int]]] = []
        self.seen: list[FloatArray] = []

    def assign(self, worlds: IntArray) -> None:
        self.assigned.append(worlds.tolist())

    def note(self, bouts: EndedBouts) -> None:
        self.noted.append((bouts.worlds.tolist(), bouts.results.tolist()))

    def act(self, observation: FloatArray, worlds: IntArray) -> FloatArray:
        self.seen.append(observation.copy())
        assert observation[:, 0].tolist() == worlds.tolist()
        return np.repeat(0.01 * worlds[:, None], 2, axis=1).astype(np.float32)


@pytest.fixture
def opponents() -> Watched:
    return Watched()


@pytest.fixture
def batch() -> StubBatch:
    """Worlds 0 and 1 will be mirrored; bouts of 2, 9, 3 and 1 steps."""
    return StubBatch([[2], [9], [3], [1]])


@pytest.fixture
def vec(batch: StubBatch, opponents: Watched) -> SeatVec:
    return SeatVec(batch, opponents, mirrored=2, reward_scale=0.5)


def slots(observation: FloatArray) -> list[tuple[int, int]]:
    """The world and seat of each slot, read from the stub's observations."""
    return [(int(world), int(seat)) for world, seat in observation[:, :2]]


ACTIONS = np.repeat(np.arange(1, 7, dtype=np.float32)[:, None] / 10, 2, axis=1)
"""Slot k does 0.1 * (k + 1)."""


def test_mirrored_worlds_give_two_slots_and_others_one(vec: SeatVec, opponents: Watched):
    assert vec.num_envs == 6
    assert slots(vec.reset()) == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 1)]
    assert opponents.assigned == [[2, 3]]
    assert vec.learner_side(np.array([3, 2])).tolist() == [1, 0]


def test_actions_go_to_the_seats_they_are_for(vec: SeatVec, batch: StubBatch, opponents: Watched):
    vec.reset()
    vec.step(ACTIONS)
    np.testing.assert_allclose(batch.taken[0][0, :, 0], [0.1, 0.3, 0.5, 0.03], atol=1e-7)
    np.testing.assert_allclose(batch.taken[0][1, :, 0], [0.2, 0.4, 0.02, 0.6], atol=1e-7)
    assert slots(opponents.seen[0]) == [(2, 1), (3, 0)]


def test_rewards_are_the_seats_own_and_scaled(vec: SeatVec):
    vec.reset()
    reward = vec.step(ACTIONS)[1]
    assert reward.dtype == np.float32
    np.testing.assert_array_equal(reward, [0, 0.5, 5, 5.5, 10, 15.5])  # half of 10 * world + seat


def test_the_learner_changes_sides_after_every_bout(vec: SeatVec, batch: StubBatch, opponents: Watched):
    vec.reset()
    seats = []
    for _ in range(4):
        observation, reward, done, _ = vec.step(ACTIONS)
        seats.append(slots(observation)[4:])
        # A finished bout's reward is that of the seat in which it was played.
        assert done[5]
        assert reward[5] == 0.5 * (31 if len(seats) % 2 else 30)
    # World 3 ends at every step, world 2 at the third.
    assert seats == [[(2, 0), (3, 0)], [(2, 0), (3, 1)], [(2, 1), (3, 0)], [(2, 1), (3, 1)]]
    assert opponents.assigned == [[2, 3], [3], [3], [2, 3], [3]]
    assert [slots(seen) for seen in opponents.seen] == [
        [(2, 1), (3, 0)],
        [(2, 1), (3, 1)],
        [(2, 1), (3, 0)],
        [(2, 0), (3, 1)],
    ]
    np.testing.assert_allclose(batch.taken[3][0, 2:, 0], [0.02, 0.6], atol=1e-7)
    np.testing.assert_allclose(batch.taken[3][1, 2:, 0], [0.5, 0.03], atol=1e-7)


def test_mirrored_seats_stay(vec: SeatVec):
    vec.reset()
    for _ in range(5):
        observation = vec.step(ACTIONS)[0]
        assert slots(observation)[:4] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_the_last_observation_is_the_finished_bouts(vec: SeatVec):
    vec.reset()
    vec.step(ACTIONS)
    observation, _, done, infos = vec.step(ACTIONS)
    assert done.tolist() == [True, True, False, False, False, True]
    # World 0 ended its first bout at step 2; world 3 its second, of one step, with the learner on side 0.
    expected = {0: [0, 0, 2], 1: [0, 1, 2], 5: [3, 0, 1001]}
    for slot in range(6):
        if slot in expected:
            assert infos[slot]["terminal_observation"].tolist() == expected[slot]
        else:
            assert infos[slot] == {}
    assert observation[[0, 1, 5], 2].tolist() == [1000, 1000, 2000]  # the bouts that begin


def test_observations_handed_out_do_not_change_later(vec: SeatVec):
    first = vec.reset()
    before = first.copy()
    vec.step(ACTIONS)
    np.testing.assert_array_equal(first, before)


def test_all_mirrored_needs_no_opponents(batch: StubBatch, opponents: Watched):
    vec = SeatVec(batch, opponents, mirrored=4, reward_scale=1)
    assert slots(vec.reset()) == [(w, s) for w in range(4) for s in range(2)]
    vec.step(np.zeros((8, 2), np.float32))
    assert opponents.seen == []


def test_none_mirrored(batch: StubBatch, opponents: Watched):
    vec = SeatVec(batch, opponents, mirrored=0, reward_scale=1)
    assert slots(vec.reset()) == [(0, 0), (1, 1), (2, 0), (3, 1)]


def test_stable_baselines_wrappers_take_it(vec: SeatVec, batch: StubBatch):
    wrapped = VecMonitor(VecCheckNan(vec, raise_exception=True))
    wrapped.reset()
    lengths: dict[int, list[int]] = {slot: [] for slot in range(6)}
    for _ in range(6):
        for slot, info in enumerate(wrapped.step(ACTIONS)[3]):
            if "episode" in info:
                lengths[slot].append(info["episode"]["l"])
    assert lengths == {0: [2, 2, 2], 1: [2, 2, 2], 2: [], 3: [], 4: [3, 3], 5: [1] * 6}
    wrapped.close()
    assert batch.closed


def test_slots_have_nothing_of_their_own(vec: SeatVec):
    assert vec.env_is_wrapped(VecMonitor) == [False] * 6
    assert vec.get_attr("mirrored") == [2] * 6
    with pytest.raises(AttributeError, match="no attributes"):
        vec.set_attr("mirrored", 1)
    with pytest.raises(AttributeError, match="no methods"):
        vec.env_method("reset")
