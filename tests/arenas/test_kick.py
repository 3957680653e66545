"""The dense reward of kick-and-defend, worked out by hand."""

import numpy as np
import pytest
from doubles import observed

from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.registry import build_arena

STILL = (3, 0, 0.5)
"""A keeper that stands before its goal."""


def paid(worlds: list[tuple[tuple[float, ...], ...]], nearest: float = 4.0) -> dict[str, np.ndarray]:
    """The terms without their weights; a world is the kicker before and now, the ball before and now, the keeper."""
    arena = build_arena("kick_and_defend", "ant", worlds=len(worlds))
    frame = Frame.empty(arena.scene, len(worlds))
    arena.nearest[:] = nearest
    for w, (kicker_before, kicker, ball_before, ball, keeper) in enumerate(worlds):
        frame.root_before[w], frame.root_position[w] = (kicker_before, keeper), (kicker, keeper)
        frame.loose_before[w, 0], frame.loose_position[w, 0] = ball_before, ball
    action = np.zeros((len(worlds), 16))
    action[0, :8] = 0.5
    terms = arena.judge(frame, action).terms
    return {term.name: values / term.weight for term, values in zip(arena.terms, terms, strict=True)}


def test_dense_terms():
    """In 0.05 s the kicker goes from (-1.6, 1) to (-1.5, 1), the ball from (0, 1) to (0.1, 1), towards (4, 1)."""
    terms = paid([((-1.6, 1, 0.5), (-1.5, 1, 0.5), (0, 1, 0.15), (0.1, 1, 0.15), STILL)])
    by_hand = {
        "ball": (2, -2),
        "approach": (2, 0),  # to (-0.4, 1), 0.5 m behind the ball
        "guard": (0, 1),
        "control": (8 * 0.25, 0),
        "standing": (1, 0),
    }
    assert terms.keys() == by_hand.keys()
    for name, quantity in by_hand.items():
        assert terms[name][0] == pytest.approx(quantity, abs=1e-9), name


def test_a_ball_is_best_sent_inside_the_posts():
    """From (0, 5) that is to (4, 2), 5 m away; half a metre on there are 4.5 left."""
    kicker = (-2, 5, 0.5)
    terms = paid([(kicker, kicker, (0, 5, 0.15), (0.4, 4.7, 0.15), STILL)], nearest=5.0)
    assert terms["ball"][0] == pytest.approx((10, -10))


def test_a_ball_pays_once_for_every_metre():
    """4 m away, and 3.8 at best so far: back to 4.2 m costs nothing, from 4 to 3.9 pays nothing, to 3.7 pays 0.1 m."""
    kicker, before, now = (-2, 0, 0.5), (0, 0, 0.15), (-0.2, 0.1, 0.3)
    terms = paid([(kicker, kicker, before, (x, 0, 0.15), STILL) for x in now], nearest=3.8)
    assert terms["ball"] == pytest.approx(np.array([(0, 0), (0, 0), (2, -2)]))


def test_where_the_ball_should_go_is_seen_in_the_own_frame():
    """From (0, 5) to (4, 2) is (4, -3); who looks along y has that 3 m behind, and 4 m to the right."""
    arena = build_arena("kick_and_defend", "ant")
    frame = Frame.empty(arena.scene, 1)
    frame.loose_position[0, 0] = 0, 5, 0.3
    frame.root_rotation[0] = np.eye(3), [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    assert observed(arena, frame, 0)["course"] == pytest.approx([4, -3, 0], abs=1e-6)
    assert observed(arena, frame, 1)["course"] == pytest.approx([-3, -4, 0], abs=1e-6)


@pytest.mark.parametrize("ball", [(0, 5, 0.15), (-1, -2, 0.15), (4.5, 1, 0.15)])
def test_approach_cannot_be_farmed(ball):
    """Back and forth pays nothing, wherever the ball rests, and a kicker that waits at the spot earns nothing."""
    here, there = (-2, 0.5, 0.5), (-1, 1, 0.5)
    terms = paid([(here, there, ball, ball, STILL), (there, here, ball, ball, STILL), (here, here, ball, ball, STILL)])
    assert terms["approach"][0, 0] != 0
    assert terms["approach"][:2, 0].sum() == pytest.approx(0, abs=1e-9)
    assert terms["approach"][2, 0] == 0


def test_a_ball_that_rolls_away_does_not_cost_approach():
    kicker = (-0.7, 0, 0.5)
    terms = paid([(kicker, kicker, (0, 0, 0.15), (0.1, 0, 0.15), STILL)])
    assert terms["approach"][0, 0] == 0


def test_the_spot_is_behind_the_ball():
    """A step of 0.1 m to (-0.4, 5.3), on the line from (0, 5) to (4, 2), is worth 2 m/s; one past the ball costs."""
    ball = (0, 5, 0.15)
    at, away = (-0.4, 5.3, 0.5), (-0.48, 5.36, 0.5)
    terms = paid([(away, at, ball, ball, STILL), (at, (0, 5, 0.5), ball, ball, STILL)])
    assert terms["approach"][:, 0] == pytest.approx((2, -10))


def test_a_kicker_beside_the_ball_goes_behind_it_first():
    """From (0, 2), beside a ball at (0, 0) that is to go along x: back pays, more so towards the line; onward costs."""
    ball, beside = (0, 0, 0.15), (0, 2, 0.5)
    terms = paid([(beside, there, ball, ball, STILL) for there in ((-0.1, 2, 0.5), (-0.1, 1.9, 0.5), (0.1, 2, 0.5))])
    back, slanting, onward = terms["approach"][:, 0]
    assert onward < 0 < back < slanting


@pytest.mark.parametrize(
    ("keeper", "quantity"), [((3, 0, 0.5), 1), ((3, 3.1, 0.5), -1), ((4.1, 0, 0.5), -1), ((3, 0, 0.2), -1)]
)
def test_a_keeper_guards_by_standing_before_its_goal(keeper, quantity):
    kicker, ball = (-2, 0, 0.5), (0, 0, 0.15)
    assert paid([(kicker, kicker, ball, ball, keeper)])["guard"][0, 1] == quantity
