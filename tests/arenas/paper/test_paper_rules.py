"""The paper's arenas: each way to win, lose and draw, and its reward, against the numbers in paper.md."""

import numpy as np
import pytest

from dohyo.arenas import make_batch
from dohyo.arenas.batch import Batch
from dohyo.arenas.rules.arena import Verdict

NOBODY = -1
Place = tuple[float, float, float]
HIGH, LOW = (0.0, 0.0, 2.0), (0.0, 0.0, 0.1)
"""Roots that stand and that are down, whatever the body and the ground."""


def at(place: Place, x: float, y: float = 0.0) -> Place:
    return x, y, place[2]


def constructed(arena: str, places: list[Place], steps: int = 0) -> Batch:
    """A batch of one world in which roots are at `places`, with centres of mass there, now and one step before."""
    batch = make_batch(arena, worlds=1)
    batch.reset(0)
    frame = batch.engine.frame
    frame.root_position[0] = frame.root_before[0] = frame.com[0] = frame.com_before[0] = places
    frame.contact[:] = False
    batch.arena.steps[:] = steps
    return batch


def judge(batch: Batch, action: float = 0.0) -> Verdict:
    """The verdict if all actions are `action`."""
    return batch.arena.judge(batch.engine.frame, np.full((1, batch.arena.scene.model.nu), action))


def assert_ends(batch: Batch, ending: str | None, winner: int, outcome: tuple[float, float]) -> None:
    """Assert that the bout ends with `ending`, or goes on if it is None."""
    verdict = judge(batch)
    assert bool(verdict.done[0]) == (ending is not None)
    assert ending is None or batch.arena.endings[verdict.ending[0]] == ending
    assert verdict.winner[0] == winner
    assert tuple(verdict.outcome[0]) == outcome
    batch.close()


LAST = 499
"""Control steps before the last of a bout."""
ON, OFF = at(HIGH, 1), at(HIGH, 2.4, 1.9)  # hypot(2.4, 1.9) = 3.06, on a platform of 3 m


@pytest.mark.parametrize("arena", ["paper/sumo-ants", "paper/sumo-humans"])
@pytest.mark.parametrize(
    ("places", "touched", "steps", "ending", "winner", "outcome"),
    [
        ((HIGH, ON), True, 0, None, NOBODY, (0, 0)),
        ((LOW, ON), True, 0, "fell", 1, (-1000, 1000)),
        ((HIGH, LOW), True, LAST, "fell", 0, (1000, -1000)),
        ((LOW, LOW), True, 0, "both out", NOBODY, (-1000, -1000)),
        ((LOW, ON), False, 0, "out without contact", NOBODY, (-1000, 0)),
        ((OFF, ON), True, 0, "left the platform", 1, (-1000, 1000)),
        ((HIGH, OFF), False, 0, "out without contact", NOBODY, (0, -1000)),
        ((OFF, OFF), True, 0, "both out", NOBODY, (-1000, -1000)),
        ((LOW, OFF), True, 0, "fell", 1, (-1000, 1000)),  # leaving counts only where nobody fell
        ((HIGH, ON), True, LAST, "time-out", NOBODY, (-1000, -1000)),
    ],
)
def test_sumo(arena, places, touched, steps, ending, winner, outcome):
    batch = constructed(arena, places, steps)
    batch.arena.radius[:], batch.arena.touched[:] = 3.0, touched
    assert_ends(batch, ending, winner, outcome)


@pytest.mark.parametrize(("arena", "height"), [("paper/sumo-ants", 0.8), ("paper/sumo-humans", 1.0)])
def test_sumo_falls_at_a_height(arena, height):
    """0.3 (ants) and 0.5 (humans) above the platform, which is 0.5 high."""
    for z, ending in ((height, "fell"), (height + 0.001, None)):
        batch = constructed(arena, [(0, 0, z), ON])
        batch.arena.touched[:] = True
        assert_ends(batch, ending, 1 if ending else NOBODY, (-1000, 1000) if ending else (0, 0))


def test_touching_now_counts():
    batch = constructed("paper/sumo-ants", [LOW, ON])
    batch.engine.frame.contact[0, 0, 1] = True
    assert_ends(batch, "fell", 1, (-1000, 1000))


