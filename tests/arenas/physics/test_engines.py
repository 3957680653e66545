"""The two engines on one scene: motion as in theory, and alike on both engines."""

import mujoco
import numpy as np
import pytest
from states import APART, ENGINES, FALLING, MIDDLE, ants, apart, engine_at, standing, two

from dohyo.arenas import BODIES
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.bullet.world import ActorPlan, BulletWorld
from dohyo.arenas.physics.scene import Scene

GRAVITY, STEP = 9.81, 0.01
both = pytest.mark.parametrize("name", ENGINES)
every_body = pytest.mark.parametrize("body", BODIES)


@both
@every_body
def test_free_fall(name, body):
    """Semi-implicit Euler: after n steps z = z0 + v n h - g h^2 n (n + 1) / 2; nothing turns, nothing bends."""
    scene = two(body)
    _, qvel = standing(scene, FALLING)
    qvel[0, :3] = 1, 2, 3
    engine = engine_at(name, scene, FALLING, qvel)
    for _ in range(20):
        engine.step(np.zeros((1, scene.model.nu)))
    n = 100
    fallen = GRAVITY * STEP**2 * n * (n + 1) / 2
    assert engine.frame.root_position[0, 0] == pytest.approx([-1.5 + 1, 2, 50 + 3 - fallen], abs=1e-9)
    assert engine.frame.root_position[0, 1] == pytest.approx([1.5, 0, 50 - fallen], abs=1e-9)
    assert np.abs(engine.frame.root_spin).max() < 1e-9
    assert engine.frame.joint_angle[0][0] == pytest.approx(np.deg2rad(MIDDLE[body]), abs=1e-9)
    engine.close()


PENDULUM = """
<mujoco>
  <option timestep="0.01" integrator="implicitfast"/>
  <custom><numeric name="substeps" data="1"/></custom>
  <worldbody>
    <body name="post" pos="0 0 3"><geom name="post" type="box" size=".1 .1 .1" pos="0 0 1"/>
      <body name="arm">
        <joint name="hinge" axis="0 1 0" limited="true" range="-170 170"/>
        <geom type="sphere" size=".1" pos="0 0 -.5" mass="2"/>
      </body>
    </body>
  </worldbody>
  <actuator><motor joint="hinge" forcelimited="true" forcerange="-1 1"/></actuator>
</mujoco>
"""


def swing_of_mujoco(model: mujoco.MjModel, angle: float, steps: int) -> list[float]:
    data = mujoco.MjData(model)
    data.qpos[0] = angle
    angles = []
    for _ in range(steps):
        mujoco.mj_step(model, data)
        angles.append(float(data.qpos[0]))
    return angles


def swing_of_bullet(model: mujoco.MjModel, angle: float, steps: int) -> list[float]:
    plan = ActorPlan(model.body("post").id, [model.body("arm").id], [])
    model.body_mass[plan.root] = 0  # fixed to the world, as it is for MuJoCo, which looks at joints alone
    world = BulletWorld(model, [plan], [])
    raw, angles = np.zeros(plan.width), []
    raw[:7] = *(model.body_pos[plan.root] + model.body_ipos[plan.root]), 0, 0, 0, 1
    raw[13] = angle
    world.put(raw)
    for _ in range(steps):
        world.advance(np.zeros(1))
        world.read(raw, np.zeros(0))
        angles.append(float(raw[13]))
    world.close()
    return angles


