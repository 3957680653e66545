"""Ratings of players whose strength is known, or worked out by hand from the results of their bouts."""

import runpy
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.ranking import Ranking
from dohyo.curricula.ratings.rating import rate, rate_rankings
from dohyo.curricula.run.record import Match

UNIT = 5.892557
"""sqrt(2) 25 / 6, rating points that multiply the odds by e."""
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


def test_the_anchor_is_exact():
    """It defines the scale. A deviation of 1 made the intervals of all others hold 99 % (docs/results/ratings.md)."""
    for matches in ([], PLAYED):
        anchor = rate(REFERENCES, matches)["zero"]
        assert (anchor.mu, anchor.low, anchor.high) == (25, 25, 25)


def test_who_has_not_played_has_the_prior():
    prior = rate(REFERENCES, [])["random"]
    assert (prior.mu, prior.sigma) == pytest.approx((25, 25 / 3))


def test_two_players_by_hand():
    """With the prior's win and loss 16 of 22: odds of 8 to 3, whose logarithm is 0.980829."""
    x = rate(["zero"], against_zero(15, 5))["x"]
    assert x.mu == pytest.approx(25 + UNIT * 0.980829, abs=1e-4)
    assert x.sigma == pytest.approx(UNIT / sqrt(22 * (16 / 22) * (6 / 22)), abs=1e-4)
    assert (x.low, x.high) == pytest.approx((x.mu - 1.96 * x.sigma, x.mu + 1.96 * x.sigma), abs=1e-3)


def test_a_references_error_is_that_of_all_who_met_it():
    """Over 10,000 even bouts a player is as strong as its reference, and as uncertain; the difference is certain."""
    even = Score(wins=5000, draws=0, losses=5000)
    matches = [Match("random", "zero", Score(5, 0, 15)), Match("a", "random", even), Match("b", "random", even)]
    ratings = rate(["zero", "random"], matches)
    random, a, b = (ratings[name] for name in ("random", "a", "b"))
    assert random.mu == pytest.approx(25 - UNIT * 0.980829, abs=1e-4)
    assert a.mu == pytest.approx(random.mu, abs=0.01)
    assert a.sigma == pytest.approx(random.sigma, abs=0.01)
    assert a.minus(random).sigma == pytest.approx(UNIT / sqrt(2500), abs=0.001)
    assert a.minus(b).sigma == pytest.approx(UNIT * sqrt(2 / 2500), abs=0.001)
    assert a.minus(b).mu == pytest.approx(0)


@pytest.mark.parametrize("matches", [against_zero(0, 0, 20), against_zero(10, 10), against_zero(3, 3, 30)])
def test_a_player_that_does_as_well_as_the_anchor_stays_its_equal(matches: list[Match]):
    rating = rate(["zero"], matches)["x"]
    assert rating.mu == pytest.approx(25)
    assert 0 < rating.sigma < 25 / 3


def test_a_player_that_only_draws_with_an_equal_stays_its_equal():
    matches = [Match("random", "zero", Score(3000, 0, 1000)), Match("x", "random", Score(0, 10_000, 0))]
    ratings = rate(["zero", "random"], matches)
    assert ratings["random"].mu == pytest.approx(25 + UNIT * np.log(3), abs=0.01)
    assert ratings["x"].mu == pytest.approx(ratings["random"].mu, abs=0.01)


def test_each_win_more_counts():
    ratings = [rate(["zero"], against_zero(wins, 20 - wins))["x"].mu for wins in range(21)]
    assert ratings == sorted(ratings)
    assert len(set(ratings)) == 21
    assert ratings[0] < 20
    assert ratings[20] > 30


def test_a_draw_is_half_a_win_and_half_a_loss():
    draws, halves = rate(["zero"], against_zero(5, 3, 8))["x"], rate(["zero"], against_zero(9, 7))["x"]
    assert (draws.mu, draws.sigma) == pytest.approx((halves.mu, halves.sigma))


def test_winning_and_losing_mirror():
    up, down = rate(["zero"], against_zero(9, 0))["x"], rate(["zero"], against_zero(0, 9))["x"]
    assert up.mu - 25 == pytest.approx(25 - down.mu)
    assert up.sigma == pytest.approx(down.sigma)


