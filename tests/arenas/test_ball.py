"""The ball of kick-and-defend on both engines, against the theory of a solid sphere."""

import numpy as np
import pytest
from states import ENGINES

from dohyo.arenas import make_batch
from dohyo.arenas.rules.dice import Dice

RADIUS = 0.3
"""Of an ant's ball, m."""
both = pytest.mark.parametrize("engine", ENGINES)


def kicked(engine: str, velocity: tuple[float, float, float], height: float = RADIUS):
    """A batch of one world whose ball, far from both seats, is about to move."""
    batch = make_batch("kick_and_defend", "ant", engine, 1, workers=1, autoreset=False)
    batch.reset(0)
    model, scene = batch.arena.scene.model, batch.arena.scene
    qpos, qvel = model.qpos0[None].copy(), np.zeros((1, model.nv))
    for seat, x in zip(scene.seats, (-3.5, 3.5), strict=True):
        qpos[0, seat.qpos.start : seat.qpos.start + 3] = x, 6, 0.55
        qpos[0, seat.qpos.start + 7 : seat.qpos.stop] = seat.joint_range.mean(axis=1)
    ball = scene.loose[0]
    qpos[0, ball.qpos.start : ball.qpos.start + 3] = -2, 0, height
    qvel[0, ball.qvel.start : ball.qvel.start + 3] = velocity
    batch.engine.reset(np.array([0]), qpos, qvel)
    return batch


@both
def test_a_ball_that_is_kicked_slides_and_then_rolls(engine):
    """Friction at the floor turns 2/7 of a solid sphere's speed into spin within 0.06 s; then it slows as it rolls.

    Damping c takes c v + (c / r^2) v of 7/5 m v: 0.15 (1 + 1 / 0.09) / 5.6 = 0.3244 a second.
    """
    batch = kicked(engine, (2.1, 0, 0))
    for _ in range(20):
        batch.step([np.zeros((1, 8))] * 2)
    early = batch.engine.frame.loose_velocity[0, 0, 0]
    for _ in range(20):
        batch.step([np.zeros((1, 8))] * 2)
    assert early == pytest.approx(2.1 * 5 / 7 * np.exp(-0.3244 * 0.95), rel=0.02)
    assert batch.engine.frame.loose_velocity[0, 0, 0] == pytest.approx(early * np.exp(-0.3244), rel=0.01)
    assert batch.engine.frame.loose_position[0, 0, 2] == pytest.approx(RADIUS, abs=2e-3)
    batch.close()


@both
def test_a_ball_in_the_air_falls_as_it_must(engine):
    batch = kicked(engine, (1.0, -0.5, 2.0), height=2.0)
    for _ in range(4):
        batch.step([np.zeros((1, 8))] * 2)
    t = 0.2
    frame, slower = batch.engine.frame, np.exp(-0.0375 * t)  # 0.15 N s/m on 4 kg
    fall = 9.81 * (1 - slower) / 0.0375
    assert frame.loose_velocity[0, 0] == pytest.approx([slower, -0.5 * slower, 2 * slower - fall], abs=1e-3)
    # Both engines move by the new velocity: a fall in steps of 0.01 s is g dt t / 2 longer. Damping changes it by 2 mm.
    assert frame.loose_position[0, 0] == pytest.approx([-1.8, -0.1, 2.4 - 9.81 * t * (t + 0.01) / 2], abs=3e-3)
    assert frame.loose_before[0, 0, 0] == pytest.approx(-2 + 0.15, abs=1e-3)
    batch.close()


@pytest.mark.parametrize(("body", "radius", "mass"), [("ant", 0.3, 4.0), ("humanoid", 0.15, 0.1)])
def test_what_the_ball_is_made_of(body, radius, mass):
    """A humanoid's is EC's; an ant has one that does not pass beneath it."""
    scene = make_batch("kick_and_defend", body, "mujoco", worlds=1).arena.scene
    ball = scene.loose[0].root
    assert scene.model.body_mass[ball] == pytest.approx(mass)
    assert scene.model.body_inertia[ball] == pytest.approx([0.4 * mass * radius**2] * 3)


def test_nobody_starts_in_the_ball():
    """Kicker behind the ball, keeper before it, each by its reach of 0.85 m and 0.1 m clear of the ball at least."""
    arena = make_batch("kick_and_defend", engine="mujoco", worlds=300).arena
    qpos, qvel = arena.spawn(np.arange(300), Dice(list(range(300))))
    ball = qpos[:, arena.scene.loose[0].qpos]
    kicker, keeper = (qpos[:, seat.qpos] for seat in arena.scene.seats)
    assert (ball[:, 0] - kicker[:, 0] >= 1.25 - 1e-9).all()
    assert (keeper[:, 0] - ball[:, 0] >= 1.25 - 1e-9).all()
    assert (keeper[:, 0] >= 1.6).all()
    assert (keeper[:, 0] <= 3.5).all()
    assert (qvel[:, arena.scene.loose[0].qvel] == 0).all()
    assert ball[:, 2] == pytest.approx(0.3)
    assert np.abs(ball[:, 1]).max() > 3.8  # the whole range is drawn from
