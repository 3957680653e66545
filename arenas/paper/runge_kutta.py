"""MuJoCo's RK4 over a batch, stage by stage, which keeps the derived quantities that `mj_step` discards."""

from collections.abc import Callable

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.rotation import cross

STAGES = (0.5, 0.5, 1.0)
"""Times of the second, third and fourth stage, as shares of the step."""
WEIGHTS = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
"""Weights of the four stages."""

TOGETHER = 16
"""Number of worlds whose positions are integrated in one call; time and memory to compile grow with its square."""


class RungeKutta:
    """The physics step of a model of hinges and free joints over W worlds, bit for bit that of `mj_step`.

    As in MuJoCo 4, stages of the spin of free joints are combined with the Runge-Kutta-Munthe-Kaas correction.
    """

    def __init__(self, model: mujoco.MjModel, worlds: int) -> None:
        self._model, self._h = model, float(model.opt.timestep)
        self._together = min(worlds, TOGETHER)
        self._joints = _side_by_side(model, self._together)
        free = np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        self._spin = model.jnt_dofadr[free][:, None] + np.arange(3, 6)

    def step(self, qpos: Array, qvel: Array, qacc: Array, forward: Callable[[int], None]) -> None:
        """Advance `qpos` `[W, nq]` and `qvel` `[W, nv]` by one physics step, in place.

        `forward(k)` evaluates the dynamics of stage k, 0 to 3, at the values of `qpos` and `qvel`, and writes `qacc`
        `[W, nv]`. The derived quantities of the last stage remain.
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
        """Return the positions `[W, nq]` after moving at the constant rate `[W, nv]` for `time` s.

        MuJoCo integrates, because its rounding matters: where a capsule meets the edge of a platform, the last bit of a
        position changes the fifth digit of an acceleration.
        """
        moved, whole = qpos.copy(), len(qpos) - len(qpos) % self._together
        for first in range(0, whole, self._together):
            some = slice(first, first + self._together)
            mujoco.mj_integratePos(self._joints, moved[some].reshape(-1), rate[some].reshape(-1), time)
        for row, speed in zip(moved[whole:], rate[whole:], strict=True):
            mujoco.mj_integratePos(self._model, row, speed, time)
        return moved


def _side_by_side(model: mujoco.MjModel, worlds: int) -> mujoco.MjModel:
    """Return a model with the joints of `worlds` worlds, whose positions are those of the worlds in a row."""
    spec = mujoco.MjSpec()
    for _ in range(worlds):
        for kind in model.jnt_type:
            body = spec.worldbody.add_body(mass=1, inertia=[1, 1, 1], explicitinertial=True)
            body.add_joint(type=mujoco.mjtJoint(int(kind)))
    return spec.compile()


def _corrected(turned: Array, spin: Array) -> Array:
    """Return the rate of the rotation vector `turned` `[..., 3]` under the spin `[..., 3]` in the body's frame."""
    square = (turned * turned).sum(axis=-1, keepdims=True)
    once = cross(turned, spin)
    # The series of (1 - x cot x) / 4 x^2, where x is half the angle: a stage turns by less than a fifth of a radian.
    factor = 1 / 12 + square / 720 + square**2 / 30240
    result: Array = spin + 0.5 * once + factor * cross(turned, once)
    return result
