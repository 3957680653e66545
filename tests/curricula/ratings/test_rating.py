"""Ratings of players whose strength is known by how their bouts ended."""

from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import ANCHOR, rate
from dohyo.curricula.run.record import Match


def test_a_player_that_only_draws_with_the_anchor_stays_its_equal():
    """Players of one strength draw: neither gains. Openskill 6.1 raised both, from 25 to 43 within 20 bouts."""
    drawn = rate(["zero"], [Match("one", "zero", Score(wins=0, draws=20, losses=0))])["one"]
    assert drawn.mu == pytest.approx(ANCHOR, abs=0.1)
    assert drawn.low < ANCHOR < drawn.high
    assert drawn.sigma < 25 / 3


def test_wins_raise_and_losses_lower_by_as_much():
    won = rate(["zero"], [Match("one", "zero", Score(wins=20, draws=0, losses=0))])["one"]
    lost = rate(["zero"], [Match("one", "zero", Score(wins=0, draws=0, losses=20))])["one"]
    assert won.low > ANCHOR > lost.high
    assert won.mu - ANCHOR == pytest.approx(ANCHOR - lost.mu, abs=0.1)


def test_the_version_that_rates_draws_wrongly_is_shut_out():
    [needed] = [r for text in requires("dohyo") or () if (r := Requirement(text)).name == "openskill"]
    assert not needed.specifier.contains("6.1.3")
    assert needed.specifier.contains(version("openskill"))
