"""Matches: the right number of bouts, with seats swapped, each counted once for the right player."""

from collections import Counter

import numpy as np
import pytest
from doubles import Constant, FloatArray, StubBatch, shorten_bouts
from hypothesis import given
from hypothesis import strategies as st

from dohyo.arenas.batch import make_batch
from dohyo.arenas.players import Random, Zero
from dohyo.curricula.matches.intervals import wilson
from dohyo.curricula.matches.match import Bout, play_match

STRONG, WEAK = Constant(1), Constant(-1)


class StrongIn:
    """A policy that pushes in some worlds only."""

    memory = 0

    def __init__(self, worlds: set[int]) -> None:
        self.worlds = worlds

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        strong = np.isin(observation[:, 0], list(self.worlds))
        return np.where(strong, 1, -1)[:, None].repeat(2, axis=1).astype(np.float32)


@given(
    bouts=st.integers(1, 25),
    lengths=st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=3), min_size=1, max_size=6),
)
def test_exactly_as_many_bouts_as_asked_each_once(bouts: int, lengths: list[list[int]]):
    results = play_match(StubBatch(lengths), (STRONG, WEAK), bouts, seed=0)
    assert [bout.index for bout in results] == list(range(bouts))


def test_players_change_sides_from_bout_to_bout():
    results = play_match(StubBatch([[3], [1], [2], [5]]), (STRONG, WEAK), 12, seed=0)
    # World w plays bouts w, w + 4 and w + 8 and begins with the first player on side w % 2.
    assert [bout.seat for bout in results] == [0, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1]


@pytest.mark.parametrize(("players", "winner"), [((STRONG, WEAK), 0), ((WEAK, STRONG), 1), ((WEAK, WEAK), -1)])
def test_wins_are_the_players_not_the_sides(players: tuple[Constant, Constant], winner: int):
    results = play_match(StubBatch([[1], [4], [2]]), players, 9, seed=0)
    assert {bout.seat for bout in results} == {0, 1}
    assert {bout.winner for bout in results} == {winner}
    assert {bout.ending for bout in results} == {"even" if winner < 0 else "pushed"}


def test_short_bouts_are_not_favoured():
    # World 0 plays bouts of one step, world 1 of fifty: each has half of the bouts, whoever wins where.
    batch = StubBatch([[1], [50]])
    results = play_match(batch, (StrongIn({0}), Constant(0)), 10, seed=0)
    assert Counter(bout.winner for bout in results) == {0: 5, 1: 5}
    assert Counter(bout.steps for bout in results) == {1: 5, 50: 5}
    assert len(batch.taken) == 250


def test_bouts_are_shared_out_among_the_worlds():
    results = play_match(StubBatch([[1], [2], [3]]), (STRONG, WEAK), 7, seed=0)
    assert Counter(bout.steps for bout in results) == {1: 3, 2: 2, 3: 2}


def test_the_watcher_is_told_of_each_bout_once():
    told: list[Bout] = []
    results = play_match(StubBatch([[1], [3]]), (STRONG, WEAK), 6, 0, told.append)
    assert sorted(told, key=lambda bout: bout.index) == results
    # World 0 has played bouts 0, 2 and 4 by the time bout 1 ends; then bout 3 and 5 follow.
    assert [bout.index for bout in told] == [0, 2, 4, 1, 3, 5]


def test_a_match_repeats_with_its_seed(monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch, 60)
    batch = make_batch("sumo", engine="mujoco", worlds=4, workers=1)
    try:
        matches = [play_match(batch, (Random(8, seed), Zero(8)), 6, seed) for seed in (3, 3, 4)]
        moments = []
        for seed in (3, 3, 4):
            batch.reset(seed)
            moments.append(batch.observations[0].copy())
    finally:
        batch.close()
    assert matches[0] == matches[1]
    np.testing.assert_array_equal(moments[0], moments[1])
    assert not np.array_equal(moments[0], moments[2])


class Notes(Zero):
    """A policy that does nothing and records its observations."""

    def __init__(self, actions: int) -> None:
        super().__init__(actions)
        self.seen: list[FloatArray] = []

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        self.seen.append(observation.copy())
        return super().act(observation, memory)


def test_matches_of_neighbouring_seeds_share_no_start(monkeypatch: pytest.MonkeyPatch):
    """World w of a batch seeded s starts as world 0 of s + w does; matches must not."""
    shorten_bouts(monkeypatch, 2)
    batch = make_batch("sumo", engine="mujoco", worlds=4, workers=1)
    starts = []
    try:
        for seed in range(3):
            notes = Notes(8)
            play_match(batch, (notes, Zero(8)), 4, seed)
            starts += [row.tobytes() for row in notes.seen[0]]
        batch.reset(0)
        one = batch.observations[0][1].tobytes()
        batch.reset(1)
        assert batch.observations[0][0].tobytes() == one
    finally:
        batch.close()
    assert len(set(starts)) == 12


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # By hand: all or nothing gives n / (n + 3.8415) or its complement.
        (10, 10, 0.7225, 1.0000),
        (50, 100, 0.4038, 0.5962),
        (0, 0, 0.0000, 1.0000),
    ],
)
def test_intervals_against_published_ones(successes: int, trials: int, low: float, high: float):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(trials=st.integers(1, 500), data=st.data())
def test_intervals_hold_the_share_and_mirror(trials: int, data: st.DataObject):
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low))