@pytest.mark.parametrize("swing", [swing_of_mujoco, swing_of_bullet])
def test_pendulum(swing):
    """A ball of 2 kg, radius 0.1, on a massless arm of 0.5 m, let go at 30 degrees.

    I = m L^2 + 2/5 m r^2 = 0.508 kg m^2; the period is 2 pi sqrt(I / (m g L)) / agm(1, cos(15 degrees)) = 1.456 s.
    """
    amplitude = np.deg2rad(30)
    inertia = 2 * 0.5**2 + 0.4 * 2 * 0.1**2
    a, b = 1.0, np.cos(amplitude / 2)
    for _ in range(6):
        a, b = (a + b) / 2, np.sqrt(a * b)
    period = 2 * np.pi * np.sqrt(inertia / (2 * GRAVITY * 0.5)) / a
    angles = np.array(swing(mujoco.MjModel.from_xml_string(PENDULUM), amplitude, 1000))
    down = np.flatnonzero((angles[:-1] > 0) & (angles[1:] <= 0))
    times = (down + angles[down] / (angles[down] - angles[down + 1])) * STEP
    assert period == pytest.approx(1.4546, abs=2e-3)
    assert np.diff(times) == pytest.approx(np.full(len(times) - 1, period), rel=2e-3)
    assert len(times) == 7
    assert np.abs(angles).max() < amplitude * 1.02


@both
@every_body
@pytest.mark.parametrize("torque", [1.0, -1.0])
def test_limits_hold_under_full_torque(name, body, torque):
    """Full torque against every limit: a link may pass its limit for a moment, but returns and stays."""
    scene = two(body, "torque")
    engine = engine_at(name, scene, FALLING)
    low, high = scene.seats[0].joint_range.T
    late = []
    for _ in range(20):
        engine.step(np.full((1, scene.model.nu), torque))
        angle = engine.frame.joint_angle[0][0]
        past = np.maximum(angle - high, low - angle).max()
        assert past < 0.35
        late.append(past)
    assert np.mean(late[15:]) < 0.04
    engine.close()


HEIGHT = {
    # sin(65 degrees) of the shank above the foot's radius; the spider's knees lie 0.238 m above the root.
    "ant": np.sin(np.deg2rad(65)) * 0.32**0.5 + 0.035,
    "bug": np.sin(np.deg2rad(65)) * 0.55 + 0.035,
    "spider": np.sin(np.deg2rad(65.2)) * np.hypot(0.433, 0.6) - 0.238 + 0.03,
    # 0.465 m of trunk down to the hips; thigh and, to the middle of the foot, shin, both leaning by 22.5 degrees
    # forward or back and 10 degrees aside; the foot's radius. Knees and hips give by 3 degrees under the weight, 12 mm.
    "humanoid": 0.465 + (0.383 + 0.3715) * np.cos(np.deg2rad(22.5)) * np.cos(np.deg2rad(10)) + 0.05 - 0.012,
}
"""Where the root stands over the floor in m, from the plan of each body."""


@every_body
def test_settled_stance_agrees(body):
    """After 2 s of holding the middle of the joints' ranges: within 2 mm (a humanoid sways: 5 mm), facing ahead."""
    scene, places = two(body), []
    for name in ENGINES:
        engine = engine_at(name, scene, apart(body))
        for _ in range(40):
            engine.step(np.zeros((1, scene.model.nu)))
        assert all(touch[:, : 2 if body == "humanoid" else None].all() for touch in engine.frame.touch)
        assert np.abs(engine.frame.root_position[0, :, 1]).max() < 1e-3
        assert np.abs(engine.frame.root_rotation[0, :, 1, 0]).max() < 2e-3
        places.append(engine.frame.root_position[0].copy())
        engine.close()
    assert np.abs(places[0] - places[1]).max() < (5e-3 if body == "humanoid" else 2e-3)
    assert places[0][:, 2] == pytest.approx([HEIGHT[body]] * 2, abs=5e-3)


@both
@every_body
def test_a_standing_body_stays_where_it_is(name, body):
    """Feet do not creep: 8 s on the spot move an insect by less than 3 mm; a humanoid sways by less than 2 cm."""
    scene = two(body)
    engine = engine_at(name, scene, apart(body))
    for step in range(200):
        engine.step(np.zeros((1, scene.model.nu)))
        if step == 39:
            settled = engine.frame.root_position.copy()
    assert np.abs(engine.frame.root_position - settled).max() < (2e-2 if body == "humanoid" else 3e-3)
    assert max(np.abs(v).max() for v in engine.frame.joint_velocity) < (5e-2 if body == "humanoid" else 2e-3)
    engine.close()


