"""PyBullet's bodies are those of the compiled model: read back, measured, or worked out by hand."""

import mujoco
import numpy as np
import pytest
from states import ENGINES, FALLING, WORLD, engine_at, standing, two

from dohyo.arenas import BODIES
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.bullet.world import ActorPlan, BulletWorld

both = pytest.mark.parametrize("name", ENGINES)
every_body = pytest.mark.parametrize("body", BODIES)


@pytest.fixture(scope="module", params=BODIES)
def world(request):
    """One PyBullet world of two bodies of a kind, and the model that it was built from."""
    scene = two(request.param)
    plans = [ActorPlan(s.root, s.links, s.limbs) for s in scene.seats]
    world = BulletWorld(scene.model, plans, scene.pairs)
    yield scene, world
    world.close()


def test_bullet_has_the_models_masses_inertias_and_friction(world):
    scene, bullet = world
    p, client, model = bullet._p, bullet._client, scene.model
    for body, seat in zip(bullet._bodies, scene.seats, strict=True):
        for i, b in enumerate((seat.root, *seat.links)):
            info = p.getDynamicsInfo(body, i - 1, physicsClientId=client)
            assert info[0] == pytest.approx(model.body_mass[b], rel=1e-12)
            assert info[1] == 1.0  # the sliding friction of every MJCF file
            assert info[2] == pytest.approx(model.body_inertia[b], rel=1e-12)
            assert info[3] == pytest.approx(model.body_ipos[b], abs=1e-12)
            x, y, z, w = info[4]
            assert abs(np.dot((w, x, y, z), model.body_iquat[b])) == pytest.approx(1, abs=1e-12)


def _knees(*degrees: float) -> list[tuple[float, float, float]]:
    """Axes of a body whose legs point in these directions: hips about z, ankles so that a positive angle lowers."""
    pairs = [((0, 0, 1), (-np.sin(a), np.cos(a), 0)) for a in np.deg2rad(degrees)]
    return [axis for pair in pairs for axis in pair]


OUTER = np.rad2deg(np.arctan2(18, 21.5))
X, Y, Z = np.eye(3)
AXES = {
    "ant": _knees(45, 135, 225, 315),
    "bug": _knees(OUTER, 90, 180 - OUTER, 180 + OUTER, 270, 360 - OUTER),
    "spider": _knees(30, 75, 120, 165, 195, 240, 285, 330),
    # Abdomen; legs: swing, spread, twist, knee; arms: swing, spread, elbow. Left mirrors right.
    "humanoid": [Z, Y, X, Y, X, Z, -Y, Y, -X, -Z, -Y, -Y, -X, -Y, -Y, X, -Y],
}
"""Hinge axes, from the plan of each body."""


def test_bullet_has_the_models_hinges(world):
    scene, bullet = world
    for body, seat in zip(bullet._bodies, scene.seats, strict=True):
        axes = AXES[seat.body.name]
        for j, link in enumerate(seat.links):
            axis = np.array(bullet._p.getJointInfo(body, j, physicsClientId=bullet._client)[13])
            # Bullet turns the axis into the link's inertial frame; the model keeps that rotation in body_iquat.
            expected = np.zeros(3)
            mujoco.mju_rotVecQuat(expected, np.array(axes[j], float), _inverse(scene, link))
            assert axis == pytest.approx(expected, abs=1e-3)  # the MJCF files give axes to three decimals


LIMITS = {
    "ant": ((40, 100) * 4, (-40, 30) * 4),
    "bug": ((30, 100) * 6, (-30, 30) * 6),
    "spider": ((20, 46) * 8, (-20, -24) * 8),
    "humanoid": (
        (45, 35, 35, *(25, 10, 35, 0) * 2, *(120, 50, 120) * 2),
        (-45, -35, -35, *(-70, -30, -35, -90) * 2, *(-40, -10, 0) * 2),
    ),
}
"""Upper and lower limits in degrees, as in the MJCF files."""


@both
@every_body
@pytest.mark.parametrize("sign", [1, -1])
def test_limits_are_where_the_mjcf_has_them(name, body, sign):
    """Bullet cannot be asked for a limit that was set late, so it is found by leaning on it for 1.5 s.

    With 5 % of the torque for insects, 15 % for a humanoid, whose limbs weigh on each other's joints.
    """
    scene, push = two(body, "torque"), sign * (0.15 if body == "humanoid" else 0.05)
    engine = engine_at(name, scene, FALLING)
    for _ in range(30):
        engine.step(np.full((1, scene.model.nu), push))
    for angles in engine.frame.joint_angle:
        assert np.rad2deg(angles[0]) == pytest.approx(LIMITS[body][sign < 0], abs=0.5)
    engine.close()


def _inverse(scene, body: int) -> Array:
    return scene.model.body_iquat[body] * (1, -1, -1, -1)


def _capsule(radius: float, length: float) -> float:
    """Mass in kg of a capsule at density 1000; one of length 0 is a ball."""
    return 1000 * np.pi * (radius**2 * length + 4 / 3 * radius**3)


