"""Presets of the physics: their values for each body; rules and PyBullet do not depend on them."""

import mujoco
import numpy as np
import pytest

from dohyo.arenas import DohyoEnv, UnknownName, make_batch
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.registry import build_arena


def options(body: str, physics: str | None) -> tuple[int, float, int]:
    scene = build_arena("sumo", body, physics=physics).scene
    return scene.substeps, float(scene.model.opt.timestep), int(scene.model.opt.cone)


@pytest.mark.parametrize("body", ["ant", "bug", "spider"])
def test_fast_takes_three_longer_steps_and_pyramids(body):
    assert options(body, "fast") == (3, pytest.approx(1 / 60), mujoco.mjtCone.mjCONE_PYRAMIDAL)
    assert options(body, "accurate") == options(body, None) == (5, 0.01, mujoco.mjtCone.mjCONE_ELLIPTIC)


def test_fast_keeps_the_steps_that_a_body_needs():
    """Measured: with three steps 1,404 of 128 humanoids' bouts diverge in 250 control steps of full torque, with
    five 14. Of different bodies, the one that needs most steps decides."""
    assert options("humanoid", "fast") == (5, 0.01, mujoco.mjtCone.mjCONE_PYRAMIDAL)
    assert options("ant,humanoid", "fast")[0] == 5


def test_a_control_step_keeps_its_length():
    for physics in ("accurate", "fast"):
        assert build_arena("sumo", "ant", physics=physics).scene.control_step == pytest.approx(CONTROL_STEP)
        assert DohyoEnv("sumo", "ant", "mujoco", physics=physics).metadata["render_fps"] == 20


def test_pybullet_plays_the_same_bouts_with_both():
    seen = []
    for physics in ("accurate", "fast"):
        batch = make_batch("sumo", "ant", "pybullet", 1, physics=physics)
        batch.reset(3)
        for _ in range(20):
            step = batch.step([np.full((1, 8), 0.5), np.full((1, 8), -0.5)])
        seen.append(step.observation[0].copy())
        batch.close()
    np.testing.assert_allclose(*seen, atol=1e-12)


def test_what_is_not_there_is_named():
    with pytest.raises(UnknownName, match="unknown physics 'quick'; choose one of: accurate, fast"):
        make_batch("sumo", physics="quick")
    with pytest.raises(UnknownName, match="'paper/sumo-ants' does not take physics 'fast'; it takes: accurate"):
        make_batch("paper/sumo-ants", physics="fast")
