"""Sumo's rules, payments, starts and observations, against answers worked out by hand."""

import numpy as np
import pytest
from states import DOWN, UP, WORLD, ring

from dohyo.arenas import BODIES, Frame
from dohyo.arenas.rules.arena import Verdict
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.sumo import Sumo


def judged(places, touch: bool, **keywords) -> tuple[Verdict, Sumo]:
    """The verdict on ants at two places, in a ring of 3 m by default."""
    sumo, frame = ring(**keywords)
    frame.root_position[0] = places
    frame.contact[0, 0, 1] = frame.contact[0, 1, 0] = touch
    return sumo.judge(frame, np.zeros((1, 16))), sumo


INSIDE, OUTSIDE = (1.0, 0.0, UP), (2.4, 1.9, UP)  # hypot(2.4, 1.9) = 3.06
FALLEN, FALLEN_OUTSIDE = (1.0, 0.0, DOWN), (2.4, 1.9, DOWN)


@pytest.mark.parametrize(
    ("places", "touch", "ending", "winner", "outcome"),
    [
        ((INSIDE, FALLEN), True, "fell", 0, (1000, -1000)),
        ((FALLEN, INSIDE), True, "fell", 1, (-1000, 1000)),
        ((OUTSIDE, INSIDE), True, "left the ring", 1, (-1000, 1000)),
        ((INSIDE, OUTSIDE), True, "left the ring", 0, (1000, -1000)),
        ((OUTSIDE, OUTSIDE), True, "all out", -1, (-1000, -1000)),
        ((FALLEN, FALLEN), True, "all out", -1, (-1000, -1000)),
        # Leaving counts only when nobody fell: the one outside wins over the one who fell.
        ((OUTSIDE, FALLEN), True, "fell", 0, (1000, -1000)),
        ((FALLEN_OUTSIDE, OUTSIDE), True, "fell", 1, (-1000, 1000)),
        # A win needs contact: the loser pays, nobody earns.
        ((INSIDE, FALLEN), False, "out without contact", -1, (0, -1000)),
        ((OUTSIDE, INSIDE), False, "out without contact", -1, (-1000, 0)),
        ((FALLEN, FALLEN), False, "all out", -1, (-1000, -1000)),
    ],
)
def test_endings_and_payments(places, touch, ending, winner, outcome):
    verdict, sumo = judged(places, touch)
    assert verdict.done.tolist() == [True]
    assert sumo.endings[verdict.ending[0]] == ending
    assert verdict.winner.tolist() == [winner]
    assert verdict.outcome.tolist() == [list(outcome)]


def test_a_bout_goes_on_while_both_stand_inside():
    verdict, _ = judged(((2.99, 0, 0.31), (0, -2.99, 0.31)), touch=True)
    assert verdict.done.tolist() == [False]
    assert verdict.winner.tolist() == [-1]
    assert verdict.outcome.tolist() == [[0, 0]]


def test_a_touch_counts_for_the_whole_bout_and_not_for_the_next():
    sumo, frame = ring()
    frame.contact[0, 0, 1] = frame.contact[0, 1, 0] = True
    sumo.judge(frame, np.zeros((1, 16)))
    frame.contact[:] = False
    frame.root_position[0, 1] = FALLEN
    assert sumo.judge(frame, np.zeros((1, 16))).winner.tolist() == [0]
    sumo.spawn(WORLD, Dice([0]))
    assert sumo.judge(frame, np.zeros((1, 16))).winner.tolist() == [-1]


def test_time_out_is_a_draw_that_costs_both():
    sumo, frame = ring(max_cycles=3)
    verdicts = [sumo.judge(frame, np.zeros((1, 16))) for _ in range(3)]
    assert [bool(v.done[0]) for v in verdicts] == [False, False, True]
    assert sumo.endings[verdicts[2].ending[0]] == "time-out"
    assert verdicts[2].outcome.tolist() == [[-1000, -1000]]
    assert verdicts[2].winner.tolist() == [-1]


def test_a_fall_in_the_last_step_is_a_fall():
    verdict, sumo = judged((INSIDE, FALLEN), touch=True, max_cycles=1)
    assert sumo.endings[verdict.ending[0]] == "fell"
    assert verdict.winner.tolist() == [0]


