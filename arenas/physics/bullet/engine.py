"""The PyBullet engine: W worlds in the caller's process and in worker processes, over one shared block of arrays."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.bullet.workers import Herd
from dohyo.arenas.physics.bullet.world import ActorPlan, import_pybullet
from dohyo.arenas.physics.engine import StateEngine
from dohyo.arenas.physics.scene import Scene

MOST_HINGES = 127
"""Largest number of hinges of a body: Bullet silently drops further links (measured with pybullet 3.2.7)."""


class BulletEngine(StateEngine):
    """The `pybullet` engine; see `dohyo.arenas.physics.engine.Engine`."""

    name = "pybullet"

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        import_pybullet()
        for seat in scene.seats:
            if len(seat.links) > MOST_HINGES:
                raise EngineError(
                    f"body {seat.body.name!r} has {len(seat.links)} hinges, but PyBullet takes at most {MOST_HINGES}: "
                    'use engine="mujoco"'
                )
        super().__init__(scene, worlds, min(workers, worlds))
        plans = [ActorPlan(a.root, a.links, a.limbs) for a in scene.actors]
        self._herd = Herd(scene.model, plans, scene.pairs, worlds, self.workers)
        self._qpos, self._qvel, self._sensed = self._herd.state

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._herd.put(ids, qpos, qvel)

    def _play(self, action: Array) -> None:
        self._herd.step(action)

    def advance(self, action: Array) -> None:
        """See `Engine`."""
        self._herd.advance(action)

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        """See `Engine`."""
        self._herd.vary(ids, changes)

    def pace(self, steps: NDArray[np.intp]) -> None:
        """See `Engine`."""
        self._herd.pace(steps)

    def halt(self, ids: NDArray[np.intp]) -> None:
        """See `Engine`."""
        self._herd.halt(ids)

    def push(self, force: Array) -> None:
        """See `Engine`."""
        self._herd.push(force)

    def close(self) -> None:
        self._herd.close()
