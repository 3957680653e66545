"""The `mujoco` engine of the paper's arenas: `ThreadEngine` plus the quantities in the original observations."""

from collections.abc import Mapping

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.bodies import SUBSTEPS
from dohyo.arenas.errors import EngineError
from dohyo.arenas.paper.frame import PaperFrame
from dohyo.arenas.paper.runge_kutta import RungeKutta
from dohyo.arenas.physics.mujoco_engine import ThreadEngine
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.saved import AnyArray

PLATFORM = "arena"
"""Name of the geom whose radius is drawn at a bout's start, in scenes that have it."""
UNSENSED = int(mujoco.mjtDisableBit.mjDSBL_SENSOR)


class PaperEngine(ThreadEngine):
    """The paper's engine, see `dohyo.arenas.physics.engine.Engine`; `reset` takes more, and the frame holds more."""

    frame: PaperFrame
    fixed = frozenset({"timing"})

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        super().__init__(scene, worlds, workers)
        self.frame = PaperFrame.over(self._batch, scene)
        self._warmstart, self._qacc = self._batch.bind("qacc_warmstart"), self._batch.bind("qacc")
        self._time, self._com = self._batch.bind("time"), self._batch.bind("subtree_com")
        self._flags = self._batch.expand("opt.disableflags")
        """Flags of each world: sensors and contact forces are computed only once per control step."""
        self._sensed_flags = int(scene.model.opt.disableflags)
        self._runge_kutta = RungeKutta(scene.model, worlds)
        platform = mujoco.mj_name2id(scene.model, mujoco.mjtObj.mjOBJ_GEOM, PLATFORM)
        self._platform = self._batch.expand("geom_size")[:, platform, 0] if platform >= 0 else None

    @property
    def state(self) -> Mapping[str, AnyArray]:
        """See `Engine`."""
        platform = {} if self._platform is None else {"platform": self._platform}
        return {**super().state, **platform, "com": self.frame.com, "com_before": self.frame.com_before}

    def reset(self, ids: NDArray[np.intp], *state: Array) -> None:
        """Put worlds into states, see `Engine`.

        Two optional arrays can follow: the radius of the platform `[n]`, m, and the accelerations `[n, nv]` from which
        the solver starts, for a state in the middle of a bout.
        """
        qpos, qvel, *more = state
        if self._platform is not None and more:
            self._platform[ids] = more[0]
        super().reset(ids, qpos, qvel)
        if len(more) > 1:
            self._warmstart[ids] = more[1]
        self.frame.com_before[ids] = self.frame.com[ids]

    def step(self, action: Array) -> None:
        """See `Engine`."""
        self.frame.com_before[:] = self.frame.com
        super().step(action)

    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self._flags[:] = self._sensed_flags
        super()._put(ids, qpos, qvel)

    def _play(self, action: Array) -> None:
        """Advance as `advance` does, but keep the derived quantities of the last physics step's last stage."""
        self._ctrl[:] = action
        self._flags[:] = self._sensed_flags | UNSENSED
        with self._noted():
            self._batch.step(nstep=SUBSTEPS - 1)
        self._runge_kutta.step(self._qpos, self._qvel, self._qacc, self._evaluate)
        self._warmstart[:] = self._qacc
        self._time += self.scene.model.opt.timestep
        self._end()

    def pace(self, steps: NDArray[np.intp]) -> None:
        """Raise `EngineError`: the last of the originals' five physics steps is integrated stage by stage."""
        raise EngineError("the paper's arenas always make five physics steps")

    def _evaluate(self, stage: int) -> None:
        if stage == 3:
            self._flags[:] = self._sensed_flags
        with self._noted():
            self._batch.forward()

    def _fill(self) -> None:
        self.frame.com[:] = self._com[:, self._roots]
        pairs = 2 * len(self.scene.pairs)
        found, gap = self._sensed[:, :pairs:2], self._sensed[:, 1:pairs:2]
        # The originals count only contacts in which surfaces overlap, not those within the margin.
        self.frame.fill(self._qpos, self._qvel, ((found > 0) & (gap < 0)).astype(float))
