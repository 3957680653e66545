"""Learning with more than two seats: who is a slot, who sits on which chair, and what idle slots must not teach."""

from typing import Any

import numpy as np
import pytest
import torch
from doubles import FloatArray, StubBatch
from learners import Still, practise

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.config import POLICIES, PpoConfig
from dohyo.agents.learning.rollouts import ActedRollout, join_small, split
from dohyo.agents.learning.slots import opponents_of
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import IntArray

THREE, PAIRS = (0, 1, 2), (0, 0, 1, 1)


class Watched:
    """Opponents that act as 0.01 * chair, and note what they are asked and see."""

    def __init__(self) -> None:
        self.assigned, self.noted = list[list[int]](), list[tuple[list[int], list[list[int]]]]()
        self.seen = list[dict[int, tuple[int, int]]]()

    def assign(self, worlds: IntArray) -> None:
        self.assigned.append(worlds.tolist())

    def note(self, bouts: EndedBouts) -> None:
        self.noted.append((bouts.worlds.tolist(), bouts.comparisons.tolist()))

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        self.seen.append(dict(zip(chairs.tolist(), slots(observation), strict=True)))
        return np.repeat(0.01 * chairs[:, None], 2, axis=1).astype(np.float32)


def slots(observation: FloatArray) -> list[tuple[int, int]]:
    """(world, seat) of each slot, as the stub tells them."""
    return [(int(world), int(seat)) for world, seat in observation[:, :2]]


def push(values: list[float]) -> FloatArray:
    return np.repeat(np.array(values, np.float32)[:, None], 2, axis=1)


def test_every_seat_of_a_mirrored_world_is_a_slot_and_elsewhere_the_learner_takes_the_sides_in_turn():
    batch, others = StubBatch([[2], [1], [9]], THREE), Watched()
    vec = SeatVec(batch, others, mirrored=1, reward_scale=1)
    assert slots(vec.reset()) == [(0, 0), (0, 1), (0, 2), (1, 1), (2, 2)]
    seats = []
    for _ in range(3):
        seen, reward, _, _ = vec.step(push([0.1, 0.2, 0.3, 0.4, 0.5]))
        assert reward[:3].tolist() == [0, 1, 2]  # 10 * world + seat
        seats.append(slots(seen)[3:])
    assert seats == [[(1, 2), (2, 2)], [(1, 0), (2, 2)], [(1, 1), (2, 2)]]
    # Of three worlds chairs 1 and 2 are the seats after the learner's, 4 and 5 those after these.
    assert others.seen[0] == {1: (1, 2), 2: (2, 0), 4: (1, 0), 5: (2, 1)}
    assert others.seen[1] == {1: (1, 0), 2: (2, 0), 4: (1, 1), 5: (2, 1)}
    np.testing.assert_allclose(batch.taken[0][:, 1, 0], [0.04, 0.4, 0.01], atol=1e-7)
    assert others.assigned == [[1, 2], [1], [1], [1]]
    assert others.noted == [([1], [[1, 1]])] * 3  # 0.4 pushes hardest


def test_the_learner_takes_a_whole_side_and_the_other_side_has_one_opponent():
    batch, others = StubBatch([[1], [2]], PAIRS), Watched()
    vec = SeatVec(batch, others, mirrored=0, reward_scale=1)
    assert slots(vec.reset()) == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert slots(vec.step(push([0.1, 0.2, 0.3, 0.4]))[0]) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert others.seen[0] == {0: (0, 2), 1: (1, 0), 2: (0, 3), 3: (1, 1)}
    assert opponents_of(PAIRS, 0) == [0, 0]
    assert opponents_of(THREE, 1) == [0, 1]
    assert opponents_of((0, 1, 1), 0) == [0, 0]
    assert opponents_of((0, 1, 1), 1) == [0]


@pytest.mark.parametrize("side", [0, 1])
def test_a_learner_of_one_side_stays_there(side: int):
    batch, others = StubBatch([[1], [2]], PAIRS), Watched()
    vec = SeatVec(batch, others, mirrored=0, reward_scale=1, side=side)
    own = [(world, 2 * side + k) for world in (0, 1) for k in (0, 1)]
    assert slots(vec.reset()) == own
    for _ in range(3):
        assert slots(vec.step(push([0.5, 0.6, 0.7, 0.8]))[0]) == own
    rest = 2 - 2 * side
    assert others.seen == [{0: (0, rest), 1: (1, rest), 2: (0, rest + 1), 3: (1, rest + 1)}] * 3
    np.testing.assert_allclose(batch.taken[0][2 * side :][:2, :, 0], [[0.5, 0.7], [0.6, 0.8]], atol=1e-7)
    np.testing.assert_allclose(batch.taken[0][rest:][:2, :, 0], [[0, 0.01], [0.02, 0.03]], atol=1e-7)


def test_a_value_function_sees_partners_first():
    vec = SeatVec(StubBatch([[3]], PAIRS), Watched(), mirrored=1, reward_scale=1, privileged=True)
    assert vec.own == 3
    seen = vec.reset()
    assert seen[:, 1::3].tolist() == [[0, 1, 2, 3], [1, 0, 2, 3], [2, 3, 0, 1], [3, 2, 0, 1]]


