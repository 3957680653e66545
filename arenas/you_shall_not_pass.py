"""You shall not pass: a runner tries to cross a line, a blocker to stop it.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") unless said otherwise. Paper and code disagree on
the time-out; the paper counts: it pays a blocker that stands at the end, and the code pays it nothing.
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

GOAL = -4.0
"""The runner has passed once its root is beyond this x, m (EC)."""
FALLEN = 0.3
"""A seat whose root is at or below this height, or its body's `fallen_height` if that is lower, has fallen, m (EC)."""

BLOCKER, RUNNER = 0, 1
"""The seats (EC)."""
TERMS: tuple[Term, ...] = (
    Term("forward", 5.0, "runner: speed towards the line, m/s; blocker: its negative", "EC, weight 1 for runners"),
    Term("control", -0.05, "sum of squared actions", "EC, weight -0.1"),
    Term("standing", 0.5, "1 while standing, -1 when not", "EC, weight 5"),
)
"""Weights that differ from EC's are ours, as in sumo. EC pays the blocker the runner's distance from the line. EC's
contact cost is left out: it needs forces that only one of the engines reports."""

ENDINGS: tuple[str, ...] = ("passed", "runner fell", TIME_OUT)
PASSED, FELL, LATE = range(len(ENDINGS))


class YouShallNotPass(BaseArena):
    """A blocker and a runner with any bodies; see `dohyo.arenas.rules.arena.Arena`."""

    name = "you_shall_not_pass"
    seats: tuple[str, ...] = ("blocker_0", "runner_0")
    roles: tuple[str, ...] = ("blocker", "runner")
    endings = ENDINGS
    terms = TERMS
    points: ClassVar[tuple[Entry, ...]] = (
        Entry("goal", 3, "m", "own", "the nearest point of the runner's line, at the root's own height", mirror=VECTOR),
    )
    numbers: tuple[Entry, ...] = (
        Entry("role", 1, "1", "world", "1 for the runner, -1 for the blocker", -1, 1, mirror=same(1)),
        Entry("way", 1, "m", "world", "the runner's distance left to the line", mirror=same(1)),
        Entry("lane", 2, "m", "world", "y, from the middle of the field: own; the opponent's", mirror=(-1, -2)),
        CLOCK,
        Entry("contact", 1, "1", "world", "1 if the seats touch now", 0, 1, mirror=same(1)),
    )
    start: ClassVar[Ranges] = {
        "blocker x": (-1.5, -1.0),  # m (EC: -1)
        "runner x": (1.0, 1.5),  # m (EC: 1)
        "lane": (-1.0, 1.0),  # m from the middle of the field (EC: 0)
        "facing": (-0.3, 0.3),  # rad, from the direction of the opponent's side (EC: 0)
    }

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        super().__init__(bodies, worlds, drive, max_cycles)
        self._fallen_height = np.array([min(body.fallen_height, FALLEN) for body in bodies])
        self.sight.numbers[:, :, 0] = -1, 1

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: the seats face each other, with the line behind the blocker."""
        self.steps[ids] = 0
        x = self.draw_all(("blocker x", "runner x"), ids, dice, 1)[:, :, 0].T
        lane, facing = self.draw_all(("lane", "facing"), ids, dice, 2)
        return stand(self.scene, ids, dice, np.stack([x, lane], axis=-1), np.array([0, np.pi]) + facing)

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: whether the runner has passed or fallen, and the dense reward."""
        self.steps += 1
        height = frame.root_position[:, :, 2]
        up = height > self._fallen_height
        passed = frame.root_position[:, RUNNER, 0] < GOAL
        verdict = Verdict.going_on(self._price(frame, action))
        blocked = ~passed & ((self.steps >= self.max_cycles) | ~up[:, RUNNER])
        verdict.ending = choose([(passed, PASSED), (up[:, RUNNER], LATE)], FELL)
        verdict.done = passed | blocked
        verdict.winner = choose([(passed, RUNNER), (blocked, BLOCKER)], NOBODY)
        held = blocked & up[:, BLOCKER]
        verdict.outcome[:, RUNNER] = choose([(passed, WIN_OUTCOME), (blocked, LOSS_OUTCOME)], 0.0)
        verdict.outcome[:, BLOCKER] = choose([(passed, LOSS_OUTCOME), (held, WIN_OUTCOME)], 0.0)
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        forward = self.term["forward"]
        speed = (frame.root_before[:, RUNNER, 0] - frame.root_position[:, RUNNER, 0]) / CONTROL_STEP
        forward[:, RUNNER], forward[:, BLOCKER] = speed, -speed
        return self.price(action, self.standing(frame))

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the egocentric observations that `entries` describes."""
        numbers, position = self.sight.numbers, frame.root_position
        self.sight.points[:, :, 0, 0] = GOAL - position[:, :, 0]
        numbers[:, :, 1] = position[:, RUNNER, 0, None] - GOAL
        numbers[:, :, 2], numbers[:, :, 3] = position[:, :, 1], namespace(position).flip(position[:, :, 1], axis=1)
        numbers[:, :, 4] = self.clock()
        numbers[:, :, 5] = frame.contact[:, 0, 1, None]
        self.sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the runner's line in its colour."""
        return [Strip((GOAL - 0.05, GOAL + 0.05), (-5, 5), (0.2, 0.45, 0.85))]
