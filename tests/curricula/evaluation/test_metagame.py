"""Scores, the Nash mixture and cycles, against answers from game theory and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dohyo.curricula.evaluation.metagame import cycles, knots, nash
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score

ROCK_PAPER_SCISSORS = [[0, -1, 1], [1, 0, -1], [-1, 1, 0]]


def beats(n: int, *edges: tuple[int, int]) -> np.ndarray:
    table = np.zeros((n, n), bool)
    for winner, loser in edges:
        table[winner, loser] = True
    return table


def test_rock_paper_scissors():
    found = nash(np.array(ROCK_PAPER_SCISSORS, float))
    assert found.rows == pytest.approx([1 / 3] * 3)
    assert found.columns == pytest.approx([1 / 3] * 3)
    assert found.value == pytest.approx(0)


def test_uneven_rock_paper_scissors():
    """Where the three wins pay a, b, c, the mixture is (b, c, a) over their sum: here 3, 1, 2 of 6."""
    found = nash(np.array([[0, 2, -1], [-2, 0, 3], [1, -3, 0]]) / 3)
    assert found.rows == pytest.approx([1 / 2, 1 / 6, 1 / 3])
    assert found.columns == pytest.approx([1 / 2, 1 / 6, 1 / 3])


def test_a_dominated_player_has_no_share():
    """The first player beats both others."""
    found = nash(np.array([[0, 0.2, 0.5], [-0.2, 0, 0.9], [-0.5, -0.9, 0]]))
    assert found.rows == pytest.approx([1, 0, 0], abs=1e-6)


def test_a_matrix_game_of_two_by_two():
    """Rows p of the first: 3p - 2(1 - p) = -p + 4(1 - p), so p = 0.6; columns 3q - (1 - q) = -2q + 4(1 - q): 0.5."""
    found = nash(np.array([[3.0, -1.0], [-2.0, 4.0]]))
    assert found.rows == pytest.approx([0.6, 0.4])
    assert found.columns == pytest.approx([0.5, 0.5])
    assert found.value == pytest.approx(1.0)


def test_a_saddle_point_with_more_columns_than_rows():
    """Row minima are 1 and 0, column maxima 4, 1 and 3: the saddle is the 1."""
    found = nash(np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 1.0]]))
    assert (found.rows, found.columns) == (pytest.approx([1, 0], abs=1e-6), pytest.approx([0, 1, 0], abs=1e-6))
    assert found.value == pytest.approx(1.0)


def test_equals_share_alike():
    assert nash(np.zeros((4, 4))).rows == pytest.approx([0.25] * 4)
    twins = np.array([[0, 0, 1], [0, 0, 1], [-1, -1, 0]], float)
    assert nash(twins).rows == pytest.approx([0.5, 0.5, 0], abs=1e-6)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_nobody_gains_by_departing_alone(rows: int, columns: int, seed: int):
    payoff = np.random.default_rng(seed).uniform(-1, 1, (rows, columns))
    found = nash(payoff)
    assert found.rows.sum() == pytest.approx(1)
    assert (payoff @ found.columns).max() <= found.value + 1e-6
    assert (found.rows @ payoff).min() >= found.value - 1e-6


def test_the_cycle_of_three_is_found_and_told_in_order():
    """Scissors (2) cut paper (1), paper wraps rock (0), rock blunts scissors; the well-armed 3 beats them all."""
    table = beats(4, (0, 2), (2, 1), (1, 0), (3, 0), (3, 1), (3, 2))
    assert cycles(table) == [(0, 2, 1)]
    assert cycles(table.T) == [(0, 1, 2)]
    assert knots(table) == [[0, 1, 2]]


def test_an_order_has_no_cycle():
    table = beats(4, (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    assert (cycles(table), knots(table)) == ([], [])


def test_a_longer_cycle_is_a_knot():
    table = beats(5, (0, 1), (1, 2), (2, 3), (3, 0), (4, 0))
    assert (cycles(table), knots(table)) == ([], [[0, 1, 2, 3]])


def test_scores_are_counted():
    winners = [0, 0, 0, 1, -1, -1]
    score = Score.of(Bout(k, 0, winner, 1, "over") for k, winner in enumerate(winners))
    assert score == Score(wins=3, draws=2, losses=1)
    assert (score.bouts, score.win_rate, score.payoff) == (6, 0.5, pytest.approx(1 / 3))
    assert score.turned() == Score(1, 2, 3)
    assert score + score.turned() == Score(4, 4, 4)
    assert Score(0, 0, 0).payoff == 0


@pytest.mark.parametrize(
    ("score", "better"),
    [
        # By hand: Wilson's lower end for 60 of 100 is 0.5020, for 59 of 100 it is 0.4920.
        (Score(60, 0, 40), True),
        (Score(59, 0, 41), False),
        (Score(40, 0, 60), False),
        # Draws decide nothing: 10 of 10 has the lower end 10 / 13.84, 3 of 3 has 3 / 6.84.
        (Score(10, 990, 0), True),
        (Score(3, 0, 0), False),
        (Score(0, 5, 0), False),
    ],
)
def test_better_is_beyond_doubt(score: Score, better: bool):
    assert score.better == better