@pytest.mark.parametrize("arena", ["paper/run-to-goal-ants", "paper/run-to-goal-humans"])
@pytest.mark.parametrize(
    ("places", "steps", "ending", "winner", "outcome"),
    [
        ((at(HIGH, 3.9), at(HIGH, -3.9)), 0, None, NOBODY, (0, 0)),
        ((at(HIGH, -4.1), at(HIGH, 4.1)), 0, None, NOBODY, (0, 0)),
        ((at(HIGH, 4.1), HIGH), 0, "reached the goal", 0, (1000, -1000)),
        ((HIGH, at(HIGH, -4.1)), LAST, "reached the goal", 1, (-1000, 1000)),
        ((at(LOW, 4.1), LOW), 0, "reached the goal", 0, (1000, -1000)),
        ((at(HIGH, 4.1), at(HIGH, -4.1)), 0, "both reached the goal", NOBODY, (0, 0)),
        ((LOW, at(LOW, 1)), 0, "both down", NOBODY, (0, 0)),
        ((LOW, at(HIGH, 1)), 0, None, NOBODY, (0, 0)),
        ((LOW, at(LOW, 1)), LAST, "both down", NOBODY, (0, 0)),
        ((HIGH, HIGH), LAST, "time-out", NOBODY, (-1000, -1000)),
    ],
)
def test_run_to_goal(arena, places, steps, ending, winner, outcome):
    assert_ends(constructed(arena, places, steps), ending, winner, outcome)


def test_a_line_is_passed_by_the_centre_of_mass():
    batch = constructed("paper/run-to-goal-humans", [at(HIGH, 4.1), HIGH])
    batch.engine.frame.com[0, 0, 0] = 3.9
    assert_ends(batch, None, NOBODY, (0, 0))


@pytest.mark.parametrize(
    ("places", "steps", "ending", "winner", "outcome"),
    [
        ((HIGH, at(HIGH, -3.9)), 0, None, NOBODY, (0, 0)),
        ((HIGH, at(HIGH, -4.1)), 0, "passed", 1, (-1000, 1000)),
        ((HIGH, at(LOW, -4.1)), 0, "passed", 1, (-1000, 1000)),
        ((HIGH, LOW), 0, "runner fell", 0, (1000, -1000)),
        ((LOW, LOW), LAST, "runner fell", 0, (0, -1000)),
        ((LOW, HIGH), 0, None, NOBODY, (0, 0)),
        ((HIGH, HIGH), LAST, "time-out", 0, (0, -1000)),
        ((at(HIGH, 4.1), HIGH), 0, "blocker ran away", NOBODY, (-1000, 0)),
        ((at(HIGH, 4.1), at(HIGH, -4.1)), 0, "passed", 1, (-1000, 1000)),
    ],
)
def test_you_shall_not_pass(places, steps, ending, winner, outcome):
    assert_ends(constructed("paper/you-shall-not-pass", places, steps), ending, winner, outcome)


KEEPS = at(HIGH, 3)