def test_worlds_are_judged_each_by_its_own():
    sumo, frame = ring(worlds=3)
    sumo.radius[:] = 3, 0.9, 3
    frame.root_position[2, 0] = FALLEN
    frame.contact[2] = True
    verdict = sumo.judge(frame, np.zeros((3, 16)))
    assert verdict.done.tolist() == [False, True, True]
    assert verdict.winner.tolist() == [-1, -1, 1]


def test_dense_terms():
    """Within 0.05 s seat 0 goes from (-1, 0, .5) to (-.9, 0, .5), seat 1 from (1, 1, .5) to (1, 1.2, .47)."""
    sumo, frame = ring()
    frame.root_before[0] = (-1, 0, 0.5), (1, 1, 0.5)
    frame.root_position[0] = (-0.9, 0, 0.5), (1, 1.2, 0.47)
    action = np.zeros((1, 16))
    action[0, :8], action[0, 8] = 0.5, -1
    terms = dict(zip([term.name for term in sumo.terms], sumo.judge(frame, action).terms, strict=True))
    weight = {term.name: term.weight for term in sumo.terms}
    root5, far = np.sqrt(2), np.hypot(1, 1.2)
    gap = np.hypot(1.9, 1.2)
    outward = (0.9 - 1) / 0.05, (far - root5) / 0.05
    by_hand = {
        "centre": (0.9, far),
        "control": (8 * 0.25, 1.0),
        "standing": (1, 1),
        "approach": (2 * 1.9 / gap, -4 * 1.2 / gap),  # 2 m/s along x; 4 m/s along y, away
        "push": (outward[1], outward[0]),
        "topple": (0.6, -0.6),
    }
    assert terms.keys() == by_hand.keys() == weight.keys()
    for name, quantity in by_hand.items():
        assert terms[name][0] == pytest.approx(weight[name] * np.array(quantity), abs=1e-9), name


def test_weights_have_the_right_sign():
    """Far from the centre, great effort: worse. Standing, approaching, pushing, toppling: better."""
    signs = {term.name: np.sign(term.weight) for term in Sumo.terms}
    assert signs == {"centre": -1, "control": -1, "standing": 1, "approach": 1, "push": 1, "topple": 1}


def test_a_fallen_ant_does_not_stand():
    verdict, sumo = judged((INSIDE, FALLEN), touch=False)
    index, pay = next((k, term.weight) for k, term in enumerate(sumo.terms) if term.name == "standing")
    assert verdict.terms[index].tolist() == [[pay, -pay]]


@pytest.mark.parametrize(("body", "fallen"), [("ant", 0.30), ("bug", 0.29), ("spider", 0.29), ("humanoid", 0.50)])
def test_each_body_has_its_own_height_of_falling(body, fallen):
    sumo = Sumo([BODIES["ant"], BODIES[body]], 2, "target", 500)
    frame = Frame.empty(sumo.scene, 2)
    frame.root_position[:] = [[(-1, 0, UP), (1, 0, fallen)], [(-1, 0, UP), (1, 0, fallen + 0.001)]]
    frame.root_before[:] = frame.root_position
    frame.contact[:] = True
    assert sumo.judge(frame, np.zeros((2, sumo.scene.model.nu))).winner.tolist() == [0, -1]


def test_a_humanoid_on_its_knees_is_not_paid_for_standing():
    """EC pays humans from 1.0 m, and ends the bout at 0.5 m."""
    sumo = Sumo([BODIES["humanoid"]] * 2, 1, "target", 500)
    frame = Frame.empty(sumo.scene, 1)
    frame.root_position[:] = [(-1, 0, 0.99), (1, 0, 1.01)]
    frame.root_before[:] = frame.root_position
    verdict = sumo.judge(frame, np.zeros((1, 34)))
    index, pay = next((k, term.weight) for k, term in enumerate(sumo.terms) if term.name == "standing")
    assert verdict.terms[index].tolist() == [[-pay, pay]]
    assert verdict.done.tolist() == [False]
