"""MuJoCo: W worlds on a thread pool through `mujoco.batch.Batch`, bit-identical at any thread count."""

from collections.abc import Iterator
from contextlib import contextmanager

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError
from numpy.typing import NDArray

from dohyo.arenas.physics.engine import StateEngine
from dohyo.arenas.physics.frame import Array
from dohyo.arenas.scene import SUBSTEPS, Scene


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep MuJoCo from writing a file MUJOCO_LOG.TXT where the user stands: worlds that diverge are counted instead."""
    handler = mujoco.get_mju_user_warning()
    mujoco.set_mju_user_warning(lambda message: None)
    try:
        yield
    finally:
        mujoco.set_mju_user_warning(handler)


class ThreadEngine(StateEngine):
    """The `mujoco` engine; see `dohyo.arenas.physics.engine.Engine`."""

    name = "mujoco"

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        super().__init__(scene, worlds, workers)
        self._batch = Batch(scene.model, worlds, nthread=workers)
        self._qpos, self._qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl, self._sensed = self._batch.bind("ctrl"), self._batch.bind("sensordata")

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE)
        self._qpos[ids], self._qvel[ids] = qpos, qvel
        with unlogged():
            self._batch.forward(ids)

    def _play(self, action: Array) -> None:
        self.advance(action)

    def advance(self, action: Array) -> None:
        """See `Engine`."""
        self._ctrl[:] = action
        try:
            with unlogged():
                self._batch.step(nstep=SUBSTEPS)
        except SimulationError as error:
            # Those worlds keep the state of before; as NaN they are seen, counted and reset like any other failure.
            self._qpos[error.ids] = np.nan

    def close(self) -> None:
        """Nothing to release: the threads end with the object."""
