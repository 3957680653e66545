"""Where sumo bouts start and what seats see of them, against answers worked out by hand."""

import mujoco
import numpy as np
import pytest
from doubles import observed
from hypothesis import given, settings
from hypothesis import strategies as st
from states import ANT, ENGINES, WORLD, ring, standing

from dohyo.arenas import BODIES, make_batch
from dohyo.arenas.physics import make_engine
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.sumo import Sumo


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


@settings(max_examples=60)
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
