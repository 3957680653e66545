"""Conversion of states between Bullet and the compiled model.

Bullet describes a root by its centre of mass and by its spin in world axes.
"""

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.bullet.world import ActorPlan
from dohyo.arenas.physics.rotation import conjugate, cross, into, matrix, multiply

ROOT = 13
"""Count of a root's numbers in a raw state, see `ActorPlan.width`."""


class Coordinates:
    """Converts the states of all actors in many worlds at once, in both directions."""

    def __init__(self, model: mujoco.MjModel, actors: Sequence[ActorPlan]) -> None:
        roots = [actor.root for actor in actors]
        joints = [len(actor.links) for actor in actors]
        widths = np.array([actor.width for actor in actors])
        first = np.cumsum(widths) - widths
        qpos = model.jnt_qposadr[model.body_jntadr[roots]]
        qvel = model.jnt_dofadr[model.body_jntadr[roots]]
        self._offset, self._turn = model.body_ipos[roots], model.body_iquat[roots]
        # For each root, one constant matrix maps Bullet's (x, y, z, w) in principal axes to the model's quaternion.
        self._unturn = multiply(np.roll(np.eye(4), 1, axis=-1), conjugate(self._turn)[:, None])
        self.width = sum(actor.width for actor in actors)
        self._raw_root = first[:, None] + np.arange(ROOT)
        self._pose, self._twist = qpos[:, None] + np.arange(7), qvel[:, None] + np.arange(6)
        self._angle, self._rate = _runs(qpos + 7, joints), _runs(qvel + 6, joints)
        self._raw_angle, self._raw_rate = _runs(first + ROOT, joints), _runs(first + ROOT + joints, joints)

    def to_raw(self, qpos: Array, qvel: Array) -> Array:
        """Return raw states `[n, width]` from the model's positions `[n, nq]` and velocities `[n, nv]`."""
        raw = np.empty((len(qpos), self.width))
        # Contiguous, because einsum's rounding depends on the memory layout, which here would depend on `n`.
        pose, twist = (np.ascontiguousarray(part) for part in (qpos[:, self._pose], qvel[:, self._twist]))
        back = np.swapaxes(matrix(pose[..., 3:]), -1, -2)
        spin, arm = into(back, twist[..., 3:]), into(back, np.broadcast_to(self._offset, pose[..., :3].shape))
        turned = np.roll(multiply(pose[..., 3:], self._turn), -1, axis=-1)
        velocity = twist[..., :3] + cross(spin, arm)
        raw[:, self._raw_root] = np.concatenate([pose[..., :3] + arm, turned, velocity, spin], axis=-1)
        raw[:, self._raw_angle], raw[:, self._raw_rate] = qpos[:, self._angle], qvel[:, self._rate]
        return raw

    def from_raw(self, raw: Array, qpos: Array, qvel: Array) -> None:
        """Write raw states `[n, width]` as the model's `qpos` `[n, nq]` and `qvel` `[n, nv]`; inverse of `to_raw`."""
        root = raw[:, self._raw_root]
        quaternion = np.einsum("nai,aij->naj", root[..., 3:7], self._unturn)
        rotation = matrix(quaternion)
        spin, arm = root[..., 10:], np.einsum("naij,aj->nai", rotation, self._offset)
        root[..., :3] -= arm
        root[..., 7:10] -= cross(spin, arm)
        root[..., 3:7], root[..., 10:] = quaternion, into(rotation, spin)
        qpos[:, self._pose], qvel[:, self._twist] = root[..., :7], root[..., 7:]
        qpos[:, self._angle], qvel[:, self._rate] = raw[:, self._raw_angle], raw[:, self._raw_rate]


def _runs(first: NDArray[np.intp], lengths: Sequence[int]) -> NDArray[np.intp]:
    """Return the indices of all runs, each of `lengths[k]` numbers from `first[k]` on, one after another."""
    return np.concatenate([np.arange(a, a + n) for a, n in zip(first, lengths, strict=True)])
