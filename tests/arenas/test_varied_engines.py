"""The effects of changed physics and of pushes: worked out by hand, and alike on both engines."""

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
import pytest
from states import APART, ENGINES, FALLING, WORLD, ants, apart, scaled, standing, still

from dohyo.arenas import BODIES, Body, Engine
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.scene import compose

GRAVITY, STEP, CONTROL_STEP = 9.81, 0.01, 0.05
ANT = 1000 * np.pi * (4 / 3 * 0.16**3 + 4 * (2 * 0.04**2 * 0.08**0.5 + 8 / 3 * 0.04**3 + 0.035**2 * 0.32**0.5))
ANT += 1000 * np.pi * 16 / 3 * 0.035**3
"""Mass of an ant, kg: see `test_an_ant_weighs_what_its_geometry_says`."""
both = pytest.mark.parametrize("name", ENGINES)


@both
@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_gravity_scales_free_fall(name, factor):
    """Semi-implicit Euler: after n steps z = z0 - factor g h^2 n (n + 1) / 2; 1.00 s are n = 100."""
    scene = ants()
    engine = scaled(name, scene, FALLING, {"gravity": factor})
    for _ in range(20):
        engine.step(still(scene))
    fallen = factor * GRAVITY * STEP**2 * 100 * 101 / 2
    assert engine.frame.root_position[0, :, 2] == pytest.approx([50 - fallen] * 2, abs=1e-9)
    engine.close()


PUCK = """
<mujoco model="puck">
  <default><geom density="1000" friction="1 .1 .1" condim="3"/></default>
  <worldbody>
    <body name="torso">
      <freejoint name="root"/>
      <geom name="torso" type="box" size=".3 .3 .05" pos="OFFSET 0 0"/>
      <body name="pin" pos="OFFSET 0 .05"><joint name="pin" axis="0 0 1" range="-40 40"/><geom size=".03"/></body>
    </body>
  </worldbody>
  <actuator><position joint="pin" kp=".001" kv=".0001" forcerange="-1 1"/></actuator>
</mujoco>
"""


@dataclass(frozen=True)
class Puck(Body):
    """A box that slides, `offset` m from its origin, with the one hinge that a seat needs."""

    offset: float = 0.0

    def spec(self) -> mujoco.MjSpec:
        return mujoco.MjSpec.from_string(PUCK.replace("OFFSET", str(self.offset)))


@both
@pytest.mark.parametrize(
    ("friction", "gravity", "mass", "speed", "distance"),
    [
        (1.0, 1.0, 1.0, 3.0, 0.459),
        (0.2, 1.0, 1.0, 3.0, 2.294),
        (0.4, 0.5, 1.0, 3.0, 2.294),
        (0.5, 1.0, 3.0, 6.0, 3.670),
        (0.6, 0.5, 0.5, 3.0, 1.529),
    ],
)
def test_friction_stops_what_slides(name, friction, gravity, mass, speed, distance):
    """Friction between puck and floor is 1: it stops after v^2 / (2 f_friction f_gravity g), whatever its mass."""
    scene = compose([Puck("puck", 0.05, 0.5, 0.0, 0.0, 0.0, ("torso",))])
    _, qvel = standing(scene, [(0, 0, 0.05, 0)])
    qvel[0, 0] = speed
    factors = {"friction": friction, "gravity": gravity, "mass": mass}
    engine = scaled(name, scene, [(0, 0, 0.05, 0)], factors, qvel)
    for _ in range(40):
        engine.step(still(scene))
    assert engine.frame.root_position[0, 0, 0] == pytest.approx(distance, rel=0.03)
    assert np.abs(engine.frame.root_velocity[0, 0]).max() < 0.02
    engine.close()


@both
def test_without_friction_nothing_slows_down(name):
    scene = compose([Puck("puck", 0.05, 0.5, 0.0, 0.0, 0.0, ("torso",))])
    _, qvel = standing(scene, [(0, 0, 0.05, 0)])
    qvel[0, 0] = 3
    engine = scaled(name, scene, [(0, 0, 0.05, 0)], {"friction": 0.0}, qvel)
    for _ in range(20):
        engine.step(still(scene))
    assert engine.frame.root_position[0, 0, 0] == pytest.approx(3.0, rel=1e-3)
    engine.close()


def test_every_pair_that_can_touch_has_its_friction_scaled_alike():
    """MuJoCo takes the larger coefficient of the two, Bullet their product; all are 1 in the model."""
    scene, factor = ants(), 0.36
    engines = {name: scaled(name, scene, APART, {"friction": factor}) for name in ENGINES}
    model = engines["mujoco"]._batch.get_model(0)
    pairs = [(a, b) for a in range(model.ngeom) for b in range(a) if model.geom_bodyid[a] != model.geom_bodyid[b]]
    assert {max(model.geom_friction[a, 0], model.geom_friction[b, 0]) for a, b in pairs} == {factor}
    bullet = engines["pybullet"]._herd._pen._worlds[0]
    p, client = bullet._p, bullet._client
    coefficients = [
        p.getDynamicsInfo(body, link, physicsClientId=client)[1]
        for body in range(p.getNumBodies(physicsClientId=client))
        for link in range(-1, p.getNumJoints(body, physicsClientId=client))
    ]
    assert len(coefficients) == 1 + 9 + 9
    assert np.outer(coefficients, coefficients) == pytest.approx(np.full((19, 19), factor), rel=1e-12)
    for engine in engines.values():
        engine.close()


