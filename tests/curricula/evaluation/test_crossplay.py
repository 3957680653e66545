"""Cross-play: its pairs, its record, and its table, on a batch without physics."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from doubles import FloatArray, StubBatch, pusher

from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.curricula.evaluation import crossplay as module
from dohyo.curricula.evaluation.crossplay import CrossConfig, Crossplay, Entrant
from dohyo.curricula.evaluation.crosstable import CrossTable, tabulate
from dohyo.curricula.matches.score import Score

SUMO = CrossConfig("sumo", "ant", "mujoco")
PASS = CrossConfig("you_shall_not_pass", "ant", "mujoco")


def entrant(label: str, push: float, seats: tuple[int, ...] = (0, 1)) -> Entrant:
    player = pusher(push)
    return Entrant(label, (player if 0 in seats else None, player if 1 in seats else None))


STRONG, WEAK = entrant("strong", 0.5), entrant("weak", 0.25)


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[StubBatch]]:
    """The batches that were made, all without physics."""
    made: list[StubBatch] = []

    def make(arena: str, body: str, engine: str, worlds: int, **options: object) -> StubBatch:
        made.append(StubBatch([[k % 3 + 1] for k in range(worlds)]))
        return made[-1]

    monkeypatch.setattr(module, "make_batch", make)
    yield made
    assert all(batch.closed for batch in made)


def play(path: Path, entrants: list[Entrant], bouts: int, config: CrossConfig = SUMO) -> CrossTable:
    with closing(Crossplay(path, config)) as crossplay:
        for pair in crossplay.pairs(entrants):
            crossplay.play(pair, bouts)
        return tabulate(crossplay, entrants)


def test_everyone_meets_everyone_and_itself_once(tmp_path: Path):
    players = [STRONG, WEAK, entrant("third", 0.1)]
    with closing(Crossplay(tmp_path, SUMO)) as crossplay:
        pairs = [(one.label, two.label) for one, two in crossplay.pairs(players)]
    assert pairs == [
        ("strong", "strong"),
        ("strong", "weak"),
        ("strong", "third"),
        ("weak", "weak"),
        ("weak", "third"),
        ("third", "third"),
    ]


@pytest.mark.usefixtures("stubs")
def test_the_stronger_wins_from_both_sides(tmp_path: Path):
    table = play(tmp_path, [WEAK, STRONG], 10)
    assert table.scores[0][1] == Score(0, 0, 10)
    assert table.scores[1][0] == Score(10, 0, 0)
    assert table.payoff.tolist() == [[0, -1], [1, 0]]
    with closing(Crossplay(tmp_path, SUMO)) as crossplay:
        sides = [bout.seat for bout in crossplay.bouts((WEAK, STRONG))]
        assert sorted(sides) == [0] * 5 + [1] * 5
        assert [bout.seat for bout in crossplay.bouts((STRONG, WEAK))] == [1 - side for side in sides]


def test_rock_paper_scissors(tmp_path: Path, stubs: list[StubBatch], monkeypatch: pytest.MonkeyPatch):
    """Pushes 0, 1/4 and 1/2: each loses to the next, the last to the first; a fourth, -1/2, loses to all."""

    def judge(batch: StubBatch, push: FloatArray) -> np.ndarray:
        step = np.round(4 * (push[1] - push[0])).astype(int)
        cyclic = np.array([-1, 1, 0])[step % 3]
        hopeless = np.where(push[0] < -0.4, np.where(push[1] < -0.4, -1, 1), np.where(push[1] < -0.4, 0, cyclic))
        return hopeless.astype(np.intp)

    monkeypatch.setattr(StubBatch, "judge", judge)
    shapes = [entrant(name, push) for name, push in (("rock", 0), ("hopeless", -0.5), ("paper", 0.25), ("cut", 0.5))]
    table = play(tmp_path, shapes, 8)
    assert table.equilibrium.rows == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=1e-6)
    assert table.cycles == [["rock", "cut", "paper"]]
    assert table.knots == [["rock", "paper", "cut"]]
    record = table.record()
    assert record["cycles"] == [["rock", "cut", "paper"]]
    assert len(record["matches"]) == 6
    assert record["matches"][1] == {
        "row": "rock",
        "column": "paper",
        "bouts": 8,
        "wins": 0,
        "draws": 0,
        "losses": 8,
        "win_rate": 0.0,
        "low": 0.0,
        "high": pytest.approx(0.3244, abs=1e-4),  # 3.8415 / 11.8415
        "payoff": -1.0,
    }
    assert len(stubs) == 1


@pytest.mark.usefixtures("stubs")
def test_a_side_that_always_wins_is_flagged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(StubBatch, "judge", lambda batch, push: np.zeros(push.shape[1], np.intp))
    table = play(tmp_path, [STRONG, WEAK], 10)
    assert table.scores[0][1] == Score(5, 0, 5)  # sides are swapped: nobody gains
    side = table.sides[0]
    assert (side.wins, side.draws, side.share, side.biased) == ((10, 0), 0, 1.0, True)
    assert (side.low, side.high) == pytest.approx((0.7225, 1.0), abs=1e-4)  # 10 / 13.8415


@pytest.mark.usefixtures("stubs")
def test_where_nothing_is_decided_there_is_no_bias(tmp_path: Path):
    side = play(tmp_path, [STRONG], 10).sides[0]
    assert (side.draws, side.share, side.low, side.high, side.biased) == (10, None, 0, 1, False)


@pytest.mark.usefixtures("stubs")
def test_matching_pennies_between_two_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Seat 0 wins where both push the same way: each side mixes evenly, and nobody gains."""
    monkeypatch.setattr(StubBatch, "judge", lambda batch, push: np.where((push[0] > 0) == (push[1] > 0), 0, 1))
    rows = [entrant("heads 0", 0.5, (0,)), entrant("tails 0", -0.5, (0,))]
    columns = [entrant("heads 1", 0.5, (1,)), entrant("tails 1", -0.5, (1,))]
    table = play(tmp_path, [*rows, *columns], 6, PASS)
    assert (table.rows, table.columns) == (("heads 0", "tails 0"), ("heads 1", "tails 1"))
    assert table.payoff.tolist() == [[1, -1], [-1, 1]]
    balance = table.equilibrium
    assert (balance.rows, balance.columns) == (pytest.approx([0.5, 0.5]), pytest.approx([0.5, 0.5]))
    assert (table.sides, table.cycles) == ((), [])


