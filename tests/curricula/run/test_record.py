"""The league's record, which is there whole or not at all, and the ratings that follow from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles import small_disk
from hypothesis import given
from hypothesis import strategies as st

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import rate
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
    with pytest.raises(DohyoError, match="cannot open the league") as caught:
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
    with pytest.raises(DohyoError, match=r"cannot (open|read) the league") as caught:
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


# --- ratings ---

REFERENCES = ["zero", "random", "s1"]
PLAYED = [
    Match("random", "zero", Score(wins=2, draws=12, losses=6)),
    Match("s1", "zero", Score(wins=8, draws=8, losses=4)),
    Match("s1", "random", Score(wins=12, draws=6, losses=2)),
    Match("s9", "zero", Score(wins=15, draws=4, losses=1)),
    Match("s9", "random", Score(wins=17, draws=2, losses=1)),
    Match("s9", "s1", Score(wins=11, draws=4, losses=5)),
]


def against_zero(wins: int, losses: int, draws: int = 0) -> list[Match]:
    return [Match("x", "zero", Score(wins=wins, draws=draws, losses=losses))]


def test_the_anchor_stays():
    for matches in ([], PLAYED):
        anchor = rate(REFERENCES, matches)["zero"]
        assert (anchor.mu, anchor.sigma) == (25, 1)
        assert (anchor.low, anchor.high) == pytest.approx((23.04, 26.96), abs=1e-4)


def test_who_has_not_played_has_the_prior():
    prior = rate(REFERENCES, [])["random"]
    assert (prior.mu, prior.sigma) == pytest.approx((25, 25 / 3))


@pytest.mark.parametrize("matches", [against_zero(0, 0, 20), against_zero(10, 10), against_zero(3, 3, 30)])
def test_equal_results_leave_the_rating_at_the_anchor(matches: list[Match]):
    rating = rate(["zero"], matches)["x"]
    assert rating.mu == pytest.approx(25, abs=0.5)
    assert rating.low < 25 < rating.high


def test_each_win_more_counts():
    ratings = [rate(["zero"], against_zero(wins, 20 - wins))["x"].mu for wins in range(21)]
    assert ratings == sorted(ratings)
    assert len(set(ratings)) == 21
    assert ratings[0] < 20
    assert ratings[20] > 30


def test_a_draw_lies_between_a_loss_and_a_win():
    loss, draw, win = (rate(["zero"], against_zero(*kind))["x"].mu for kind in ((5, 6, 0), (5, 5, 1), (6, 5, 0)))
    assert loss < draw < win


def test_winning_and_losing_mirror():
    up, down = rate(["zero"], against_zero(9, 0))["x"], rate(["zero"], against_zero(0, 9))["x"]
    assert up.mu - 25 == pytest.approx(25 - down.mu)
    assert up.sigma == pytest.approx(down.sigma)


def test_the_interval_shrinks_with_bouts():
    sigmas = [rate(["zero"], against_zero(n, n))["x"].sigma for n in (0, 1, 5, 20, 80)]
    assert sigmas == sorted(sigmas, reverse=True)
    assert sigmas[0] == pytest.approx(25 / 3)
    assert sigmas[-1] < 2


def test_beating_its_own_kind_raises_nobody():
    kin = [
        Match("x", "y", Score(wins=1000, draws=0, losses=0)),
        Match("y", "x", Score(wins=0, draws=0, losses=1000)),
        Match("x", "w", Score(wins=500, draws=0, losses=0)),
    ]
    alone, with_kin = rate(REFERENCES, PLAYED), rate(REFERENCES, PLAYED + kin)
    assert (with_kin["x"].mu, with_kin["x"].sigma) == pytest.approx((25, 25 / 3))
    assert {name: with_kin[name] for name in alone} == alone


def test_a_rating_hangs_on_nobody_elses_bouts():
    others = [Match("s5", name, Score(wins=20, draws=0, losses=0)) for name in REFERENCES]
    assert rate(REFERENCES, PLAYED + others)["s9"] == rate(REFERENCES, PLAYED)["s9"]
    assert rate(REFERENCES, others + PLAYED)["s9"] == rate(REFERENCES, PLAYED)["s9"]


def test_later_references_change_no_earlier_one():
    fewer, more = rate(REFERENCES[:2], PLAYED), rate(REFERENCES, PLAYED)
    assert fewer["zero"] == more["zero"]
    assert fewer["random"] == more["random"]


def test_stronger_players_are_rated_higher():
    ratings = rate(REFERENCES, PLAYED)
    assert ratings["random"].mu < 25 < ratings["s1"].mu < ratings["s9"].mu


@given(st.permutations(PLAYED))
def test_the_order_of_matches_hardly_matters(matches: list[Match]):
    """Updates are sequential: across players the order does not count, among one player's matches it does a little."""
    ratings, usual = rate(REFERENCES, matches), rate(REFERENCES, PLAYED)
    for name, rating in ratings.items():
        assert rating.mu == pytest.approx(usual[name].mu, abs=0.5 * usual[name].sigma)
        assert rating.sigma == pytest.approx(usual[name].sigma, rel=0.1)