@pytest.mark.parametrize(
    ("kicker", "keeper", "ball", "speed", "saved", "steps", "ending", "winner", "outcome"),
    [
        (HIGH, KEEPS, (0, 0), 0, False, 0, None, NOBODY, (0, 0)),
        (HIGH, KEEPS, (4.1, 3.0), 0, True, 0, "goal", 0, (1000, -1000)),
        (LOW, at(LOW, 0), (4.1, -3.0), -2, True, LAST, "goal", 0, (1000, -1000)),  # a goal counts before all else
        (HIGH, KEEPS, (4.1, 3.1), 0, False, 0, "missed", 1, (-1000, 1500)),
        (HIGH, KEEPS, (4.1, 3.1), 0, True, 0, "missed", 1, (-1000, 2000)),
        (HIGH, at(LOW, 3), (4.1, 3.1), 0, True, 0, "missed", 1, (-1000, 1500)),
        (HIGH, at(LOW, 3), (4.1, 3.1), 0, False, 0, "missed", 1, (-1000, 1000)),
        (HIGH, KEEPS, (0, 0), -1.1, False, 0, "rolled back", 1, (-1000, 1500)),
        (HIGH, KEEPS, (0, 0), -0.9, False, 0, None, NOBODY, (0, 0)),
        (LOW, at(LOW, 3), (0, 0), 0, False, 0, "both down", 1, (-1000, 1000)),
        (LOW, (3, 0, 0.6), (0, 0), 0, False, 0, None, NOBODY, (0, 0)),  # the keeper is down at 0.5, the kicker at 0.8
        (HIGH, KEEPS, (0, 0), 0, False, LAST, "time-out", 1, (-1000, 1500)),
        (HIGH, at(HIGH, 1.4), (0, 0), 0, True, 0, "keeper strayed", NOBODY, (0, -1000)),
        (HIGH, at(HIGH, 6.6), (0, 0), 0, True, 0, "keeper strayed", NOBODY, (0, -1000)),
        (HIGH, at(HIGH, 1.4), (0, 0), 0, False, LAST, "time-out", 1, (-1000, 1500)),
    ],
)
def test_kick_and_defend(kicker, keeper, ball, speed, saved, steps, ending, winner, outcome):
    batch = constructed("paper/kick-and-defend", [kicker, keeper], steps)
    frame = batch.engine.frame
    frame.loose_position[0, 0], frame.loose_velocity[0, 0] = (*ball, 0.15), (speed, 0, 0)
    batch.arena.saved[:] = saved
    assert_ends(batch, ending, winner, outcome)


def test_who_touches_the_ball_now_has_saved():
    batch = constructed("paper/kick-and-defend", [HIGH, KEEPS], LAST)
    frame = batch.engine.frame
    frame.loose_position[0, 0], frame.loose_velocity[0, 0] = (0, 0, 0.15), 0
    frame.contact[0, 1, 2] = True
    assert_ends(batch, "time-out", 1, (-1000, 2000))


@pytest.mark.parametrize(
    ("places", "steps", "ending", "winner", "outcome"),
    [
        ((HIGH, at(HIGH, 1)), 499, None, NOBODY, (0, 0)),
        ((LOW, HIGH), 0, "fell", 1, (-2000, 2000)),
        ((HIGH, at(HIGH, 1, -2.1)), 0, "left the tatami", 0, (2000, -2000)),
        ((HIGH, at(HIGH, 2.0, 2.0)), 0, None, NOBODY, (0, 0)),  # it is square
        ((LOW, at(HIGH, 2.2)), 0, "both out", NOBODY, (0, 0)),
        ((HIGH, at(HIGH, 1)), 500, "time-out", NOBODY, (-1000, -1000)),
        ((LOW, HIGH), 500, "fell", 1, (-3000, 1000)),
    ],
)
def test_robosumo(places, steps, ending, winner, outcome):
    assert_ends(constructed("paper/robosumo", places, steps), ending, winner, outcome)


def test_robosumo_measures_heights_from_the_tatami():
    for z, done in ((0.789, True), (0.791, False)):
        batch = constructed("paper/robosumo", [(0, 0, z), at(HIGH, 1)])
        assert judge(batch).done[0] == done
        batch.close()


def moved(batch: Batch, seat: int, by: float) -> None:
    """Move a seat by this distance along x within the control step."""
    batch.engine.frame.com_before[0, seat, 0] -= by
    batch.engine.frame.root_before[0, seat, 0] -= by


def terms(batch: Batch, action: float) -> dict[str, list[float]]:
    """Each term's reward of the two seats."""
    verdict = judge(batch, action)
    names = [term.name for term in batch.arena.terms]
    batch.close()
    return {name: worth[0].tolist() for name, worth in zip(names, verdict.terms, strict=True)}


def test_what_sumo_pays():
    paid = terms(constructed("paper/sumo-ants", [(0.6, 0.8, 0.78), (0, 2, 0.77)]), 2.0)
    assert paid["centre"] == pytest.approx([-1, -2])
    assert paid["control"] == pytest.approx([-3.2, -3.2])  # 0.1 * 8 * 2^2, as they are
    assert paid["standing"] == [5, -5]  # 0.28 above the platform
    paid = terms(constructed("paper/sumo-humans", [(0, 0, 1.5), (0, 2, 1.49)]), 2.0)
    assert paid["control"] == pytest.approx([-0.272, -0.272])  # 0.1 * 17 * 0.4^2, clipped first
    assert paid["standing"] == [5, -5]


