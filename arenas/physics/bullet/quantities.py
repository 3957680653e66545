"""The quantities of a PyBullet world that can vary, and the actuators' law under them."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.bullet.build import sliding_friction
from dohyo.arenas.physics.quantities import hinge_dofs, hinges, places, unvaried

STABLE = 1.25
"""Largest factor of what a joint's actuator adds for angle and velocity, relative to the inertia that the joint moves,
at which a physics step is stable; beyond it the step is divided. Bullet integrates the actuators' damping explicitly,
and an ant in flight chatters above 1.4 (measured, docs/results/engines.md)."""
ROUNDING = 1e-9
"""Relative error of derived inertias that must not divide a step."""
Place = tuple[int, int, int]
"""Bullet's body and link numbers (-1 for a root), and the model's body index."""


class Quantities:
    """The current quantities of one world, in the client `client` of the pybullet module `p`.

    `statics` are its fixed bodies, `movers` its moving parts, seats first, and `joints` the number of each seat's.
    """

    def __init__(
        self,
        p: Any,
        client: int,
        model: mujoco.MjModel,
        statics: Sequence[Place],
        movers: Sequence[Place],
        joints: Sequence[int],
    ) -> None:
        self._p, self._client, self._model = p, client, model
        self._statics, self._movers, self._joints = statics, movers, joints
        self._places, self._row = places(model), unvaried(model)
        self._hinges = {int(model.jnt_bodyid[j]): a for a, j in enumerate(hinges(model))}
        self._setters = {
            "gravity": self._set_gravity,
            "friction": self._set_friction,
            "mass": self._set_mass,
            "limits": self._set_limits,
        }
        self.parts = 1
        """Number of parts that a physics step is divided into, so that the actuators stay stable."""
        self._lightness: Array = np.ones(model.nu)
        self._set_law()

    def set(self, row: Array) -> None:
        """Set all quantities to the values in `row`, laid out by `dohyo.arenas.physics.quantities.places`."""
        old = self._row
        self._row = np.full_like(old, np.nan)  # differs from any value: after an interrupt the next call sets all
        for name, setter in self._setters.items():
            values = row[self._places[name]]
            if not np.array_equal(values, old[self._places[name]]):
                setter(values)
        self._row = row.copy()
        self._set_law()

    def _set_gravity(self, shift: Array) -> None:
        self._p.setGravity(*(self._model.opt.gravity + shift), physicsClientId=self._client)

    def _set_friction(self, factor: Array) -> None:
        # Bullet multiplies the coefficients of two touching bodies, so each gets the square root of the factor.
        for body, link, b in (*self._statics, *self._movers):
            friction = sliding_friction(self._model, b) * math.sqrt(factor[0])
            self._p.changeDynamics(body, link, lateralFriction=friction, physicsClientId=self._client)

    def _set_mass(self, factors: Array) -> None:
        change, client = self._p.changeDynamics, self._client
        for body, link, b in self._movers:
            change(body, link, mass=float(self._model.body_mass[b] * factors[b]), physicsClientId=client)
            # The mass made Bullet compute an inertia from the shape; a separate call restores the model's.
            inertia = (self._model.body_inertia[b] * factors[b]).tolist()
            change(body, link, localInertiaDiagonal=inertia, physicsClientId=client)
        self._lightness = lightness(self._model, factors)

    def _set_limits(self, shifts: Array) -> None:
        for body, link, b in self._movers:
            if b in self._hinges:
                shift = shifts[2 * self._hinges[b] :]
                low, high = (self._model.jnt_range[self._model.body_jntadr[b]] + shift[:2]).tolist()
                self._p.changeDynamics(
                    body, link, jointLowerLimit=low, jointUpperLimit=high, physicsClientId=self._client
                )

    def _set_law(self) -> None:
        """Set the law torque = clip(gain * action + b0 + b1 * angle + b2 * velocity, +-strength)."""
        model = self._model
        gain, damping, strength = (self._row[self._places[name]] for name in ("gain", "damping", "strength"))
        self.gain, self.offset = gain * model.actuator_gainprm[:, 0], gain * model.actuator_biasprm[:, 0]
        rows = zip(
            (gain * model.actuator_biasprm[:, 1]).tolist(),
            (damping * model.actuator_biasprm[:, 2]).tolist(),
            (strength * model.actuator_forcerange[:, 1]).tolist(),
            strict=True,
        )
        laws, first = list(rows), 0
        self.laws = []
        """For each seat (b1, b2, strength) of each joint."""
        for count in self._joints:
            self.laws.append(laws[first : first + count])
            first += count
        strain = float(np.max(np.maximum(gain, damping) * self._lightness))
        self.parts = max(1, math.ceil(strain / STABLE * (1 - ROUNDING)))


def lightness(model: mujoco.MjModel, factors: Array) -> Array:
    """Return by which factor each actuator turns its joint more easily, `[nu]`, with bodies' masses times `factors`."""
    changed = copy.copy(model)
    changed.body_mass[:] *= factors
    changed.body_inertia[:] *= factors[:, None]
    mujoco.mj_setConst(changed, mujoco.MjData(changed))
    dofs = hinge_dofs(model)
    factor: Array = changed.dof_invweight0[dofs] / model.dof_invweight0[dofs]
    return factor
