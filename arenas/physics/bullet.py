"""PyBullet: W worlds in worker processes that share one block of arrays, or in the caller's own process."""

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.physics.bullet_workers import Herd
from dohyo.arenas.physics.bullet_world import SeatPlan, import_pybullet
from dohyo.arenas.physics.engine import StateEngine
from dohyo.arenas.physics.frame import Array
from dohyo.arenas.physics.rotation import conjugate, into, matrix, multiply
from dohyo.arenas.scene import Scene


class BulletEngine(StateEngine):
    """The `pybullet` engine; see `dohyo.arenas.physics.engine.Engine`."""

    name = "pybullet"

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        import_pybullet()
        super().__init__(scene, worlds, min(workers, worlds))
        self._qpos, self._qvel = np.zeros((worlds, scene.model.nq)), np.zeros((worlds, scene.model.nv))
        plans = [SeatPlan(s.root, s.links, s.limbs) for s in scene.seats]
        self._herd = Herd(scene.model, plans, scene.pairs, worlds, self.workers)
        self._sensed = self._herd.sensed

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._qpos[ids], self._qvel[ids] = qpos, qvel
        self._herd.raw[ids] = self._to_raw(qpos, qvel)
        self._sensed[ids] = 0
        self._herd.put(ids)

    def _play(self, action: Array) -> None:
        self._herd.step(action)
        with np.errstate(invalid="ignore", over="ignore"):  # of worlds that have diverged
            self._from_raw()

    def advance(self, action: Array) -> None:
        """See `Engine`."""
        self._herd.advance(action)

    def _to_raw(self, qpos: Array, qvel: Array) -> Array:
        """Turn the model's coordinates into Bullet's: the root's centre of mass, its spin in the world."""
        parts, model = [], self.scene.model
        for seat in self.scene.seats:
            p, v, offset = seat.qpos.start, seat.qvel.start, model.body_ipos[seat.root]
            position, quaternion = qpos[:, p : p + 3], qpos[:, p + 3 : p + 7]
            velocity, rotation = qvel[:, v : v + 3], matrix(quaternion)
            spin = into(np.swapaxes(rotation, -1, -2), qvel[:, v + 3 : v + 6])
            arm = into(np.swapaxes(rotation, -1, -2), np.broadcast_to(offset, position.shape))
            turned = multiply(quaternion, np.broadcast_to(model.body_iquat[seat.root], quaternion.shape))
            parts += [position + arm, np.roll(turned, -1, axis=1), velocity + np.cross(spin, arm), spin]
            parts += [qpos[:, p + 7 : seat.qpos.stop], qvel[:, v + 6 : seat.qvel.stop]]
        return np.concatenate(parts, axis=1)

    def _from_raw(self) -> None:
        """Write the model's coordinates from what the worlds have read; the inverse of `_to_raw`."""
        raw, model, first = self._herd.raw, self.scene.model, 0
        for seat in self.scene.seats:
            p, v, joints = seat.qpos.start, seat.qvel.start, len(seat.links)
            x = raw[:, first : first + 13 + 2 * joints]
            first += x.shape[1]
            inverse = np.broadcast_to(conjugate(model.body_iquat[seat.root]), (len(raw), 4))
            quaternion = multiply(np.roll(x[:, 3:7], 1, axis=1), inverse)
            rotation = matrix(quaternion)
            offset = np.broadcast_to(model.body_ipos[seat.root], (len(raw), 3))
            arm, spin = into(np.swapaxes(rotation, -1, -2), offset), x[:, 10:13]
            self._qpos[:, p : p + 3] = x[:, :3] - arm
            self._qpos[:, p + 3 : p + 7] = quaternion
            self._qpos[:, p + 7 : seat.qpos.stop] = x[:, 13 : 13 + joints]
            self._qvel[:, v : v + 3] = x[:, 7:10] - np.cross(spin, arm)
            self._qvel[:, v + 3 : v + 6] = into(rotation, spin)
            self._qvel[:, v + 6 : seat.qvel.stop] = x[:, 13 + joints :]

    def close(self) -> None:
        self._herd.close()
