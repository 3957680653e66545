"""The drive whose actions are offsets from the stance."""

import numpy as np
import pytest

from dohyo.arenas import make_batch
from dohyo.arenas.registry import build_arena


def test_gain_and_bias_by_hand():
    """An ant's ankle: 30 to 100 degrees, so its stance is 65; kp 120, kv 6 (`ant.xml`); 0.4 rad a unit."""
    model = build_arena("sumo", "ant", drive="offset").scene.model
    ankle = model.actuator("0/ankle_1")
    assert ankle.gainprm[0] == pytest.approx(120 * 0.4)
    assert ankle.biasprm[:3] == pytest.approx([120 * np.deg2rad(65), -120, -6])


@pytest.mark.parametrize("engine", ["mujoco", "pybullet"])
@pytest.mark.parametrize("body", ["ant", "humanoid"])
def test_nothing_done_holds_the_stance_as_the_middle_of_the_targets_does(engine: str, body: str):
    seen = []
    for drive in ("offset", "target"):
        batch = make_batch("sumo", body, engine, 1, drive=drive)
        batch.reset(0)
        for _ in range(10):
            step = batch.step([np.zeros((1, space.shape[0])) for space in batch.action_spaces])
        seen.append(step.observation[0].copy())
        batch.close()
    np.testing.assert_array_equal(*seen)


def test_a_unit_moves_the_ankle_of_a_lifted_ant_by_its_offset():
    """In the air a leg is held back by its weight alone: the target is met to a few hundredths of a radian."""
    batch = make_batch("sumo", "ant", "mujoco", 1, drive="offset")
    batch.reset(0)
    scene = batch.arena.scene
    qpos, qvel = scene.model.qpos0[None].copy(), np.zeros((1, scene.model.nv))
    for seat, x in zip(scene.seats, (-3, 3), strict=True):
        qpos[0, seat.qpos] = [x, 0, 100, 1, 0, 0, 0, *seat.joint_range.mean(axis=1)]
    batch.engine.reset(np.arange(1), qpos, qvel)
    action = np.zeros((1, scene.model.nu))
    action[0, 1] = 1
    for _ in range(20):
        batch.engine.step(action)
    moved = batch.engine.frame.joint_angle[0][0] - scene.seats[0].joint_range.mean(axis=1)
    expected = np.zeros(8)
    expected[1] = 0.4
    assert moved == pytest.approx(expected, abs=0.05)
    batch.close()
