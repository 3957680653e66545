"""An arena with one seat alone: the other seats stand far away, and only a fall or the clock ends a bout."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import NOBODY, TIME_OUT, Arena, Entry, Verdict
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark

FAR = 100.0
"""Distance by which the other seats are moved along x, m: too far to walk in a bout."""
FELL = "fell"


class Alone:
    """The rules of `arena` over `worlds` worlds with one seat alone, to measure how long that seat stays up.

    Bouts start as in the arena, but the other seats are moved out of reach. Observations show them where they would be
    if they had not been moved. Nobody wins and no outcome is paid; lines and edges do not end a bout.
    """

    endings: tuple[str, ...] = (FELL, TIME_OUT)

    def __init__(self, arena: Arena, worlds: int, seat: int = 0) -> None:
        self._arena, self._seat = arena, seat
        self.name, self.scene, self.seats, self.roles = arena.name, arena.scene, arena.seats, arena.roles
        self.bodies, self.sides, self.terms, self.ranges = arena.bodies, arena.sides, arena.terms, arena.ranges
        self.max_cycles, self.dtype, self.bounded, self.physics = (
            arena.max_cycles,
            arena.dtype,
            arena.bounded,
            arena.physics,
        )
        self._steps = np.zeros(worlds, np.intp)
        others = np.arange(len(arena.seats)) != seat
        self._away = np.where(others, FAR, 0.0)[:, None] * (1.0, 0.0, 0.0)
        """The displacement of each seat, m, `[S, 3]`."""
        self._columns = [s.qpos.start for s, other in zip(arena.scene.seats, others, strict=True) if other]

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """Change the weights of the named reward terms."""
        self._arena.reweigh(weights)
        self.terms = self._arena.terms

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""
        return self._arena.entries(seat)

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts as the arena does, and move the other seats away."""
        self._steps[ids] = 0
        qpos, *rest = self._arena.spawn(ids, dice)
        qpos[:, self._columns] += FAR
        return qpos, *rest

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: a bout ends when the seat has fallen or time is up."""
        verdict = self._arena.judge(self._near(frame), action)
        height = frame.root_position[:, self._seat, 2]
        fallen = height <= self.bodies[self._seat].fallen_height
        self._steps += 1
        late = self._steps >= self.max_cycles
        verdict.done[:], verdict.ending[:] = fallen | late, np.where(fallen, 0, 1)
        verdict.winner[:], verdict.outcome[:], verdict.out[:] = NOBODY, 0, False
        return verdict

    def observe(self, frame: Frame, out: Sequence[NDArray[Any]]) -> None:
        """Write the observations that the seats would have if none had been moved."""
        self._arena.observe(self._near(frame), out)

    def _near(self, frame: Frame) -> Frame:
        back = {name: getattr(frame, name) - self._away for name in ("root_position", "root_before")}
        return replace(frame, **back)

    def model(self, world: int) -> mujoco.MjModel:
        """Return the model of a world."""
        return self._arena.model(world)

    def marks(self, world: int) -> list[Mark]:
        """Return the arena's own marks."""
        return self._arena.marks(world)
