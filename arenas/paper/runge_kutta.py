"""MuJoCo's RK4 over a batch, stage by stage: `mj_step` ends where the derived quantities of its stages are lost."""

from collections.abc import Callable

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.rotation import cross

STAGES = (0.5, 0.5, 1.0)
"""The share of the step at which the second, third and fourth stage stand."""
WEIGHTS = (1 / 6, 1 / 3, 1 / 3, 1 / 6)

TOGETHER = 16
"""Worlds whose positions are moved in one call; time and memory to compile them grow with the square."""


class RungeKutta:
    """The step of a model of hinges and free joints, over states `[W, nq]`, `[W, nv]`; bit for bit that of `mj_step`.

    As in MuJoCo 4, the spin of free joints is combined with the correction of Runge, Kutta, Munthe and Kaas.
    """

    def __init__(self, model: mujoco.MjModel, worlds: int) -> None:
        self._model, self._h = model, float(model.opt.timestep)
        self._together = min(worlds, TOGETHER)
        self._joints = _side_by_side(model, self._together)
        free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        self._spin = model.jnt_dofadr[free][:, None] + np.arange(3, 6)

    def step(self, qpos: Array, qvel: Array, qacc: Array, forward: Callable[[int], None]) -> None:
        """Advance `qpos` and `qvel` in place.

        `forward(k)` evaluates stage k, 0 to 3, at what `qpos` and `qvel` hold, into `qacc` `[W, nv]`; what it derives
        in the last stage stays as it is.
        """
        start, speed, h = qpos.copy(), qvel.copy(), self._h
        forward(0)
        rate, rise = qvel.copy(), qacc.copy()
        mean_rate, mean_rise = WEIGHTS[0] * rate, WEIGHTS[0] * rise
        for stage, share in enumerate(STAGES, start=1):
            qpos[:] = self._moved(start, rate, share * h)
            qvel[:] = speed + share * h * rise
            forward(stage)
            turned = share * h * rate[:, self._spin]
            rate, rise = qvel.copy(), qacc.copy()
            rate[:, self._spin] = _corrected(turned, rate[:, self._spin])
            mean_rate += WEIGHTS[stage] * rate
            mean_rise += WEIGHTS[stage] * rise
        qpos[:] = self._moved(start, mean_rate, h)
        qvel[:] = speed + h * mean_rise

    def _moved(self, qpos: Array, rate: Array, time: float) -> Array:
        """Return the positions after moving at a constant rate.

        MuJoCo does it, because its roundings count: where a rod meets the edge of a platform, the last bit of a
        position decides on the fifth digit of an acceleration.
        """
        moved, whole = qpos.copy(), len(qpos) - len(qpos) % self._together
        for first in range(0, whole, self._together):
            some = slice(first, first + self._together)
            mujoco.mj_integratePos(self._joints, moved[some].reshape(-1), rate[some].reshape(-1), time)
        for row, speed in zip(moved[whole:], rate[whole:], strict=True):
            mujoco.mj_integratePos(self._model, row, speed, time)
        return moved


def _side_by_side(model: mujoco.MjModel, worlds: int) -> mujoco.MjModel:
    """Return a model of the joints of several worlds, whose positions are those of the worlds, one after another."""
    spec = mujoco.MjSpec()
    for _ in range(worlds):
        for kind in model.jnt_type:
            body = spec.worldbody.add_body(mass=1, inertia=[1, 1, 1], explicitinertial=True)
            body.add_joint(type=mujoco.mjtJoint(int(kind)))
    return spec.compile()


def _corrected(turned: Array, spin: Array) -> Array:
    """Return the rate at which the rotation vector `turned` `[..., 3]` grows under the spin `[..., 3]`, own frame."""
    square = (turned * turned).sum(axis=-1, keepdims=True)
    once = cross(turned, spin)
    # The series of (1 - x cot x) / 4 x^2 with x half the angle, which stays below a fifth of a radian in a stage.
    factor = 1 / 12 + square / 720 + square**2 / 30240
    result: Array = spin + 0.5 * once + factor * cross(turned, once)
    return result
