"""Matches of more than two sides: seats, winners and places, worked out by hand."""

from collections import Counter
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from doubles import Constant, FloatArray, StubBatch, only_object, shorten_bouts
from states import throw_out

from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.registry import build_arena
from dohyo.arenas.sides import places
from dohyo.curricula.matches.casting import Teams, turns_of
from dohyo.curricula.matches.match import Bout, play_match
from dohyo.curricula.matches.roles import Role, check_roles, roles_of
from dohyo.curricula.matches.seating import play_evenly

THREE, FOUR, PAIRS = (0, 1, 2), (0, 1, 2, 3), (0, 0, 1, 1)


class Notes:
    """A policy with a constant action that records its seats by world."""

    def __init__(self, value: float) -> None:
        self.value, self.saw = value, list[list[tuple[int, int]]]()

    def act(self, observation: FloatArray) -> FloatArray:
        self.saw.append([(int(world), int(seat)) for world, seat in observation[:, :2]])
        return np.full((len(observation), 2), self.value, np.float32)


def test_turns_begin_with_all_teams_moving_on_and_hold_every_order():
    assert turns_of((0, 1), swap=True).tolist() == [[0, 1], [1, 0]]
    assert turns_of((0, 1, 2), swap=True).tolist()[:3] == [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    for count in (2, 3, 4):
        turns = turns_of(range(count), swap=True).tolist()
        assert sorted(turns) == sorted(map(list, permutations(range(count))))
    assert turns_of(FOUR, swap=False).tolist() == [[0, 1, 2, 3]]


def test_the_last_player_takes_the_sides_that_are_left():
    one, others = Notes(1), Notes(0)
    bouts = play_match(StubBatch([[1], [1], [1], [1]], FOUR), (one, others), 8, seed=0)
    # World w begins with the first player on side w, and moves on.
    assert [bout.seat for bout in bouts] == [0, 1, 2, 3, 1, 2, 3, 0]
    assert {bout.winner for bout in bouts} == {0}
    assert one.saw[0] == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert sorted(others.saw[0]) == [(w, s) for w in range(4) for s in range(4) if s != w]
    assert {bout.teams[0] for bout in bouts} == {(side, 0) for side in range(4)}
    assert {bout.ranks for bout in bouts} == {(0, 1, 1, 1)}
    weak = play_match(StubBatch([[1], [2]], FOUR), (Constant(0), Constant(1)), 4, seed=0)
    assert {bout.winner for bout in weak} == {-1}  # three push as hard: nobody wins
    assert {bout.ranks for bout in weak} == {(0, 0, 0, 0)}


def test_four_players_are_told_apart():
    players = [Constant(value) for value in (0.1, 0.4, 0.2, 0.3)]
    bouts = play_match(StubBatch([[1]] * 24, FOUR), players, 48, seed=0)
    assert {bout.winner for bout in bouts} == {1}
    # Every order of four is a turn, so that in 24 bouts each player is six times on each side.
    assert Counter(bout.winning_side for bout in bouts) == dict.fromkeys(range(4), 12)


def test_partners_take_the_seats_but_the_first():
    one, partner, other = Notes(1), Notes(0), Notes(0.5)
    bouts = play_match(StubBatch([[1], [1]], PAIRS), (one, other), 4, seed=0, partners=(partner,))
    assert [bout.seat for bout in bouts] == [0, 1, 1, 0]  # the side
    assert {bout.winner for bout in bouts} == {0}
    assert (one.saw[0], partner.saw[0]) == ([(0, 0), (1, 2)], [(0, 1), (1, 3)])
    assert other.saw[0] == [(0, 2), (1, 0), (0, 3), (1, 1)]  # acts once, for both of its seats


def test_a_player_on_two_seats_forgets_both():
    class Told(Notes):
        def __init__(self) -> None:
            super().__init__(1)
            self.forgot: list[list[int]] = []

        def forget(self, rows: FloatArray) -> None:
            self.forgot.append(rows.tolist())

    told = Told()
    play_match(StubBatch([[1], [2], [2]], PAIRS), (told, Constant(0)), 4, seed=0)
    # Rows 0 to 2 are its first seat in each world, rows 3 to 5 the second one; world 0 ends in steps 1 and 2.
    assert told.forgot == [[0, 1, 2, 3, 4, 5], [0, 3], [0, 1, 2, 3, 4, 5]]


def test_places():
    """Three bouts of ten steps: one with a winner, one whose last two fall together, one that ran out of time."""
    left = np.array([[10, 3, 7], [2, 10, 10], [10, 4, 10]])
    placed = places(left, np.full(3, 10), np.array([0, -1, -1]), (0, 1, 2))
    assert placed.tolist() == [[0, 2, 1], [2, 0, 0], [0, 2, 0]]
    # Side 1 fell in the step in which side 0 won; with two seats a side stays as long as the longer.
    assert places(np.array([[5, 5]]), np.array([5]), np.array([0]), (0, 1)).tolist() == [[0, 1]]
    assert places(np.array([[2, 9, 3, 4]]), np.array([9]), np.array([0]), PAIRS).tolist() == [[0, 1]]
    assert places(np.array([[9, 9]]), np.array([9]), np.array([-1]), (0, 1)).tolist() == [[0, 0]]


def test_ranks_of_two_sides_follow_from_the_winner():
    assert [Bout(0, 0, winner, 5, "fell").ranks for winner in (0, 1, -1)] == [(0, 1), (1, 0), (0, 0)]
    assert [Bout(0, 1, winner, 5, "fell").winning_side for winner in (0, 1, -1)] == [1, 0, -1]


def test_a_batch_tells_when_seats_have_left():
    batch = make_batch("sumo_3", engine="mujoco", worlds=2, workers=1, max_cycles=5)
    try:
        batch.reset(0)
        still = [np.zeros((2, 8), np.float32)] * 3
        batch.step(still)
        throw_out(batch, 1, 2)
        lefts = [batch.step(still).finished.left.tolist() for _ in range(4)]
    finally:
        batch.close()
    assert lefts == [[], [], [], [[5, 5, 5], [5, 5, 2]]]


@pytest.mark.parametrize(
    ("players", "sides", "partners", "message"),
    [
        (1, FOUR, 0, "2 to 4 players"),
        (5, FOUR, 0, "2 to 4 players"),
        (3, (0, 1), 0, "two players"),
        (2, (0, 1), 1, "leave out partners"),
        (2, PAIRS, 3, "3 partners for 2 players"),
        (1, (0,), 0, "no opponents"),
    ],
)
def test_players_that_do_not_fit(players: int, sides: tuple[int, ...], partners: int, message: str):
    with pytest.raises(ConfigError, match=message):
        Teams(["zero"] * players, sides, ["zero"] * partners)


def test_roles_take_whole_sides():
    assert roles_of(build_arena("sumo_2v2")) == [Role("sumo", (0, 1, 2, 3), (0, 1))]
    assert roles_of(build_arena("sumo_3")) == [Role("sumo", (0, 1, 2), (0, 1, 2))]
    arena = build_arena("sumo_2v2")
    for roles in ([Role("a", (0, 1), (0,)), Role("b", (2, 3), (1,))], [Role("sumo", FOUR, (0, 1))]):
        check_roles(arena, roles)
    with pytest.raises(ConfigError, match="no player can fill a whole side"):
        check_roles(arena, [Role("a", (0, 2), ()), Role("b", (1, 3), ())])


@pytest.mark.parametrize(("arena", "sides"), [("sumo_4", 4), ("sumo_2v2", 2)])
def test_play_counts_wins_by_side(
    arena: str,
    sides: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_main: Callable[..., tuple[int, str, str]],
):
    shorten_bouts(monkeypatch, 4, arena)
    picture = tmp_path / "bout.png"
    partner = ["--partner", "zero"] if sides == 2 else []
    options = ["--engine", "mujoco", "--seat", "random", "--seat", "zero", *partner, "--bouts", "3"]
    status, output, errors = run_main("play", arena, *options, "--picture", str(picture), "--json")
    assert status == 0, errors
    record = only_object(output)
    assert record["wins_by_side"] == [[0] * sides] * 2
    assert (record["draws"], record["endings"], record["partners"]) == (3, {"time-out": 3}, partner[1:])
    assert imageio.imread(picture).ndim == 3


@pytest.mark.parametrize(("sides", "alone"), [((0, 1), 6), (FOUR, 0), (THREE, 3), (PAIRS, 6)])
def test_two_players_share_out_the_sides(sides: tuple[int, ...], alone: int):
    batch = StubBatch([[1], [1], [1]], sides)
    seen = [Notes(0.5), Notes(0.25)]
    bouts = play_evenly(batch, (seen[0], seen[1]), 6, seed=0)
    assert [bout.index for bout in bouts] == list(range(6))
    taken = [sum(len(rows) for rows in notes.saw) for notes in seen]
    assert taken[0] == taken[1]  # seats in all bouts
    # Both sides of the one that pushes harder push as hard: it wins only the bouts in which it has one side.
    assert Counter(bout.winner for bout in bouts) == Counter({0: alone, -1: 6 - alone})
    turned = [bout.turned() for bout in bouts]
    assert {bout.winner for bout in turned} <= {1, -1}
    assert [bout.seat for bout in turned] == [bout.side_of(1) for bout in bouts]


@pytest.mark.parametrize("arena", ["sumo_3", "sumo_2v2"])
def test_crossplay_of_more_than_two_seats(
    arena: str, monkeypatch: pytest.MonkeyPatch, run_main: Callable[..., tuple[int, str, str]], tmp_path: Path
):
    shorten_bouts(monkeypatch, 4, arena)
    options = ["--arena", arena, "--engine", "mujoco", "--workers", "1", "--bouts", "3", "--out", str(tmp_path)]
    status, output, errors = run_main("crossplay", "zero", "random", *options, "--json")
    assert status == 0, errors
    record = only_object(output)
    [match] = record["matches"]
    assert (match["bouts"], match["draws"], record["payoff"]) == (3, 3, [[0, 0], [0, 0]])
    assert {side["count"] for side in record["sides"]} == {3 if arena == "sumo_3" else 2}
    status, output, _ = run_main("crossplay", "zero", "random", *options)  # reads what it has recorded
    assert status == 0
    assert ("others" in output) == (arena == "sumo_3")
