"""Quantities of single bodies and joints, and the number of physics steps: worked out by hand, on both engines."""

import numpy as np
import pytest
from states import ALL_ENGINES, ENGINES, FALLING, WORLD, ants, changes, standing, still, two

from dohyo.arenas import Engine, EngineError
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.quantities import QUANTITIES, places, unvaried

GRAVITY, STEP, CONTROL_STEP = 9.81, 0.01, 0.05
every = pytest.mark.parametrize("name", ALL_ENGINES)
both = pytest.mark.parametrize("name", ENGINES)


def varied(name: str, values: dict[str, Array], drive: str = "target", body: str = "ant") -> Engine:
    """One world with two bodies that fall apart from each other, with changed quantities."""
    scene = two(body, drive)
    engine = make_engine(name, scene, 1)
    engine.vary(WORLD, values)
    engine.reset(WORLD, *standing(scene, FALLING))
    return engine


def one(name: str, scene, where, factor: float) -> dict[str, Array]:
    """A quantity whose value is changed in one place only."""
    values = np.full((1, *QUANTITIES[name].shape(scene.model)), QUANTITIES[name].neutral)
    values[(0, *np.atleast_1d(where))] = factor
    return {name: values}


@every
def test_gravity_can_tilt(name):
    """With 3 m/s^2 along x and -2 along y, a falling body gains (0.6, -0.4, -1.962) m/s in 0.2 s."""
    engine = varied(name, {"gravity": np.array([[3.0, -2.0, 0.0]])})
    for _ in range(4):
        engine.step(still(engine.scene))
    expected = [[3 * 0.2, -2 * 0.2, -GRAVITY * 0.2]] * 2
    assert engine.frame.root_velocity[0] == pytest.approx(np.array(expected), abs=1e-4 if name == "warp" else 1e-9)
    engine.close()


@both
def test_a_heavier_torso_falls_alike_and_yields_half_as_much(name):
    """Seat 0 has twice the mass and twice the torques: both fall alike, and a push moves it half as fast."""
    scene = ants()
    seat = scene.seats[0]
    heavy = changes(scene, mass=1.0, torque=1.0)
    heavy["mass"][0, [seat.root, *seat.links]] = 2
    for quantity in ("gain", "damping", "strength"):
        heavy[quantity][0, seat.ctrl] = 2
    engine = varied(name, heavy)
    engine.step(still(scene))
    assert engine.frame.root_velocity[0, :, 2] == pytest.approx([-GRAVITY * CONTROL_STEP] * 2, abs=1e-9)
    engine.reset(WORLD, *standing(scene, FALLING))
    engine.push(np.array([[[200.0, 0, 0], [200.0, 0, 0]]]))
    engine.step(still(scene))
    first, second = engine.frame.root_velocity[0, :, 0]
    assert abs(first) == pytest.approx(abs(second) / 2, rel=0.01)
    assert abs(second) > 0.2
    engine.close()


@both
def test_one_heavy_leg_tips_the_body(name):
    """A leg of ten times its mass on one side: the point under the torso is no longer the centre of mass."""
    scene = ants()
    shin = scene.seats[0].links[1]
    engine = varied(name, one("mass", scene, shin, 10.0))
    masses = engine.scene.model.body_mass.copy()
    masses[shin] *= 10
    engine.push(np.array([[[0.0, 0.0, 300.0], [0.0, 0.0, 300.0]]]))
    for _ in range(2):
        engine.step(still(scene))
    turned = np.abs(engine.frame.root_spin[0]).max(axis=1)
    assert turned[0] > 5 * turned[1]
    engine.close()


@both
def test_each_actuator_has_its_own_gain(name):
    """Torques of half the largest, one actuator without gain: that joint alone gets none, and turns back less."""
    scene = ants("torque")
    engine = varied(name, one("gain", scene, 0, 0.0), drive="torque")
    action = np.zeros((1, 16))
    action[0, [0, 8]] = 0.05  # the same joint of both ants
    engine.step(action)
    rates = [rate[0, 0] for rate in engine.frame.joint_velocity]
    assert abs(rates[0]) < 1e-9
    assert abs(rates[1]) > 0.5
    engine.close()


