"""The narrow interface between the batch and a physics engine."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.physics.frame import Array, Frame
from dohyo.arenas.scene import Scene


class Engine(Protocol):
    """W independent copies of one scene. States are in the coordinates of the compiled MuJoCo model."""

    name: str
    scene: Scene
    worlds: int
    workers: int
    """Threads or processes that step; 1 when the caller's own does."""
    frame: Frame

    def reset(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        """Put the worlds `ids` `[n]` into states `[n, nq]`, `[n, nv]`, forget their history, refresh the frame."""

    def step(self, action: Array) -> None:
        """Advance every world by one control step under `action` `[W, nu]` in [-1, 1], then refresh the frame."""

    def advance(self, action: Array) -> None:
        """Advance as `step` does, and leave the frame as it is: the bare engine, for benchmarks."""

    def close(self) -> None:
        """Release threads, processes and memory; safe to call twice."""
