"""Your own arena: two seats play tag on an open field; docs/guide/own_arena.md explains it."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas import ArenaSpec, Body, Frame, register_arena
from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.rules import (
    CONTROL_STEP,
    NOBODY,
    TIME_OUT,
    BaseArena,
    Dice,
    Disc,
    Entry,
    Mark,
    Ranges,
    Term,
    Verdict,
    choose,
    distance,
    effort,
    stand,
)

CHASER, RUNNER = 0, 1
FIELD = 6.0  # m from the centre to the edge, beyond which the runner has lost
CAUGHT, LEFT, LATE = range(3)


class Tag(BaseArena):
    """A chaser has to touch a runner, who may not leave the field."""

    name = "tag"
    seats: tuple[str, ...] = ("chaser_0", "runner_0")
    roles: tuple[str, ...] = ("chaser", "runner")
    endings: tuple[str, ...] = ("caught", "left the field", TIME_OUT)
    terms: tuple[Term, ...] = (
        Term("gap", 5.0, "chaser: speed at which the gap closes, m/s; runner: its negative", "ours"),
        Term("control", -0.05, "sum of squared actions", "ours"),
    )
    points: ClassVar[tuple[Entry, ...]] = (Entry("centre", 3, "m", "own", "the centre of the field, from the root"),)
    numbers: tuple[Entry, ...] = (
        Entry("role", 1, "1", "world", "1 for the chaser, -1 for the runner"),
        Entry("edge", 1, "m", "world", "own distance to the edge"),
        Entry("clock", 1, "1", "world", "share of the bout that is left"),
    )
    start: ClassVar[Ranges] = {"gap": (2.0, 4.0)}  # m; a curriculum may set `ranges`

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        super().__init__(bodies, worlds, drive, max_cycles)
        self.sight.numbers[:, :, 0] = 1, -1  # roles never change

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts in the worlds `ids`: states `[n, nq]`, `[n, nv]`."""
        self.steps[ids] = 0
        half = self.draw("gap", ids, dice, 1) / 2 * (-1, 1)
        place = np.stack([half, np.zeros_like(half)], axis=-1)
        return stand(self.scene, ids, dice, place, np.zeros((len(ids), 2)))

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the control step: who has won, and the dense reward."""
        self.steps += 1
        verdict = Verdict.going_on(self._price(frame, action))
        caught = frame.contact[:, CHASER, RUNNER]
        left = distance(frame.root_position[:, RUNNER]) > FIELD
        lost, late = caught | left, self.steps >= self.max_cycles
        verdict.done = lost | late
        verdict.ending = choose([(caught, CAUGHT), (left, LEFT)], LATE)  # the first that holds counts
        verdict.winner = choose([(lost, CHASER), (late, RUNNER)], NOBODY)
        verdict.outcome[:, CHASER] = choose([(lost, 1000.0), (late, -1000.0)], 0.0)
        verdict.outcome[:, RUNNER] = -verdict.outcome[:, CHASER]
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        gap = self.term["gap"]
        before, after = (distance(p[:, RUNNER] - p[:, CHASER]) for p in (frame.root_before, frame.root_position))
        gap[:, CHASER] = (before - after) / CONTROL_STEP
        gap[:, RUNNER] = -gap[:, CHASER]
        effort(self.scene, action, self.term["control"])
        self.worth *= self.weights
        return self.worth

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write what the seats see, per seat `[W, obs]`."""
        self.sight.points[:, :, 0, :2] = -frame.root_position[:, :, :2]
        self.sight.numbers[:, :, 1] = FIELD - distance(frame.root_position)
        self.sight.numbers[:, :, 2] = self.clock()
        self.sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the field."""
        return [Disc(FIELD, (0.35, 0.5, 0.35), (0.9, 0.9, 0.9), 0.05)]


register_arena("tag", ArenaSpec("tag_v0", Tag, bodies=("ant", "spider"), seats=2, page="tag"))
