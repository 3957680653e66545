"""Sumo's rules, payments, starts and observations, against answers worked out by hand."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import WORLD, standing

from dohyo.arenas import BODIES, Frame, make_batch
from dohyo.arenas.physics import ENGINES, make_engine
from dohyo.arenas.rules import Dice, Verdict
from dohyo.arenas.sumo import Sumo

ANT = [BODIES["ant"]] * 2
UP, DOWN = 0.5, 0.29
"""Heights of a standing and of a fallen ant (it is down at 0.30)."""


def ring(worlds: int = 1, radius: float = 3.0, max_cycles: int = 500) -> tuple[Sumo, Frame]:
    """Rules of a ring of the given radius, and a frame in which both ants stand 1 m from the centre, on the x axis."""
    sumo = Sumo(ANT, worlds, "target", max_cycles)
    sumo.radius[:] = radius
    frame = Frame.empty(sumo.scene, worlds)
    frame.root_position[:] = [(-1, 0, UP), (1, 0, UP)]
    frame.root_before[:] = frame.root_position
    frame.root_rotation[:] = np.eye(3)
    return sumo, frame


def judged(places, touch: bool, **keywords) -> tuple[Verdict, Sumo]:
    """The verdict on ants at two places, in a ring of 3 m unless said otherwise."""
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


@pytest.mark.parametrize(
    ("bodies", "low", "high"),
    [(["humanoid"] * 2, 1.5, 3.5), (["bug"] * 2, 2.5, 4.5), (["spider", "humanoid"], 2.5, 4.5)],
)
def test_humans_fight_in_a_smaller_ring(bodies, low, high):
    sumo, ids = Sumo([BODIES[b] for b in bodies], 400, "target", 500), np.arange(400)
    qpos, _ = sumo.spawn(ids, Dice(list(range(400))))
    assert (sumo.radius >= low).all()
    assert (sumo.radius <= high).all()
    assert sumo.radius.min() < low + 0.05
    assert sumo.radius.max() > high - 0.05
    for seat in sumo.scene.seats:
        distance = np.hypot(*qpos[:, seat.qpos.start : seat.qpos.start + 2].T)
        assert (distance >= seat.body.reach - 1e-9).all()
        assert (distance <= np.maximum(seat.body.reach, sumo.radius - 0.3 - low / 2) + 1e-9).all()


@pytest.mark.parametrize("body", BODIES)
def test_starts_are_clear_of_the_floor_and_of_each_other(body):
    """The lowest point of 200 starts, joints turned by up to 0.1 rad, is above the floor; nobody begins in contact."""
    sumo, ids = Sumo([BODIES[body]] * 2, 200, "target", 500), np.arange(200)
    qpos, _ = sumo.spawn(ids, Dice(list(range(200))))
    data = mujoco.MjData(sumo.scene.model)
    for start in qpos:
        data.qpos[:] = start
        mujoco.mj_forward(sumo.scene.model, data)
        assert data.ncon == 0


SUMO = Sumo(ANT, 4, "target", 500)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**31), chosen=st.sets(st.integers(0, 3), min_size=1))
def test_starts(seed, chosen):
    """Ring 2.5 to 4.5 m; seats on opposite sides, facing the centre, clear of the edge, joints near the middle."""
    ids = np.array(sorted(chosen))
    qpos, qvel = SUMO.spawn(ids, Dice([seed + w for w in range(4)]))
    assert qpos.shape == (len(ids), 30)
    assert qvel.shape == (len(ids), 28)
    radius = SUMO.radius[ids]
    assert ((radius >= 2.5) & (radius <= 4.5)).all()
    assert (SUMO.steps[ids] == 0).all()
    places = []
    for s in range(2):
        root, joints = qpos[:, 15 * s : 15 * s + 7], qpos[:, 15 * s + 7 : 15 * s + 15]
        distance = np.hypot(root[:, 0], root[:, 1])
        assert (distance >= 0.85 - 1e-9).all()
        assert (distance <= np.maximum(0.85, radius - 1.55) + 1e-9).all()
        assert root[:, 2] == pytest.approx(0.62)
        assert np.linalg.norm(root[:, 3:], axis=1) == pytest.approx(1)
        forward = 2 * np.arctan2(root[:, 6], root[:, 3])
        inward = np.arctan2(-root[:, 1], -root[:, 0])
        assert (np.abs((forward - inward + np.pi) % (2 * np.pi) - np.pi) <= 0.3 + 1e-9).all()
        assert (np.abs(joints - np.deg2rad([0, 65] * 4)) <= 0.1).all()
        places.append(root[:, :2])
    cosine = np.sum(places[0] * places[1], axis=1) / np.prod(np.linalg.norm(places, axis=2), axis=0)
    assert (cosine <= -np.cos(1.0) + 1e-9).all()  # each turned by up to 0.5 rad from the axis
    assert (np.abs(qvel) < 0.8).all()


def test_a_worlds_starts_do_not_depend_on_the_others():
    alone, among = Sumo(ANT, 4, "target", 500), Sumo(ANT, 4, "target", 500)
    a, b = alone.spawn(np.array([2]), Dice([5, 6, 7, 8])), among.spawn(np.arange(4), Dice([5, 6, 7, 8]))
    assert np.array_equal(a[0][0], b[0][2])
    assert np.array_equal(a[1][0], b[1][2])


def observed(sumo: Sumo, frame: Frame, seat: int) -> dict[str, list[float]]:
    """Seat's view of world 0, cut into named entries."""
    entries = sumo.entries(seat)
    outs = [np.zeros((len(sumo.radius), sum(e.size for e in sumo.entries(s))), np.float32) for s in range(2)]
    sumo.observe(frame, outs)
    cuts = np.cumsum([e.size for e in entries])[:-1]
    return {e.name: part.tolist() for e, part in zip(entries, np.split(outs[seat][0], cuts), strict=True)}


