"""The narrow interface between the batch and a physics engine, and what the engines here share behind it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NoReturn, Protocol

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.frame import Frame, diverged
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.saved import AnyArray, nested

QUANTITIES = ("gravity", "friction", "mass", "torque")
"""What `Engine.scale` can scale: the weight of everything; the sliding friction of every contact; mass and inertia of
everything that moves; the actuators' whole law, gain, bias and strength."""


class Engine(Protocol):
    """W independent copies of one scene. States are in the coordinates of the compiled MuJoCo model."""

    name: str
    scene: Scene
    worlds: int
    workers: int
    """Threads or processes that step; 1 when the caller's own does."""

    @property
    def frame(self) -> Frame:
        """What the rules see, refreshed in place."""

    def reset(self, ids: NDArray[np.intp], *state: Array) -> None:
        """Put the worlds `ids` `[n]` into states `[n, nq]`, `[n, nv]`, forget their history, refresh the frame.

        An engine of an arena's own can take more than the two.
        """

    def step(self, action: Array) -> None:
        """Advance every world by one control step under `action` `[W, nu]` in [-1, 1], then refresh the frame."""

    def advance(self, action: Array) -> None:
        """Advance as `step` does, and leave the frame as it is: the bare engine, for benchmarks."""

    def scale(self, ids: NDArray[np.intp], factors: Mapping[str, Array]) -> None:
        """Make quantities so many times the model's, in the worlds `ids` `[n]`; `factors` `[n]` by `QUANTITIES`.

        Quantities that are not named stay as they are. To be followed by `reset`, which keeps the factors.
        """

    def halt(self, ids: NDArray[np.intp]) -> None:
        """Leave the worlds `ids` out of every step until they are reset; an engine may step them all the same."""

    def push(self, force: Array) -> None:
        """Push the seats' roots with `force` `[W, S, 3]` N, world axes, at their centres of mass.

        The force is constant over every physics step of the next control step, and then gone.
        """

    @property
    def state(self) -> Mapping[str, AnyArray]:
        """Live arrays by name that hold all that the next step depends on, once `settle` was called.

        Written into another engine of the same scene, and settled there, they let it go on bit for bit.
        """

    def settle(self) -> None:
        """Forget what `state` does not hold, such as what a solver remembers of contacts; nothing is moved."""

    def close(self) -> None:
        """Release threads, processes and memory; safe to call twice."""


class StateEngine(ABC):
    """An engine that keeps its worlds' states in arrays: it puts worlds back that have diverged, and fills the frame.

    `_qpos` `[W, nq]`, `_qvel` `[W, nv]`, `_sensed` `[W, sensors]` are the subclass's, refreshed by `_put` and `_play`.
    """

    _qpos: Array
    _qvel: Array
    _sensed: Array

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        self.scene, self.worlds, self.workers = scene, worlds, workers
        self.frame = Frame.empty(scene, worlds)
        self._start = np.zeros((worlds, scene.model.nq)), np.zeros((worlds, scene.model.nv))

    def __getstate__(self) -> NoReturn:
        """Raise `EngineError`: worlds live in a library's memory, of which a copy would hold the address only."""
        raise EngineError("a batch and its engine cannot be copied: build another one with make_batch()")

    @abstractmethod
    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        """Put worlds into states, without history."""

    @abstractmethod
    def _play(self, action: Array) -> None:
        """Advance all worlds by one control step and refresh the arrays."""

    def reset(self, ids: NDArray[np.intp], *state: Array) -> None:
        """See `Engine`."""
        qpos, qvel = state
        self._start[0][ids], self._start[1][ids] = qpos, qvel
        self._put(ids, qpos, qvel)
        self._fill()
        self.frame.failed[:] = False
        self.frame.root_before[ids] = self.frame.root_position[ids]
        self.frame.loose_before[ids] = self.frame.loose_position[ids]

    def step(self, action: Array) -> None:
        """See `Engine`."""
        self._play(action)
        failed = diverged(self._qpos, self._qvel)
        if np.count_nonzero(failed):
            ids = np.flatnonzero(failed)
            self._put(ids, self._start[0][ids], self._start[1][ids])
        self._fill()
        self.frame.failed[:] = failed

    @property
    def state(self) -> Mapping[str, AnyArray]:
        """See `Engine`."""
        return nested("start", dict(zip(("qpos", "qvel"), self._start, strict=True))) | nested(
            "frame", self.frame.state
        )

    @abstractmethod
    def settle(self) -> None:
        """See `Engine`."""

    def _fill(self) -> None:
        self.frame.fill(self._qpos, self._qvel, self._sensed)