def test_the_interval_shrinks_to_10_000_bouts():
    """With the square root of the bouts, the prior's two among them: from 25 / 3 to UNIT / sqrt(10,002 / 4)."""
    for bouts in (0, 2, 20, 200, 2_000, 10_000):
        rating = rate(["zero"], against_zero(bouts // 2, bouts // 2))["x"]
        assert rating.sigma == pytest.approx(2 * UNIT / sqrt(bouts + 2), abs=1e-5)


@pytest.mark.parametrize(("wins", "losses"), [(10_000, 0), (0, 10_000), (1, 0)])
def test_one_sided_results_have_a_rating(wins: int, losses: int):
    """A player that won all of n bouts: odds of n + 1 to 1 with the prior's."""
    x = rate(["zero"], against_zero(wins, losses))["x"]
    assert x.mu == pytest.approx(25 + UNIT * np.log((wins + 1) / (losses + 1)), abs=1e-3)


def test_a_chain_of_players_that_always_won():
    names = ["zero", *(f"r{k}" for k in range(12))]
    ratings = rate(names, [Match(a, b, Score(1000, 0, 0)) for a, b in zip(names[1:], names, strict=False)])
    mus, sigmas = ([getattr(ratings[name], key) for name in names] for key in ("mu", "sigma"))
    assert mus == sorted(mus)
    assert sigmas == sorted(sigmas)
    assert np.isfinite(mus).all()


def test_beating_its_own_kind_raises_nobody():
    kin = [
        Match("x", "y", Score(wins=1000, draws=0, losses=0)),
        Match("y", "x", Score(wins=0, draws=0, losses=1000)),
        Match("x", "w", Score(wins=500, draws=0, losses=0)),
    ]
    alone, with_kin = rate(REFERENCES, PLAYED), rate(REFERENCES, PLAYED + kin)
    assert (with_kin["x"].mu, with_kin["x"].sigma) == pytest.approx((25, 25 / 3))
    assert {name: with_kin[name] for name in alone} == alone


def test_a_rating_depends_on_nobody_elses_bouts():
    others = [Match("s5", name, Score(wins=20, draws=0, losses=0)) for name in REFERENCES]
    assert rate(REFERENCES, PLAYED + others)["s9"] == rate(REFERENCES, PLAYED)["s9"]
    assert rate(REFERENCES, others + PLAYED)["s9"] == rate(REFERENCES, PLAYED)["s9"]


def test_later_references_change_no_earlier_rating():
    """Neither a reference's nor that of a snapshot that has not met the later ones."""
    early = [match for match in PLAYED if match.opponent != "s1"]
    fewer, more = rate(REFERENCES[:2], early), rate(REFERENCES, early)
    for name in ("zero", "random", "s9"):
        assert fewer[name] == more[name]


def test_stronger_players_are_rated_higher():
    ratings = rate(REFERENCES, PLAYED)
    assert ratings["random"].mu < 25 < ratings["s1"].mu < ratings["s9"].mu


@given(st.permutations(PLAYED))
def test_the_order_of_matches_does_not_matter(matches: list[Match]):
    ratings, usual = rate(REFERENCES, matches), rate(REFERENCES, PLAYED)
    for name, rating in ratings.items():
        assert (rating.mu, rating.sigma) == pytest.approx((usual[name].mu, usual[name].sigma))


# --- more than two sides ---

KNOWN = {"zero": 25.0, "a": 30.0, "b": 21.0}


def known_references() -> list[Ranking]:
    """Enough bouts to know the ratings of a and b to about 0.1."""
    chance = {name: 1 / (1 + np.exp((25 - mu) / UNIT)) for name, mu in KNOWN.items() if name != "zero"}
    return [
        Ranking(name, ("zero",), ranks, round(100_000 * share))
        for name, win in chance.items()
        for ranks, share in (((0, 1), win), ((1, 0), 1 - win))
    ]


def log_plackett_luce(strengths: Sequence[float]) -> float:
    """The log-likelihood of an order of players, best first (Plackett 1975): each is chosen among those left."""
    odds = np.exp(np.array(strengths) / UNIT)
    return float(sum(np.log(odds[k] / odds[k:].sum()) for k in range(len(odds))))


def test_bouts_of_four_by_rank():
    """The mode and curvature of Plackett and Luce's likelihood, written out on a grid, and of the prior."""
    rankings = [
        Ranking("x", ("zero", "a", "b"), (1, 2, 0, 3), 30),  # a x zero b
        Ranking("x", ("zero", "a", "b"), (0, 1, 2, 3), 10),  # x zero a b
        Ranking("x", ("zero", "a", "b"), (3, 1, 0, 2), 5),  # a zero b x
        Ranking("x", ("zero", "a", "b"), (1, 1, 0, 3), 8),  # a, then x and zero in a draw, then b
    ]
    grid = np.linspace(20, 40, 4001)
    zero, a, b = KNOWN.values()
    orders = [(30, [a, None, zero, b]), (10, [None, zero, a, b]), (5, [a, zero, b, None])]
    orders += [(4, [a, None, zero, b]), (4, [a, zero, None, b])]
    # The prior: a win and a loss against a player at 25.
    density = [
        sum(n * log_plackett_luce([x if who is None else who for who in order]) for n, order in orders)
        + log_plackett_luce([x, 25])
        + log_plackett_luce([25, x])
        for x in grid
    ]
    mode = int(np.argmax(density))
    curvature = -np.gradient(np.gradient(density, grid), grid)[mode]
    rating = rate_rankings(list(KNOWN), known_references() + rankings)["x"]
    assert rating.mu == pytest.approx(grid[mode], abs=0.1)
    own = sqrt(rating.sigma**2 - sum(error**2 for error in rating.shared))
    assert own == pytest.approx(1 / sqrt(curvature), abs=0.01)
    assert 0 < sum(error**2 for error in rating.shared) < 0.1**2


def test_equals_of_any_number_of_sides_stay_equal():
    """A player that comes in first, second, third in turn among others at 25, or draws with all of them."""
    others = ("zero", "zero")
    in_turn = [Ranking("x", others, ranks, 10) for ranks in ((0, 1, 2), (1, 0, 2), (2, 0, 1))]
    for rankings in (in_turn, [Ranking("x", others, (0, 0, 0), 30)]):
        assert rate_rankings(["zero"], rankings)["x"].mu == pytest.approx(25)


def test_bouts_with_a_stranger_do_not_count():
    assert rate_rankings(["zero"], [Ranking("x", ("zero", "y"), (0, 1, 2), 100)])["x"].mu == pytest.approx(25)


def test_a_rank_for_every_side():
    with pytest.raises(DohyoError, match="2 ranks for 3 sides"):
        Ranking("x", ("zero", "random"), (0, 1))


# --- coverage ---

SIMULATION = runpy.run_path(str(Path(__file__).parents[3] / "docs/coverage.py"))
coverage, one_run, CHAINS = (SIMULATION[name] for name in ("coverage", "one_run", "CHAINS"))


@pytest.mark.parametrize("bouts", [20, 100])
def test_intervals_hold_the_truth_in_95_percent(bouts: int):
    """Across runs (each rating's interval) and within one (the difference's); a standard error is 1.1 %."""
    across, again, within = coverage(400, CHAINS[0], (29.0, 38.0), bouts)
    assert all(0.93 <= share <= 0.98 for share in (across, again, within))


@pytest.mark.slow
@pytest.mark.parametrize("bouts", [20, 100, 1000])
@pytest.mark.parametrize("known", CHAINS)
def test_intervals_hold_the_truth_whoever_the_references(known: tuple[float, ...], bouts: int):
    """A standard error is 0.4 %."""
    shares = coverage(3000, known, (20.0, 29.0, 38.0, 46.0), bouts)
    assert all(0.935 <= share <= 0.97 for share in shares)


def test_intervals_hold_the_truth_after_10_000_bouts():
    """They are a tenth of those after 100 bouts and hold it still."""
    shares = coverage(200, CHAINS[0], (29.0, 38.0), 10_000)
    assert all(0.9 <= share <= 0.99 for share in shares)
    rng = np.random.default_rng(0)
    few, many = (one_run(rng, CHAINS[0], (29.0, 38.0), bouts) for bouts in (100, 10_000))
    assert [m.sigma for m in many] == pytest.approx([f.sigma / 10 for f in few], rel=0.1)


def test_with_draws_intervals_hold_the_truth_more_often():
    """A draw counts as half a win, and its bout as if it had been decided: intervals are wider than they need be."""
    shares = coverage(200, CHAINS[0], (29.0, 38.0), 20, draws=0.4)
    assert all(0.95 <= share <= 1 for share in shares)
