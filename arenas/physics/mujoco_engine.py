"""The MuJoCo engine: W worlds on a thread pool (`mujoco.batch.Batch`), bit-identical with any number of threads."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise

import mujoco
import numpy as np
from mujoco.batch import Batch, SimulationError
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.engine import StateEngine
from dohyo.arenas.physics.quantities import write
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.saved import AnyArray


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep MuJoCo from writing MUJOCO_LOG.TXT into the current folder; diverged worlds are counted instead."""
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
        self._batch, self._substeps = Batch(scene.model, worlds, nthread=workers), scene.substeps
        self._qpos, self._qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl, self._sensed = self._batch.bind("ctrl"), self._batch.bind("sensordata")
        self._fields: dict[str, tuple[Array, Array]] = {}
        """The model's own values and the rows `[W, ...]` of each field that has a row per world, by name."""
        self._roots = [seat.root for seat in scene.seats]
        self._forces = self._batch.bind("xfrc_applied")
        self._pushed = False
        self._pace: NDArray[np.intp] | None = None
        """Physics steps of each world in the next control step, `[W]`; None for the scene's number."""
        self._raised, self._still = np.zeros(worlds, bool), np.zeros(worlds, bool)
        self._moving: NDArray[np.intp] | None = None
        """The worlds that step; None means all."""

    def halt(self, ids: NDArray[np.intp]) -> None:
        """See `Engine`."""
        self._set_still(ids, still=True)

    def _set_still(self, ids: NDArray[np.intp], *, still: bool) -> None:
        self._still[ids] = still
        self._moving = np.flatnonzero(~self._still) if self._still.any() else None

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._set_still(ids, still=False)
        self._batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE)
        self._qpos[ids], self._qvel[ids] = qpos, qvel
        with unlogged():
            self._batch.forward(ids)

    def _play(self, action: Array) -> None:
        self.advance(action)

    def advance(self, action: Array) -> None:
        """See `Engine`."""
        self._ctrl[:] = action
        with self._noted():
            self._batch.step(self._moving, nstep=self._substeps if self._pace is None else int(self._pace.min()))
        if self._pace is not None:
            self._keep_pace(self._pace)
        self._end()

    def _keep_pace(self, pace: NDArray[np.intp]) -> None:
        """Make the physics steps that some worlds make beyond the fewest of all worlds."""
        counts = np.unique(pace)
        for fewer, more in pairwise(counts.tolist()):
            with self._noted():
                self._batch.step(np.flatnonzero((pace >= more) & ~self._still & ~self._raised), nstep=more - fewer)
        self._pace = None

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Record the worlds that raise, and let the others continue."""
        try:
            with unlogged():
                yield
        except SimulationError as error:
            self._raised[error.ids] = True

    def _end(self) -> None:
        """End the control step: clear the push, and mark worlds that raised as diverged."""
        if self._pushed:
            self._forces[:, self._roots], self._pushed = 0, False
        if np.count_nonzero(self._raised):
            # They still hold the previous state; NaN makes `step` count and reset them like other diverged worlds.
            self._qpos[self._raised], self._raised[:] = np.nan, False

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        """See `Engine`."""
        write(self.scene.model, ids, changes, self._expand)
        if "mass" in changes:
            with unlogged():
                self._batch.set_const(ids)  # contacts and limits use inertias that are derived from the masses

    def _expand(self, name: str) -> tuple[Array, Array]:
        """Return a field's original value and its rows `[W, ...]`; only fields that vary take up memory."""
        if name not in self._fields:
            rows = self._batch.expand(name)
            self._fields[name] = rows[0].copy(), rows
        return self._fields[name]

    def push(self, force: Array) -> None:
        """See `Engine`."""
        self._forces[:, self._roots, :3], self._pushed = force, True

    def pace(self, steps: NDArray[np.intp]) -> None:
        """See `Engine`."""
        self._pace = steps

    @property
    def _rows(self) -> Mapping[str, AnyArray]:
        """A world's row is its `mjSTATE_INTEGRATION`, which includes the solver's warm start."""
        return {"integration": self._batch.state}

    def settle(self) -> None:
        """Do nothing: `state` holds everything, the solver's warm start included."""

    def close(self) -> None:
        """Do nothing: the threads end with the object."""