@both
def test_damping_slows_a_joint_and_gain_does_not(name):
    """A hinge that turns at 2 rad/s in flight, without a target's pull: w' = -k w / I, so ln(w/w0) goes with k.

    Damping 0 leaves the rate as it is; damping 2 halves it twice as fast as damping 1 does.
    """
    rates = []
    for factor in (0.0, 0.5, 1.0):
        scene = ants("torque")
        values = changes(scene, damping=factor)
        engine = make_engine(name, scene, 1)
        engine.vary(WORLD, values)
        qpos, qvel = standing(scene, FALLING)
        qvel[0, scene.seats[0].qvel.start + 6] = 2.0
        engine.reset(WORLD, qpos, qvel)
        engine.step(still(scene))
        rates.append(engine.frame.joint_velocity[0][0, 0])
        engine.close()
    assert rates[0] == pytest.approx(2.0, rel=0.02)
    assert np.log(rates[2] / 2) == pytest.approx(2 * np.log(rates[1] / 2), rel=0.15)
    assert rates[2] < 1.9


@both
def test_limits_move(name):
    """Torques press a joint against its upper limit of 0.698 rad: it stops there, 0.2 rad before it, or 0.1 beyond."""
    stops = []
    for shift in (0.0, -0.2, 0.1):
        scene = ants("torque")
        engine = varied(name, one("limits", scene, (0, 1), shift), drive="torque")
        action = np.zeros((1, 16))
        action[0, 0] = 0.05
        for _ in range(20):
            engine.step(action)
        stops.append(engine.frame.joint_angle[0][0, 0])
        engine.close()
    assert stops == pytest.approx([0.698, 0.498, 0.798], abs=0.02)


@both
@pytest.mark.parametrize("preset", ["accurate", "fast"])
def test_a_world_makes_more_physics_steps(name, preset):
    """A body falls for the time that its physics steps take, in each world by itself; then all keep time again.

    Three worlds with as many steps as the scene, one more and twice as many: speeds after one control step of 0.05 s.
    """
    from dohyo.arenas.registry import build_arena

    scene = build_arena("sumo", "ant", worlds=3, physics=preset).scene
    engine, ids, n = make_engine(name, scene, 3, 2), np.arange(3), scene.substeps
    engine.reset(ids, *(x.repeat(3, 0) for x in standing(scene, FALLING)))
    engine.pace(np.array([n, n + 1, 2 * n]))
    engine.step(still(scene, 3))
    speeds = -GRAVITY * CONTROL_STEP * np.array([1, (n + 1) / n, 2])
    assert engine.frame.root_velocity[:, 0, 2] == pytest.approx(speeds, abs=1e-9)
    engine.step(still(scene, 3))
    assert engine.frame.root_velocity[:, 0, 2] == pytest.approx(speeds - GRAVITY * CONTROL_STEP, abs=1e-9)
    engine.close()


@both
def test_pace_changes_nothing_else(name):
    """With the scene's own number of steps in every world, the world moves on bit for bit."""
    ends = []
    for paced in (False, True):
        scene = ants()
        engine = make_engine(name, scene, 2)
        engine.reset(np.arange(2), *(x.repeat(2, 0) for x in standing(scene, FALLING)))
        for action in np.random.default_rng(0).uniform(-1, 1, (5, 2, 16)):
            if paced:
                engine.pace(np.full(2, scene.substeps))
            engine.step(action)
        ends.append(np.concatenate([engine._qpos, engine._qvel], axis=1))
        engine.close()
    assert np.array_equal(*ends)


@pytest.mark.parametrize("name", [engine for engine in ALL_ENGINES if engine not in ENGINES])
def test_warp_says_that_its_worlds_keep_one_time(name):
    with pytest.raises(EngineError, match="warp"):
        make_engine(name, ants(), 1).pace(np.array([6]))


def test_a_row_of_values_that_change_nothing():
    """Two ants have 19 bodies with the world's, and 16 joints: 3 + 1 + 19 + 3 x 16 + 2 x 16 = 103 numbers."""
    model = ants().model
    row = unvaried(model)
    assert row.shape == (103,)
    assert row[places(model)["gravity"]].tolist() == [0, 0, 0]
    assert row.sum() == 1 + 19 + 3 * 16