def test_masses_and_inertias_are_scaled_in_both():
    scene, factor = ants(), 1.7
    engines = {name: scaled(name, scene, APART, {"mass": factor}) for name in ENGINES}
    model = engines["mujoco"]._batch.get_model(0)
    assert model.body_mass == pytest.approx(scene.model.body_mass * factor)
    assert model.body_inertia == pytest.approx(scene.model.body_inertia * factor)
    assert model.body_subtreemass[scene.seats[1].root] == pytest.approx(ANT * factor)
    assert model.dof_invweight0 == pytest.approx(scene.model.dof_invweight0 / factor)
    bullet = engines["pybullet"]._herd._pen._worlds[0]
    for body, link, b in bullet._quantities._movers:
        info = bullet._p.getDynamicsInfo(body, link, physicsClientId=bullet._client)
        assert info[0] == pytest.approx(scene.model.body_mass[b] * factor, rel=1e-12)
        assert info[2] == pytest.approx(scene.model.body_inertia[b] * factor, rel=1e-12)
    for engine in engines.values():
        engine.close()


def momentum(engine: Engine, seat: int) -> Array:
    """Mass of a seat as the model has it, times the velocity of its centre of mass, kg m/s."""
    scene = engine.scene
    data = mujoco.MjData(scene.model)
    data.qpos[:], data.qvel[:] = engine._qpos[0], engine._qvel[0]
    mujoco.mj_fwdPosition(scene.model, data)
    mujoco.mj_fwdVelocity(scene.model, data)
    mujoco.mj_subtreeVel(scene.model, data)
    return ANT * data.subtree_linvel[scene.seats[seat].root]


@both
@pytest.mark.parametrize("mass", [1.0, 0.5, 3.0])
def test_a_push_gives_its_impulse_to_a_body_in_flight(name, mass):
    """F for one control step of 0.05 s changes the momentum by 0.05 F and then no more, in the world's axes.

    To 0.5 %: torques within a body change its momentum a little while it turns, as steps are finite.
    """
    scene, first, second = ants(), np.zeros((1, 2, 3)), np.zeros((1, 2, 3))
    first[0, 0], second[0, 1] = (200, -100, 50), (0, 150, 0)
    engine = scaled(name, scene, FALLING, {"gravity": 0.0, "mass": mass})
    for force, other in ((first, 0.0), (second, 7.5), (None, 7.5)):
        if force is not None:
            engine.push(force)
        engine.step(still(scene))
        assert mass * momentum(engine, 0) == pytest.approx([10.0, -5.0, 2.5], rel=5e-3)
        assert mass * momentum(engine, 1) == pytest.approx([0.0, other, 0.0], rel=5e-3, abs=5e-3)
    engine.close()


@both
def test_a_push_meets_the_centre_of_mass_of_the_root(name):
    """A puck whose mass is all 0.2 m off its origin is lifted there: it rises and does not turn."""
    scene = compose([Puck("puck", 0.05, 0.5, 0.0, 0.0, 0.0, ("torso",), offset=0.2)])
    engine = scaled(name, scene, [(0, 0, 1, 0.7)], {"gravity": 0.0})
    engine.push(np.array([[[0.0, 0.0, 500.0]]]))
    engine.step(still(scene))
    mass = 1000 * (0.6 * 0.6 * 0.1 + 4 / 3 * np.pi * 0.03**3)
    assert np.abs(engine.frame.root_spin).max() < 1e-9
    assert engine.frame.root_velocity[0, 0] == pytest.approx([0, 0, 500 * CONTROL_STEP / mass], abs=1e-9)
    engine.close()


@both
def test_a_push_before_a_reset_is_off(name):
    scene = ants()
    engine = scaled(name, scene, FALLING, {"gravity": 0.0})
    engine.push(np.full((1, 2, 3), 1000.0))
    engine.reset(WORLD, *standing(scene, FALLING))
    engine.step(still(scene))
    assert np.abs(engine.frame.root_velocity).max() < 1e-9
    engine.close()


