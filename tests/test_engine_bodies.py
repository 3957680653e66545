"""PyBullet's bodies are those of the compiled model: read back, measured, or worked out by hand."""

import mujoco
import numpy as np
import pytest
from states import FALLING, WORLD, ants, engine_at, standing

from dohyo.arenas import ENGINES
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.bullet_world import BulletWorld, SeatPlan
from dohyo.arenas.physics.frame import Array

both = pytest.mark.parametrize("name", ENGINES)


@pytest.fixture(scope="module")
def world():
    """One PyBullet world of two ants, and the model that it was built from."""
    scene = ants()
    plans = [SeatPlan(s.root, s.links, s.limbs) for s in scene.seats]
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
            assert info[1] == 1.0  # ant.xml's sliding friction
            assert info[2] == pytest.approx(model.body_inertia[b], rel=1e-12)
            assert info[3] == pytest.approx(model.body_ipos[b], abs=1e-12)
            x, y, z, w = info[4]
            assert abs(np.dot((w, x, y, z), model.body_iquat[b])) == pytest.approx(1, abs=1e-12)


def test_bullet_has_the_models_hinges(world):
    scene, bullet = world
    ankles = np.array([(-1, 1, 0), (-1, -1, 0), (1, -1, 0), (1, 1, 0)]) / np.sqrt(2)  # ant.xml
    for body, seat in zip(bullet._bodies, scene.seats, strict=True):
        for j, link in enumerate(seat.links):
            axis = np.array(bullet._p.getJointInfo(body, j, physicsClientId=bullet._client)[13])
            # Bullet turns the axis into the link's inertial frame; the model keeps that rotation in body_iquat.
            expected = np.zeros(3)
            mujoco.mju_rotVecQuat(expected, ankles[j // 2] if j % 2 else np.array([0.0, 0, 1]), _inverse(scene, link))
            assert axis == pytest.approx(expected, abs=1e-9)


@both
@pytest.mark.parametrize(("push", "degrees"), [(0.05, (40, 100)), (-0.05, (-40, 30))])
def test_limits_are_where_the_mjcf_has_them(name, push, degrees):
    """Bullet cannot be asked for a limit that was set late, so it is found by leaning on it with 6 N m for 1.5 s."""
    scene = ants("torque")
    engine = engine_at(name, scene, FALLING)
    for _ in range(30):
        engine.step(np.full((1, scene.model.nu), push))
    for angles in engine.frame.joint_angle:
        assert np.rad2deg(angles[0]) == pytest.approx(degrees * 4, abs=0.5)
    engine.close()


def _inverse(scene, body: int) -> Array:
    return scene.model.body_iquat[body] * (1, -1, -1, -1)


def test_an_ant_weighs_what_its_geometry_says():
    """Density 1000: a sphere of 0.16 m, and per leg capsules of 0.04 m (two, 0.2828 long) and 0.035 m (0.5657 long)."""
    sphere = 4 / 3 * np.pi * 0.16**3
    capsule = [np.pi * r**2 * h + 4 / 3 * np.pi * r**3 for r, h in ((0.04, 0.08**0.5), (0.035, 0.32**0.5))]
    expected = 1000 * (sphere + 4 * (2 * capsule[0] + capsule[1]))
    scene = ants()
    for seat in scene.seats:
        assert scene.model.body_subtreemass[seat.root] == pytest.approx(expected, rel=1e-9)


def test_links_are_at_the_same_place():
    """Forward kinematics of random poses, root turned any way."""
    scene = ants()
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
        for body, seat in zip(inner._bodies, scene.seats, strict=True):
            for j, b in enumerate(seat.links):
                state = inner._p.getLinkState(body, j, computeForwardKinematics=1, physicsClientId=inner._client)
                assert state[0] == pytest.approx(data.xipos[b], abs=1e-9)
                turned = np.reshape(inner._p.getMatrixFromQuaternion(state[1]), (3, 3))
                assert turned == pytest.approx(data.ximat[b].reshape(3, 3), abs=1e-9)
    engine.close()


@both
def test_state_survives_the_round_trip(name):
    """What is put in is what the frame shows, and what one physics step of nothing but time would read."""
    scene = ants()
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
