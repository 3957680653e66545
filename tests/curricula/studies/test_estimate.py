"""Means over seeds: intervals worked out by hand with Student's table."""

import numpy as np
import pytest

from dohyo.curricula.studies.estimate import Estimate, over_seeds


def test_rows_and_columns_both_count():
    """Row means 0.02 and 0.06, column means the same: each has the variance 0.0008, and 0.0004 over two seeds.

    Together 0.0008, with (2 * 0.0004)^2 / (2 * 0.0004^2) = 2 degrees of freedom: t = 4.303.
    """
    found = over_seeds([np.array([[0.0, 0.04], [0.04, 0.08]])])
    half = 4.303 * 0.0008**0.5
    assert (found.mean, found.low, found.high) == pytest.approx((0.04, 0.04 - half, 0.04 + half), abs=1e-4)


def test_where_only_the_arms_own_seeds_differ():
    """Three seeds at -0.1, 0 and 0.1: Student's interval with two degrees of freedom, 4.303 * 0.1 / sqrt(3)."""
    found = over_seeds([np.array([[-0.1] * 3, [0.0] * 3, [0.1] * 3])])
    assert (found.mean, found.low, found.high) == pytest.approx((0, -0.2484, 0.2484), abs=1e-4)


def test_two_opponents_weigh_half_each():
    """The arm's seeds are alike; each opponent's two seeds lie 0.2 apart, so halved: variance 0.005 over 2, twice.

    Together 0.005 with two degrees of freedom.
    """
    block = np.array([[0.1, 0.3], [0.1, 0.3]])
    found = over_seeds([block, block + 0.2])
    half = 4.303 * 0.005**0.5
    assert (found.mean, found.low, found.high) == pytest.approx((0.3, 0.3 - half, 0.3 + half), abs=1e-4)


def test_one_seed_says_nothing_of_others():
    assert over_seeds([np.array([[0.7]])]) == Estimate(0.7, -1, 1)


def test_where_nothing_differs():
    assert over_seeds([np.ones((3, 3))]) == Estimate(1, 1, 1)


@pytest.mark.parametrize(("low", "high", "sign"), [(0.1, 0.3, 1), (-0.3, -0.1, -1), (-0.1, 0.3, 0), (0, 0, 0)])
def test_signs(low: float, high: float, sign: int):
    assert Estimate((low + high) / 2, low, high).sign == sign


@pytest.mark.parametrize("opponents", [1, 3])
def test_intervals_hold_the_truth_as_often_as_they_say(opponents: int):
    """500 studies of three seeds whose true payoff is 0, seeds 0.15 apart, bouts 0.1: 95 % or a little more.

    The standard deviation of such a share is 1 %.
    """
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(500):
        own, noise = rng.normal(0, 0.15, (3, 1)), rng.normal(0, 0.1, (opponents, 3, 3))
        found = over_seeds(list(own + rng.normal(0, 0.15, (opponents, 1, 3)) + noise))
        held += found.low <= 0 <= found.high
    assert 0.92 <= held / 500 <= 0.99