def test_what_running_pays():
    ants = constructed("paper/run-to-goal-ants", [(0, 0, 0.28), (1, 0, 0.27)])
    moved(ants, 0, 0.1), moved(ants, 1, 0.1)
    paid = terms(ants, 2.0)
    assert paid["forward"] == pytest.approx([2, -2])  # 0.1 m in 0.05 s; seat 1 runs the other way
    assert paid["control"] == pytest.approx([-16, -16])
    assert paid["standing"] == [1, -1]
    humans = constructed("paper/run-to-goal-humans", [(1, 0, 1.0), (1, 0, 0.99)])
    moved(humans, 0, 0.012), moved(humans, 1, -0.012)
    paid = terms(humans, 2.0)
    assert paid["forward"] == pytest.approx([1, 1])  # 0.25 * 0.012 / 0.003
    assert paid["control"] == pytest.approx([-6.8, -6.8])
    assert paid["standing"] == [5, -5]
    assert paid["goal"] == pytest.approx([-3, -5])


def test_what_passing_and_blocking_pay():
    batch = constructed("paper/you-shall-not-pass", [(0, 0, 1.0), (1, 0, 1.0)])
    moved(batch, 0, 0.012), moved(batch, 1, -0.012)
    paid = terms(batch, 1.0)
    assert paid["forward"] == pytest.approx([0, 1])
    assert paid["control"] == pytest.approx([-1.7, -1.7])
    assert paid["standing"] == [5, 5]
    assert paid["goal"] == pytest.approx([0, -5])
    assert paid["hold"] == pytest.approx([5, 0])
    assert terms(constructed("paper/you-shall-not-pass", [HIGH, at(HIGH, -4.1)]), 0)["hold"] == [0, 0]


def test_what_kicking_and_keeping_pay():
    batch = constructed("paper/kick-and-defend", [(0, 0, 1.0), (4.05, 3.0, 1.0)])
    moved(batch, 0, 0.012), moved(batch, 1, 0.012)
    batch.engine.frame.loose_position[0, 0], batch.engine.frame.loose_velocity[0, 0] = (0.6, 0.8, 0.15), 0
    paid = terms(batch, 1.0)
    assert paid["forward"] == pytest.approx([1, 0])
    assert paid["control"] == pytest.approx([-0.272, -0.272])
    assert paid["standing"] == [5, 0]
    assert paid["ball"] == pytest.approx([-1, 0])
    assert paid["guard"] == [0, 5]
    assert paid["hold"] == pytest.approx([-3.4, 3.4])
    for place in ((4.06, 0, 1.0), (3, 3.1, 1.0), (3, 0, 0.99)):
        assert terms(constructed("paper/kick-and-defend", [HIGH, place]), 0)["guard"] == [0, -5]


def test_what_robosumo_pays():
    batch = constructed("paper/robosumo", [(0, 0, 1.0), (1, 0, 1.0)])
    moved(batch, 0, 0.1), moved(batch, 1, 0.1)
    paid = terms(batch, 2.0)
    assert paid["control"] == pytest.approx([-3.2, -3.2])
    assert paid["push"] == pytest.approx([-10 * np.exp(-1), -10])
    assert paid["approach"] == pytest.approx([0.2, 0])  # 0.1 m in 0.05 s towards the other, and away from it


@pytest.mark.parametrize(
    ("arena", "force", "paid"),
    [
        ("paper/run-to-goal-ants", 3.0, -0.0005 * 78),  # 13 bodies, 6 numbers each, clipped to 1
        ("paper/run-to-goal-humans", 100.0, -5e-7 * 78 * 1e4),
        ("paper/sumo-humans", 1000.0, -10.0),  # at most
    ],
)
def test_what_contact_costs(arena, force, paid):
    batch = constructed(arena, [HIGH, at(HIGH, 1)])
    batch.engine.frame.external = np.full_like(batch.engine.frame.external, -force)
    assert terms(batch, 0.0)["contact"] == pytest.approx([paid, paid])
