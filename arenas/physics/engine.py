"""The interface between the batch and a physics engine, and the base class of the engines here."""

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


class Engine(Protocol):
    """A physics engine over W independent copies of one scene, in the coordinates of the compiled MuJoCo model."""

    name: str
    scene: Scene
    worlds: int
    workers: int
    """Number of threads or processes that step, the caller's included."""
    fixed: frozenset[str]
    """Settings of `dohyo.arenas.randomisation.Randomisation` that this engine cannot follow."""

    @property
    def frame(self) -> Frame:
        """The state that the rules see, refreshed in place."""

    def reset(self, ids: NDArray[np.intp], *state: Array) -> None:
        """Put the worlds `ids` `[n]` into states `[n, nq]`, `[n, nv]`, forget their history, refresh the frame.

        An arena's own engine can take further arrays.
        """

    def step(self, action: Array) -> None:
        """Advance every world by one control step under `action` `[W, nu]` in [-1, 1], then refresh the frame."""

    def advance(self, action: Array) -> None:
        """Advance as `step` does without refreshing the frame: the bare engine, for benchmarks."""

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        """Change quantities of the model in the worlds `ids` `[n]`, relative to the scene's own values.

        `changes` are values `[n, *shape]` by name, see `dohyo.arenas.physics.quantities`; other quantities keep their
        last values. Call `reset` afterwards, which keeps the changes.
        """

    def halt(self, ids: NDArray[np.intp]) -> None:
        """Allow the engine to skip the worlds `ids` `[n]` until they are reset."""

    def push(self, force: Array) -> None:
        """Push the seats' roots with `force` `[W, S, 3]` N, world axes, at their centres of mass.

        The force acts in all physics steps of the next control step, and then ends.
        """

    def pace(self, steps: NDArray[np.intp]) -> None:
        """Let each world make `steps` `[W]` physics steps in the next control step, instead of the scene's number.

        Raises `EngineError` if "timing" is in `fixed`.
        """

    @property
    def state(self) -> Mapping[str, AnyArray]:
        """Live arrays by name on which alone the next step depends after a call of `settle`.

        Another engine of the same scene continues bit for bit once it has these values and was settled.
        """

    def settle(self) -> None:
        """Forget everything that `state` does not hold, such as a solver's memory of contacts; nothing moves."""

    def close(self) -> None:
        """Release threads, processes and memory; safe to call twice."""


class StateEngine(ABC):
    """Base of engines that keep their worlds' states in arrays: it resets diverged worlds and fills the frame.

    A subclass provides `_qpos` `[W, nq]`, `_qvel` `[W, nv]`, `_sensed` `[W, sensors]`; `_put` and `_play` refresh them.
    """

    fixed: frozenset[str] = frozenset()
    _qpos: Array
    _qvel: Array
    _sensed: Array

    def __init__(self, scene: Scene, worlds: int, workers: int) -> None:
        self.scene, self.worlds, self.workers = scene, worlds, workers
        self.frame = Frame.empty(scene, worlds)
        self._start = np.zeros((worlds, scene.model.nq)), np.zeros((worlds, scene.model.nv))

    def __getstate__(self) -> NoReturn:
        """Raise `EngineError`: worlds live in a library's memory, and a copy would hold only its address."""
        raise EngineError("a batch and its engine cannot be copied: build another one with make_batch()")

    @abstractmethod
    def _put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        """Put the worlds `ids` `[n]` into states `[n, nq]`, `[n, nv]`, without history."""

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
        self.frame.remember()
        self._fill()
        self.frame.failed[:] = failed

    @property
    def state(self) -> Mapping[str, AnyArray]:
        """See `Engine`."""
        start = nested("start", dict(zip(("qpos", "qvel"), self._start, strict=True)))
        return {**start, **nested("frame", self.frame.state), **self._rows}

    @property
    def _rows(self) -> Mapping[str, AnyArray]:
        """The arrays that hold the worlds."""
        return {"qpos": self._qpos, "qvel": self._qvel, "sensed": self._sensed}

    def settle(self) -> None:
        """See `Engine`: put all worlds anew into their current states, since a library's memory of them is hidden."""
        sensed = self._sensed.copy()
        self._put(np.arange(self.worlds), self._qpos.copy(), self._qvel.copy())
        self._sensed[:] = sensed

    def _fill(self) -> None:
        self.frame.fill(self._qpos, self._qvel, self._sensed)