ROOT2, SPOKE, OUTER_SHANK = 2**0.5, np.hypot(0.215, 0.18), np.hypot(0.422, 0.353)
MASS = {
    # A ball of 0.16 m; per leg two capsules of 0.04 m (stub, thigh) and a thinner one.
    "ant": _capsule(0.16, 0) + 4 * (2 * _capsule(0.04, 0.2 * ROOT2) + _capsule(0.035, 0.4 * ROOT2)),
    "bug": _capsule(0.16, 0)
    + 4 * (2 * _capsule(0.04, SPOKE) + _capsule(0.035, OUTER_SHANK))
    + 2 * (_capsule(0.04, 0.2) + _capsule(0.04, 0.275) + _capsule(0.035, 0.55)),
    "spider": _capsule(0.16, 0)
    + 8
    * (
        _capsule(0.04, np.hypot(0.2165, 0.125))
        + _capsule(0.04, np.hypot(0.195, 0.113))
        + _capsule(0.03, np.hypot(0.433, 0.6))
    ),
    # Chest, head, waist, ball, waist, pelvis; per leg two balls, thigh, shin, foot; per arm ball, two capsules, hand.
    "humanoid": _capsule(0.09, 0.16)
    + _capsule(0.09, 0)
    + 2 * _capsule(0.07, 0.12)
    + _capsule(0.07, 0)
    + _capsule(0.09, 0.14)
    + 2 * (2 * _capsule(0.07, 0) + _capsule(0.075, 0.34) + _capsule(0.055, 0.32) + _capsule(0.05, 0.17))
    + 2 * (_capsule(0.075, 0) + _capsule(0.045, 0.277) + _capsule(0.038, 0.28) + _capsule(0.05, 0)),
}
"""Masses in kg, from the geometry of each body."""


@every_body
def test_a_body_weighs_what_its_geometry_says(body):
    """Within 0.1 %: the MJCF files give places to the millimetre."""
    scene = two(body)
    for seat in scene.seats:
        assert scene.model.body_subtreemass[seat.root] == pytest.approx(MASS[body], rel=1e-3)


@every_body
def test_every_link_has_inertia_enough_for_the_damping(body):
    """PyBullet damps explicitly: a step of PD control must be a contraction in the air, in any pose.

    Spectral radius of one physics step of the linear law, v -= h (K q + D v) / M; q += h v; M from the other engine.
    """
    scene = two(body)
    model, data, h = scene.model, mujoco.MjData(scene.model), scene.model.opt.timestep
    rng, j = np.random.default_rng(0), len(scene.seats[0].links)
    stiffness, damping = (-model.actuator_biasprm[:j, k] for k in (1, 2))
    for _ in range(50):
        for seat in scene.seats:
            data.qpos[seat.qpos.start + 3] = 1
            data.qpos[seat.qpos.start + 7 : seat.qpos.stop] = rng.uniform(*seat.joint_range.T)
        mujoco.mj_forward(model, data)
        mass = np.zeros((model.nv, model.nv))
        mujoco.mj_fullM(model, data, mass)
        inverse = np.linalg.inv(mass[: 6 + j, : 6 + j])[6:, 6:]
        velocity = np.hstack([-h * inverse * stiffness, np.eye(j) - h * inverse * damping])
        step = np.vstack([np.hstack([np.eye(j), np.zeros((j, j))]) + h * velocity, velocity])
        assert np.abs(np.linalg.eigvals(step)).max() < 1


@every_body
def test_links_are_at_the_same_place(body):
    """Forward kinematics of random poses, root turned any way."""
    scene = two(body)
    engine = make_engine("pybullet", scene, 1)
    inner = engine._herd._pen._worlds[0]
    rng, data = np.random.default_rng(5), mujoco.MjData(scene.model)
    for _ in range(5):
        qpos, qvel = standing(scene, FALLING)
        for seat in scene.seats:
            first = seat.qpos.start
            quaternion = rng.normal(size=4)
            qpos[0, first + 3 : first + 7] = quaternion / np.linalg.norm(quaternion)
            qpos[0, first + 7 : seat.qpos.stop] = rng.uniform(*seat.joint_range.T)
        engine.reset(WORLD, qpos, qvel)
        data.qpos[:] = qpos[0]
        mujoco.mj_kinematics(scene.model, data)
        for number, seat in zip(inner._bodies, scene.seats, strict=True):
            for j, b in enumerate(seat.links):
                state = inner._p.getLinkState(number, j, computeForwardKinematics=1, physicsClientId=inner._client)
                assert state[0] == pytest.approx(data.xipos[b], abs=1e-9)
                turned = np.reshape(inner._p.getMatrixFromQuaternion(state[1]), (3, 3))
                assert turned == pytest.approx(data.ximat[b].reshape(3, 3), abs=1e-9)
    engine.close()


@both
@every_body
def test_state_survives_the_round_trip(name, body):
    """What is put in is what the frame shows, and what one physics step of nothing but time would read."""
    scene = two(body)
    qpos, qvel = standing(scene, FALLING)
    qvel[:] = np.random.default_rng(2).normal(size=qvel.shape)
    engine = make_engine(name, scene, 1)
    engine.reset(WORLD, qpos, qvel)
    for s, seat in enumerate(scene.seats):
        p, v = seat.qpos.start, seat.qvel.start
        assert engine.frame.root_position[0, s] == pytest.approx(qpos[0, p : p + 3], abs=1e-12)
        assert engine.frame.root_velocity[0, s] == pytest.approx(qvel[0, v : v + 3], abs=1e-12)
        assert engine.frame.root_spin[0, s] == pytest.approx(qvel[0, v + 3 : v + 6], abs=1e-12)
        assert engine.frame.joint_velocity[s][0] == pytest.approx(qvel[0, v + 6 : seat.qvel.stop], abs=1e-12)
    engine.close()