def test_observation_by_hand():
    """Seat 0 stands at (0, -1) and looks along +y (yaw 90 degrees); seat 1 stands at (2, 0) and looks along +x."""
    sumo, frame = ring(radius=3.5, max_cycles=100)
    frame.root_position[0] = (0, -1, 0.5), (2, 0, 0.4)
    frame.root_rotation[0, 0] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    frame.root_velocity[0] = (0, 2, 0), (3, 0, -1)
    frame.root_spin[0, 0] = 0.1, 0.2, 0.3
    frame.joint_angle[0][0] = np.deg2rad([40, 100, -40, 30, 0, 65, 20, 82.5])
    frame.joint_angle[1][0] = np.deg2rad([0, 65] * 4)
    frame.joint_velocity[0][0] = 10, 0, 0, 0, 0, 0, 0, -5
    frame.touch[0][0] = 1, 0, 0, 1
    sumo.steps[0] = 25
    sumo.touched[0] = ~np.eye(2, dtype=bool)
    own = observed(sumo, frame, 0)
    expected = {
        "height": [0.5],
        "up": [0, 0, 1],
        "velocity": [2, 0, 0],  # along +y is forward
        "spin": [0.1, 0.2, 0.3],
        "joint angle": [1, 1, -1, -1, 0, 0, 0.5, 0.5],
        "joint velocity": [1, 0, 0, 0, 0, 0, 0, -0.5],
        "touch": [1, 0, 0, 1],
        "centre": [1, 0, 0],  # 1 m ahead
        "ring": [3.5, 2.5, 1.5],
        "clock": [0.75],
        "contact": [0, 1],
        "opponent": [1, -2, -0.1],  # 1 m ahead, 2 m to the right
        "opponent velocity": [-2, -3, -1],
        "opponent up": [0, 0, 1],
        "opponent forward": [0, -1, 0],  # it looks to the right
        "opponent joint angle": [0] * 8,
    }
    assert own.keys() == expected.keys()
    for name, numbers in expected.items():
        assert own[name] == pytest.approx(numbers, abs=1e-6), name


@pytest.mark.parametrize("engine", ENGINES)
def test_swapping_seats_swaps_what_they_see_and_earn(engine):
    """Turn the world half round and let the seats change places: each sees and earns what the other did.

    Free flight keeps the two seats' numbers apart from each other, so only rounding differs.
    """
    sumo = Sumo(ANT, 1, "target", 500)
    rng = np.random.default_rng(3)
    qpos, qvel = standing(sumo.scene, [(-1, 0.3, 5, 0.4), (0.7, -0.2, 6, 2.0)])
    qpos[0, 7:15] += rng.uniform(-0.2, 0.2, 8)
    qvel[:] = rng.normal(0, 0.5, qvel.shape)
    swapped = _swapped(qpos, qvel)
    action = rng.uniform(-0.3, 0.3, (1, 16))
    views, rewards = [], []
    for state, act in (((qpos, qvel), action), (swapped, np.roll(action, 8, axis=1))):
        sumo.steps[:], sumo.touched[:], sumo.radius[:] = 0, False, 3
        e = make_engine(engine, sumo.scene, 1)
        e.reset(WORLD, *state)
        e.step(act)
        verdict = sumo.judge(e.frame, act)
        rewards.append(verdict.terms.sum(axis=0)[0] + verdict.outcome[0])
        views.append([np.concatenate([*observed(sumo, e.frame, s).values()]) for s in range(2)])
        e.close()
    assert views[0][0] == pytest.approx(views[1][1], abs=1e-4)
    assert views[0][1] == pytest.approx(views[1][0], abs=1e-4)
    assert rewards[0] == pytest.approx(rewards[1][::-1], abs=1e-3)
    assert views[0][0] != pytest.approx(views[0][1], abs=1e-2)


def _swapped(qpos, qvel):
    """Turn by half a circle about the vertical through the centre, and exchange the seats."""
    position, velocity = np.roll(qpos, 15, axis=1), np.roll(qvel, 14, axis=1)
    for s in range(2):
        root = position[0, 15 * s : 15 * s + 7]
        root[:2] *= -1
        w, x, y, z = root[3:7]
        root[3:7] = -z, -y, x, w  # the half turn (0, 0, 0, 1) times (w, x, y, z)
        velocity[0, 14 * s : 14 * s + 2] *= -1  # spin is in the body's own frame and stays
    return position, velocity


@pytest.mark.parametrize("engine", ENGINES)
def test_actions_beyond_the_range_are_clipped(engine):
    batches = [make_batch("sumo", engine=engine, worlds=1, alpha=1) for _ in range(2)]
    rng = np.random.default_rng(0)
    for batch in batches:
        batch.reset(2)
    for _ in range(5):
        wild = [rng.uniform(-3, 3, (1, 8)) for _ in range(2)]
        tame = [np.where(a > 1, 1, np.where(a < -1, -1, a)) for a in wild]
        steps = [batch.step(actions) for batch, actions in zip(batches, (wild, tame), strict=True)]
        assert np.array_equal(steps[0].reward, steps[1].reward)
        assert all(np.array_equal(a, b) for a, b in zip(*(s.observation for s in steps), strict=True))
    for batch in batches:
        batch.close()
