"""The run's record: every addition is atomic."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_disk import small_disk

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score
from dohyo.curricula.run.record import Generation, Match, RunRecord


@pytest.fixture
def league(tmp_path: Path) -> Iterator[RunRecord]:
    league = RunRecord(tmp_path / "league.sqlite")
    yield league
    league.close()


def link(generation: int, snapshot: str = "") -> Generation:
    return Generation("sumo", generation, snapshot or f"s{generation}", 100 * generation, 1.5, {"draws": 0.25})


def bouts(*winners: int) -> list[Bout]:
    return [Bout(index=k, seat=k % 2, winner=w, steps=10 + k, ending="fell") for k, w in enumerate(winners)]


def test_what_was_added_is_there_after_reopening(league: RunRecord, tmp_path: Path):
    for generation in (0, 1, 2):
        league.add_generation(link(generation))
    league.add_match("s1", "zero", "mujoco", 0, bouts(0, 0, 1, -1))
    for again in (league, RunRecord(tmp_path / "league.sqlite")):
        assert again.generations() == [link(0), link(1), link(2)]
        assert again.matches("mujoco") == [Match("s1", "zero", Score(wins=2, draws=1, losses=1))]
    again.close()


def test_a_generation_is_added_once(league: RunRecord):
    league.add_generation(link(0))
    with pytest.raises(DohyoError, match="UNIQUE") as caught:
        league.add_generation(link(0, "another"))
    assert "\n" not in str(caught.value)
    assert league.generations() == [link(0)]


def test_a_round_is_added_once_and_whole(league: RunRecord):
    league.add_match("a", "zero", "mujoco", 0, bouts(0, 1))
    overlapping = [Bout(index=9, seat=0, winner=0, steps=1, ending="fell"), *bouts(0, 0)]
    with pytest.raises(DohyoError, match="UNIQUE"):
        league.add_match("a", "zero", "mujoco", 0, overlapping)
    assert league.matches("mujoco") == [Match("a", "zero", Score(wins=1, draws=0, losses=1))]
    assert league.rounds("a", "zero", "mujoco") == 1


def test_totals_are_by_player_opponent_and_engine(league: RunRecord):
    league.add_match("b", "zero", "mujoco", 0, bouts(0, 0, 0))
    league.add_match("a", "random", "mujoco", 0, bouts(1, -1))
    league.add_match("b", "random", "mujoco", 0, bouts(-1))
    league.add_match("b", "zero", "mujoco", 1, bouts(1, 0, -1))
    league.add_match("b", "zero", "pybullet", 0, bouts(1))
    assert league.matches("mujoco") == [  # in the order in which they were first played
        Match("b", "zero", Score(wins=4, draws=1, losses=1)),
        Match("a", "random", Score(wins=0, draws=1, losses=1)),
        Match("b", "random", Score(wins=0, draws=1, losses=0)),
    ]
    assert league.matches("pybullet") == [Match("b", "zero", Score(wins=0, draws=0, losses=1))]
    assert league.matches("mujoco")[0].score.bouts == 6
    assert [league.rounds("b", "zero", engine) for engine in ("mujoco", "pybullet", "other")] == [2, 1, 0]


def test_a_file_that_is_no_league(tmp_path: Path):
    path = tmp_path / "league.sqlite"
    path.write_text("The quick brown fox jumps over the lazy dog. " * 100)
    with pytest.raises(DohyoError, match="cannot open the record") as caught:
        RunRecord(path)
    assert "\n" not in str(caught.value)


def test_a_league_damaged_inside(tmp_path: Path):
    path = tmp_path / "league.sqlite"
    league = RunRecord(path)
    for generation in range(200):
        league.add_generation(link(generation, "x" * 100))
    league.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(DohyoError, match=r"cannot (open|read) the record") as caught:
        RunRecord(path).generations()
    assert "\n" not in str(caught.value)


def test_a_full_disk_loses_nothing(tmp_path: Path):
    with small_disk(tmp_path / "disk", 256) as disk:
        league = RunRecord(disk / "league.sqlite")
        league.add_generation(link(0))
        with pytest.raises(DohyoError, match=r"full.*make room"):
            league.add_match("a", "zero", "mujoco", 0, bouts(*[0] * 20_000))
        assert league.generations() == [link(0)]
        assert league.matches("mujoco") == []
        league.add_match("a", "zero", "mujoco", 0, bouts(0, 1))
        assert league.matches("mujoco") == [Match("a", "zero", Score(wins=1, draws=0, losses=1))]
        league.close()


def test_bouts_of_several_sides_keep_their_teams(tmp_path: Path):
    record = RunRecord(tmp_path / "league.sqlite")
    teams = [((2, 0), (0, 1), (1, 2)), ((0, 2), (1, 0), (2, 1)), ((1, 2), (2, 1), (0, 0))]
    played = [Bout(k, t[0][0], -1 if k else 0, 9, "fell", t) for k, t in enumerate(teams)]
    record.add_match("a", "zero", "mujoco", 0, played)
    record.add_match("a", "zero", "mujoco", 1, played[:1])
    assert record.bouts("a", "zero", "mujoco") == [*played, played[0]]
    [match] = record.matches("mujoco")
    assert match.sides == 3
    assert match.ranks == {(0, 1, 2): 2, (2, 0, 1): 1, (2, 1, 0): 1}
    record.close()


@pytest.mark.parametrize(
    "teams", ["[[0, 1]]", "[[0, 0], [0, 1], [2, 1]]", "[[0, 5], [1, 0], [2, 0]]", "[1, 2, 3]", "{"]
)
def test_teams_that_cannot_be(tmp_path: Path, teams: str):
    path = tmp_path / "league.sqlite"
    record = RunRecord(path)
    record.add_match("a", "zero", "mujoco", 0, [Bout(0, 0, 0, 9, "fell", ((0, 0), (1, 1), (2, 2)))])
    record.close()
    db = sqlite3.connect(path)
    db.execute("update bouts set teams = ?", (teams,))
    db.commit()
    db.close()
    record = RunRecord(path)
    with pytest.raises(DohyoError, match="cannot read the record"):
        record.matches("mujoco")
    record.close()
