"""A pen: the PyBullet worlds that one process steps, and the block of arrays that all processes share."""

from collections.abc import Iterator, Sequence
from typing import Any

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.bullet.coordinates import Coordinates
from dohyo.arenas.physics.bullet.world import ActorPlan, BulletWorld

COMMANDS = ("put", "step", "advance", "vary", "push", "pace", "halt", "rest")
"""The commands of a worker: methods of its `Pen`."""


class Block:
    """The shared arrays, each with a row per world.

    They are actions, states, sensed contacts, a mark of the chosen worlds, the values of all quantities that can vary
    (`dohyo.arenas.physics.quantities`), forces on the actors' roots, and the number of physics steps.
    """

    def __init__(self, buffer: Any, worlds: int, widths: Sequence[int]) -> None:
        first = 0
        parts = []
        for width in widths:
            parts.append(np.frombuffer(buffer, np.float64, worlds * width, first).reshape(worlds, width))
            first += 8 * worlds * width
        self.action, self.qpos, self.qvel, self.sensed, self.chosen, self.varied, self.force, self.steps = parts

    @staticmethod
    def size(worlds: int, widths: Sequence[int]) -> int:
        """Return the number of bytes that the arrays need."""
        return 8 * worlds * sum(widths)


class Pen:
    """The worlds `[first, last)` of a block, stepped one after another in this process."""

    def __init__(
        self,
        model: mujoco.MjModel,
        actors: Sequence[ActorPlan],
        pairs: Sequence[tuple[int, int]],
        block: Block,
        first: int,
        last: int,
    ) -> None:
        self._coordinates = Coordinates(model, actors)
        rows = slice(first, last)
        self._action, self._sensed, self._chosen = block.action[rows], block.sensed[rows], block.chosen[rows]
        self._qpos, self._qvel = block.qpos[rows], block.qvel[rows]
        self._varied, self._force = block.varied[rows], block.force[rows].reshape(last - first, len(actors), 3)
        self._calm, self._pushed = [None] * (last - first), False
        self._steps, self._paced = block.steps[rows], False
        self._still = [False] * (last - first)
        self._raw = np.zeros((last - first, self._coordinates.width))
        self._worlds = [BulletWorld(model, actors, pairs) for _ in range(first, last)]

    def put(self) -> None:
        chosen = np.flatnonzero(self._chosen[:, 0])
        self._sensed[chosen] = 0
        self._raw[chosen] = self._coordinates.to_raw(self._qpos[chosen], self._qvel[chosen])
        for k in chosen:
            self._worlds[k].put(self._raw[k])
            self._still[k] = False

    def halt(self) -> None:
        for k in np.flatnonzero(self._chosen[:, 0]):
            self._still[k] = True

    def step(self) -> None:
        # Each world is read right after it has moved, while the processor's cache still holds it.
        for k, world, order in self._moving():
            world.advance(*order)
            world.read(self._raw[k], self._sensed[k])
        with np.errstate(invalid="ignore", over="ignore"):  # from worlds that have diverged
            self._coordinates.from_raw(self._raw, self._qpos, self._qvel)

    def advance(self) -> None:
        for _, world, order in self._moving():
            world.advance(*order)

    def _moving(self) -> Iterator[tuple[int, BulletWorld, tuple[Array, Array | None]]]:
        """Yield index, world, and (action, force) of the worlds that are not halted; end the push and the pace."""
        if self._paced:
            self._set_paces()
        forces, self._pushed = self._force if self._pushed else self._calm, False
        orders = zip(self._action, forces, strict=True)
        for k, (world, order) in enumerate(zip(self._worlds, orders, strict=True)):
            if not self._still[k]:
                yield k, world, order

    def _set_paces(self) -> None:
        for world, (steps,) in zip(self._worlds, self._steps.tolist(), strict=True):
            world.pace = int(steps)
        self._paced = False

    def vary(self) -> None:
        for k in np.flatnonzero(self._chosen[:, 0]):
            self._worlds[k].vary(self._varied[k])

    def pace(self) -> None:
        self._paced = True

    def push(self) -> None:
        self._pushed = True

    def rest(self) -> None:
        """Do nothing: a worker that answers has finished all earlier commands."""

    def close(self) -> None:
        for world in self._worlds:
            world.close()
