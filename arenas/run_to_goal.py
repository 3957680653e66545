"""Run to goal: two runners start between two lines; the first to cross the far line wins. A time-out costs both.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") unless said otherwise. A runner is where its root is
(EC uses the centre of mass of the whole body, a few centimetres away).
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray, choose, namespace
from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import VECTOR, same
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.rules.arena import NOBODY, TIME_OUT, Entry, Ranges, Term, Verdict
from dohyo.arenas.rules.base import CLOCK, LOSS_OUTCOME, WIN_OUTCOME, BaseArena
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark, Strip
from dohyo.arenas.rules.start import stand

GOAL = 4.0
"""Distance of each goal line from the centre, m (EC)."""

TERMS: tuple[Term, ...] = (
    Term("forward", 5.0, "speed towards the own goal line, m/s", "EC, weight 1; the 5 m to the line pay 500 in all"),
    Term("control", -0.05, "sum of squared actions", "EC, weight -0.5"),
    Term("standing", 0.5, "1 while standing, -1 when not", "EC, weight 1"),
)
"""Weights that differ from EC's are ours, as in sumo. EC's contact cost is left out: it needs forces that only one of
the engines reports."""

ENDINGS: tuple[str, ...] = ("reached the goal", "both reached the goal", "both down", TIME_OUT)
REACHED, BOTH, DOWN, LATE = range(len(ENDINGS))
LINES = ((1, (0.85, 0.25, 0.2)), (-1, (0.2, 0.45, 0.85)))
"""Sign of x and colour of each goal line; the colour is that of the seat that runs to it."""


class RunToGoal(BaseArena):
    """Two runners with any bodies; see `dohyo.arenas.rules.arena.Arena`."""

    name = "run_to_goal"
    seats: tuple[str, ...] = ("runner_0", "runner_1")
    roles: tuple[str, ...] = ("runner", "runner")
    endings = ENDINGS
    terms = TERMS
    points: ClassVar[tuple[Entry, ...]] = (
        Entry("goal", 3, "m", "own", "the nearest point of the own goal line, at the root's own height", mirror=VECTOR),
    )
    numbers: tuple[Entry, ...] = (
        Entry(
            "way",
            2,
            "m",
            "world",
            "distance left to the own goal line; the opponent's distance to its line",
            mirror=same(2),
        ),
        Entry(
            "lane",
            1,
            "m",
            "world",
            "distance from the middle of the field, positive to the left of the run",
            mirror=(-1,),
        ),
        CLOCK,
        Entry("contact", 1, "1", "world", "1 if the seats touch now", 0, 1, mirror=same(1)),
    )
    start: ClassVar[Ranges] = {
        "behind": (1.0, 1.5),  # m from the centre, on the side away from the own goal (EC: 1)
        "lane": (-1.0, 1.0),  # m from the middle of the field (EC: 0)
        "facing": (-0.3, 0.3),  # rad, from the direction of the run (EC: 0)
    }

    way: ClassVar[Array] = np.array([1.0, -1.0])
    """The direction in which each seat runs along x."""

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        super().__init__(bodies, worlds, drive, max_cycles)
        self._down_height = np.array([body.down_height for body in bodies])

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: the seats face each other across the centre, each with its goal behind the other."""
        self.steps[ids] = 0
        behind, lane, facing = self.draw_all(("behind", "lane", "facing"), ids, dice, 2)
        place = np.stack([-self.way * behind, lane], axis=-1)
        return stand(self.scene, ids, dice, place, np.where(self.way > 0, 0.0, np.pi) + facing)

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: who has arrived, who is down, and the dense reward."""
        self.steps += 1
        xp, height = namespace(frame.root_position), frame.root_position[:, :, 2]
        arrived = frame.root_position[:, :, 0] * self.way >= GOAL
        verdict = Verdict.going_on(self._price(frame, action))
        both, there = xp.all(arrived, axis=1), xp.any(arrived, axis=1)
        down = (height < self._down_height).all(axis=1)
        late, won = self.steps >= self.max_cycles, there & ~both
        verdict.done = late | down | there
        verdict.ending = choose([(both, BOTH), (there, REACHED), (down, DOWN)], LATE)
        verdict.winner = choose([(~won, NOBODY), (arrived[:, 0], 0)], 1)
        lost = won | (late & ~there & ~down)
        verdict.outcome = choose([(won[:, None] & arrived, WIN_OUTCOME), (lost[:, None], LOSS_OUTCOME)], 0.0)
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        moved = frame.root_position[:, :, 0] - frame.root_before[:, :, 0]
        self.term["forward"][:] = moved * (self.way / CONTROL_STEP)
        return self.price(action, self.standing(frame))

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the egocentric observations that `entries` describes."""
        numbers, way = self.sight.numbers, GOAL - frame.root_position[:, :, 0] * self.way
        self.sight.points[:, :, 0, 0] = way * self.way
        numbers[:, :, 0], numbers[:, :, 1] = way, namespace(way).flip(way, axis=1)
        numbers[:, :, 2] = frame.root_position[:, :, 1] * self.way
        numbers[:, :, 3] = self.clock()
        numbers[:, :, 4] = frame.contact[:, 0, 1, None]
        self.sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the two goal lines, each in the colour of the seat that runs to it."""
        return [Strip((side * GOAL - 0.05, side * GOAL + 0.05), (-5, 5), colour) for side, colour in LINES]