def test_an_episode_ends_when_its_seat_leaves_and_again_when_the_bout_is_over():
    """Seat 1 of world 0 leaves after 2 of 4 steps."""
    vec = SeatVec(StubBatch([[4]], THREE, leave={(0, 1): 2}), Watched(), mirrored=1, reward_scale=1)
    vec.reset()
    steps = [(*vec.step(push([0, 0, 0.1])), vec.acted.tolist()) for _ in range(5)]
    assert [done.tolist() for _, _, done, _, _ in steps] == [
        [False] * 3,
        [False, True, False],
        [False] * 3,
        [True] * 3,
        [False] * 3,
    ]
    assert [acted for *_, acted in steps] == [[True] * 3] * 2 + [[True, False, True]] * 2 + [[True] * 3]
    assert steps[1][3][1]["terminal_observation"].tolist() == [0, 1, 2]  # world, seat, step of a bout that goes on
    assert steps[3][3][1]["terminal_observation"].tolist() == [0, 1, 4]


def test_opponents_are_compared_by_places():
    ended = EndedBouts(
        *np.array([[0, 1], [1, 0], [2, -1], [9, 9], [0, 0]]), np.zeros(2), np.array([[2, 1, 0], [0, 0, 2]])
    )
    # The learner on side 1 was second, behind side 2 and before side 0; on side 0 it drew with 1 and was before 2.
    assert ended.comparisons.tolist() == [[-1, 1], [0, 1]]
    assert ended.results.tolist() == [-1, 0]


def learner(policy: str, **changes: Any) -> Any:
    """Seat 0 leaves after 3 of 8 steps, seat 1 after 6; rollouts of 16 steps are two bouts of one world."""
    config = PpoConfig(**{"policy": policy, "rollout": 16, "unroll": 4, "minibatch": 16, "width": 4} | changes)
    batch = StubBatch([[8]], THREE, leave={(0, 0): 3, (0, 1): 6})
    return make_learner(SeatVec(batch, Still(), mirrored=1, reward_scale=0.01), config, 0)


@pytest.mark.parametrize("policy", list(POLICIES))
def test_idle_samples_are_neither_learned_from_nor_counted(policy: str):
    one = learner(policy)
    samples = one.collect()
    rollout = one._ppo.rollout_buffer
    acted = np.array([[t < 3, t < 6, True] for t in range(8)] * 2)
    np.testing.assert_array_equal(rollout.acted, acted)
    assert acted.sum() == 34
    seen = rollout.seen()
    assert len(seen) == 34
    assert {tuple(row) for row in seen[:, 1:].tolist()} == {
        (seat, 1000 * bout + t) for bout in (0, 1) for seat, last in ((0, 3), (1, 6), (2, 8)) for t in range(last)
    }
    one.learn([samples])  # fills the statistics
    assert set(one._norm.count.tolist()) == {one.samples} == {34}
    practise(one, 2)
    assert all(torch.isfinite(tensor).all() for tensor in one._ppo.policy.parameters())


@pytest.mark.parametrize("policy", list(POLICIES))
def test_minibatches_hold_every_sample_of_those_who_acted_once(policy: str):
    one = learner(policy)
    one._rollout.fill(one.collect())
    found = []
    for part in one._ppo.rollout_buffer.get(16):
        keep = part.mask > 0 if policy == "lstm" else np.ones(len(part.observations), bool)
        assert keep.sum() > 1
        found += [tuple(row) for row in part.observations[keep][:, 1:].tolist()]
    assert len(found) == len(set(found)) == 34


def test_advantages_end_where_a_seat_leaves():
    """With no discount and no baseline the return of a step is what is still paid: here 0.01 * seat a step."""
    one = learner("mlp", gamma=1.0, gae_lambda=1.0)
    one.collect()
    rollout = one._ppo.rollout_buffer
    assert isinstance(rollout, ActedRollout)
    np.testing.assert_allclose(rollout.returns[:6, 1], [0.06, 0.05, 0.04, 0.03, 0.02, 0.01], atol=1e-6)
    np.testing.assert_allclose(rollout.returns[:8, 2], 0.02 * np.arange(8, 0, -1), atol=1e-6)
    np.testing.assert_allclose(rollout.returns[8:14, 1], rollout.returns[:6, 1], atol=1e-6)


def test_parts_are_even_and_those_of_an_lstm_have_two_samples():
    order = np.array([3, 1, 0, 2, 4])
    assert [part.tolist() for part in split(order, 2)] == [[3, 1], [0, 2], [4]]
    assert [part.tolist() for part in split(order, 3)] == [[3, 1, 0], [2, 4]]
    ones = np.ones(5, np.float32)
    assert [part.tolist() for part in join_small(split(order, 2), ones)] == [[3, 1], [0, 2, 4]]
    assert [part.tolist() for part in join_small(split(order, 2), 2 * ones)] == [[3, 1], [0, 2], [4]]
    few = np.array([2, 1, 1, 4, 1], np.float32)
    assert [part.tolist() for part in join_small(split(order, 1), few)] == [[3, 1], [0, 2, 4]]