@pytest.mark.usefixtures("stubs")
def test_where_seats_differ_both_ways_count(tmp_path: Path):
    """The stronger wins in either role, so it is better over both."""
    table = play(tmp_path, [WEAK, STRONG], 4, PASS)
    assert [[score.payoff for score in row] for row in table.scores] == [[0, -1], [1, 0]]
    assert table.better == ((1, 0),)


def test_a_role_that_nobody_plays(tmp_path: Path):
    with (
        closing(Crossplay(tmp_path, PASS)) as crossplay,
        pytest.raises(UnknownName, match="no player here can play run"),
    ):
        crossplay.pairs([entrant("blocker", 0.5, (0,))])


def test_nothing_is_played_twice(tmp_path: Path, stubs: list[StubBatch]):
    first = play(tmp_path, [STRONG, WEAK], 6)
    assert play(tmp_path, [STRONG, WEAK], 6) == first
    turned = play(tmp_path, [WEAK, STRONG], 6)  # the order in which they are named is nothing to the record
    assert turned.scores[1][0] == first.scores[0][1]
    assert len(stubs) == 1
    more = play(tmp_path, [STRONG, WEAK], 9)
    assert more.scores[0][1] == Score(9, 0, 0)
    assert len(stubs) == 2


def test_a_folder_of_other_settings_is_refused(tmp_path: Path):
    Crossplay(tmp_path, SUMO).close()
    with pytest.raises(DohyoError, match=r"other settings \(engine\)"):
        Crossplay(tmp_path, CrossConfig("sumo", "ant", "pybullet"))
    Crossplay(tmp_path, SUMO).close()  # it is free again


def test_a_folder_in_use_is_refused(tmp_path: Path):
    with closing(Crossplay(tmp_path, SUMO)), pytest.raises(DohyoError, match="in use by another process"):
        Crossplay(tmp_path, SUMO)


def test_damaged_settings_are_named(tmp_path: Path):
    (tmp_path / "crossplay.json").write_text("[")
    with pytest.raises(DohyoError, match="cannot read"):
        Crossplay(tmp_path, SUMO)


def test_a_folder_that_cannot_be_written_into(tmp_path: Path):
    (tmp_path / "lock").mkdir()
    with pytest.raises(DohyoError, match="cannot write into"):
        Crossplay(tmp_path, SUMO)