def _moved(name: str, scene: Scene, places, actions: Array) -> Array:
    """Joint angles of both seats after some control steps."""
    engine = engine_at(name, scene, places)
    for action in actions:
        engine.step(action[None])
    angles = np.concatenate(engine.frame.joint_angle, axis=1)
    engine.close()
    return angles


@every_body
def test_same_torques_in_the_air_move_alike(body):
    """Random torques up to 5 % of the largest for 0.2 s turn joints by 0.2 to 0.4 rad, alike to 0.025 rad.

    The engines differ in first order in the step (10 ms): MuJoCo takes joint friction implicitly, Bullet does not.
    """
    scene = two(body, "torque")
    actions = np.random.default_rng(0).uniform(-0.05, 0.05, (4, scene.model.nu))
    a, b = (_moved(name, scene, FALLING, actions) for name in ENGINES)
    assert np.abs(a - b).max() < 0.025
    assert np.abs(a - np.deg2rad(MIDDLE[body] * 2)).max() > 0.15


@every_body
def test_same_targets_on_the_ground_move_alike(body):
    """After 1 s on the ground, 0.2 s of random targets that leave the feet in place: alike to 0.01 rad.

    Larger actions make feet slip and lift; how more than three hard feet share a weight is not decided by statics, and
    the engines decide it differently (ants: 0.13 rad at three times these actions). Six feet of a bug do so already
    here (0.024 rad), and a humanoid's arms swing by 0.18 rad (0.029 rad apart).
    """
    scene = two(body)
    still = np.zeros((20, scene.model.nu))
    moving = np.random.default_rng(0).uniform(-0.1, 0.1, (4, scene.model.nu))
    before = _moved("mujoco", scene, apart(body), still)
    a, b = (_moved(name, scene, apart(body), np.concatenate([still, moving])) for name in ENGINES)
    assert np.abs(a - b).max() < {"bug": 0.03, "humanoid": 0.04}.get(body, 0.01)
    assert np.abs(b - before).max() > 0.015


def test_a_sudden_crouch_slides_as_far():
    """Targets half the range lower make the feet slide apart: friction alike, the crouch ends alike to 0.02 rad."""
    crouch = np.concatenate([np.zeros((8, 16)), np.tile([0.0, -0.5], (8, 8))])
    a, b = (_moved(name, ants(), APART, crouch) for name in ENGINES)
    assert np.abs(a - b).max() < 0.02
    assert np.abs(a - np.deg2rad([0, 65] * 8)).max() > 0.3


@both
@every_body
def test_energy_does_not_grow_in_free_fall(name, body):
    """No torques but the joints' own friction: kinetic and potential energy together only fall.

    A humanoid's limbs turn by 0.05 rad in a physics step, which costs a first-order integrator up to 3 J of 68,000.
    """
    scene = two(body, "torque")
    _, qvel = standing(scene, FALLING)
    qvel[:] = np.random.default_rng(0).normal(0, 1.5, qvel.shape)
    engine, data, energy = engine_at(name, scene, FALLING, qvel), mujoco.MjData(scene.model), []
    for _ in range(20):
        data.qpos[:], data.qvel[:] = engine._qpos[0], engine._qvel[0]
        mujoco.mj_fwdPosition(scene.model, data)
        mujoco.mj_energyPos(scene.model, data)
        mujoco.mj_energyVel(scene.model, data)
        energy.append(data.energy.sum())
        engine.step(np.zeros((1, scene.model.nu)))
    assert np.diff(energy).max() < (3 if body == "humanoid" else 0)
    assert energy[-1] < energy[0]
    assert energy[0] == pytest.approx(energy[-1], rel=0.01)
    engine.close()