@both
@pytest.mark.parametrize("drive", ["target", "torque"])
def test_without_torque_limbs_are_limp(name, drive):
    """In flight nothing bends, whatever the action. On the ground a limp ant sinks where the floor is slippery.

    Its shanks, at 65 degrees, carry it like an arch as long as friction is above 1 / tan 65 = 0.47.
    """
    scene = ants(drive)
    engine = scaled(name, scene, FALLING, {"torque": 0.0})
    for _ in range(10):
        engine.step(np.ones((1, scene.model.nu)))
    assert engine.frame.joint_angle[0][0] == pytest.approx(np.deg2rad([0, 65] * 4), abs=1e-9)
    engine.close()
    for friction, low, high in ((0.6, 0.5, 0.56), (0.3, 0.0, 0.35)):
        engine = scaled(name, scene, APART, {"torque": 0.0, "friction": friction})
        for _ in range(30):
            engine.step(np.ones((1, scene.model.nu)))
        height = engine.frame.root_position[0, :, 2]
        assert ((low < height) & (height < high)).all()
        engine.close()


@both
@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_masses_and_torques_scaled_alike_move_alike(name, factor):
    """Newton's second law: every term of the motion in flight carries the factor, so it drops out.

    That holds only if inertia goes with mass, and stiffness, damping, offset and strength with the gain.
    """
    scene, actions, ends = ants(), np.random.default_rng(3).uniform(-1, 1, (8, 1, 16)), []
    for factors in ({}, {"mass": factor, "torque": factor}, {"torque": factor}):
        engine = scaled(name, scene, FALLING, factors)
        for action in actions:
            engine.step(action)
        ends.append(np.concatenate(engine.frame.joint_angle, axis=1))
        engine.close()
    assert ends[1] == pytest.approx(ends[0], abs=1e-6)
    assert np.abs(ends[2] - ends[0]).max() > 0.05


def ends(drive: str, places, factors: Mapping[str, float], actions: Array) -> list[Array]:
    """Joint angles of both seats after some control steps, from each engine."""
    angles = []
    for name in ENGINES:
        scene = ants(drive)
        engine = scaled(name, scene, places, factors)
        for action in actions:
            engine.step(action[None])
        angles.append(np.concatenate(engine.frame.joint_angle, axis=1))
        engine.close()
    return angles


FACTORS = {"gravity": 1.3, "friction": 0.7, "mass": 0.8, "torque": 1.2}


def test_the_engines_agree_in_the_air():
    """0.2 s of random torques up to 6 N m, times 1.2, turn joints by about 0.4 rad: alike to 0.04 rad."""
    actions = np.random.default_rng(0).uniform(-0.05, 0.05, (4, 16))
    a, b = ends("torque", FALLING, FACTORS, actions)
    assert np.abs(a - b).max() < 0.04
    assert np.abs(a - np.deg2rad([0, 65] * 8)).max() > 0.15


def test_the_engines_agree_on_the_ground():
    """1 s of standing and 0.2 s of random targets: alike to 0.02 rad, and not what an ant without factors does.

    Twice the tolerance without factors (tests/test_engines.py): 0.7 of the friction lets feet creep.
    """
    actions = np.concatenate([np.zeros((20, 16)), np.random.default_rng(0).uniform(-0.1, 0.1, (4, 16))])
    a, b = ends("target", APART, FACTORS, actions)
    assert np.abs(a - b).max() < 0.02
    plain, _ = ends("target", APART, {}, actions)
    assert np.abs(a - plain).max() > 0.005


@pytest.mark.parametrize("factors", [{"mass": 0.8}, {"mass": 0.4}, {"torque": 1.5}, {"torque": 3.0}])
def test_the_engines_agree_on_strong_actuators(factors):
    """0.8 s of random targets in flight, 0.15 rad: alike to 0.03 rad, as they are without factors.

    With undivided steps Bullet's limbs shake from a ratio of torque to mass of 1.45 on; at 2.5 they end 0.6 rad apart.
    """
    actions = np.tile(np.random.default_rng(0).uniform(-0.3, 0.3, (4, 16)), (4, 1))
    a, b = ends("target", FALLING, factors, actions)
    assert np.abs(a - b).max() < 0.03
    assert np.abs(a - np.deg2rad([0, 65] * 8)).max() > 0.1


@both
@pytest.mark.parametrize("body", ["ant", "bug", "spider"])
@pytest.mark.parametrize("factors", [{"torque": 1.5}, {"mass": 0.65}, {"mass": 0.5}, {"mass": 0.5, "torque": 3.0}])
def test_strong_actuators_do_not_make_limbs_chatter(name, body, factors):
    """After 1 s of random targets and 2 s of holding still, joints rest; explicit damping would shake at 20 rad/s."""
    scene, rng = compose([BODIES[body]] * 2), np.random.default_rng(0)
    engine = scaled(name, scene, apart(body), factors)
    for _ in range(20):
        engine.step(rng.uniform(-1, 1, (1, scene.model.nu)))
        assert not engine.frame.failed.any()
    for _ in range(40):
        engine.step(still(scene))
    assert max(np.abs(rate).max() for rate in engine.frame.joint_velocity) < 1
    engine.close()
