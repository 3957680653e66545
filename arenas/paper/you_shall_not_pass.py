"""You shall not pass of arXiv 1710.03748 ("EC"), for humans: seat 0 blocks, seat 1 runs from x = +1 to beyond -4.

Where paper and code disagree the code counts: at time-out a standing blocker has won but gets nothing (paper: +1000).
A blocker that goes beyond x = +4 ends the bout: it gets the loser's reward; the runner has not won and gets nothing.
"""

import numpy as np

from dohyo.arenas.arrays import Array, BoolArray
from dohyo.arenas.paper.field import LEFT, Field
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import TIME_OUT, Term, Verdict
from dohyo.arenas.rules.base import LOSS_OUTCOME, WIN_OUTCOME

FALLEN = 0.3
"""A human whose root is at or below this height has fallen, m (EC)."""
BLOCKER, RUNNER = 0, 1
"""The seats (EC)."""
TERMS: tuple[Term, ...] = (
    Term("forward", 0.25, "runner: way of the centre of mass to its line, m, divided by one physics step, s", "EC"),
    Term("control", -0.1, "sum of squared actions", "EC"),
    Term("contact", -1.0, "5e-7 of the sum of squared contact forces and torques, at most 10", "EC"),
    Term("standing", 5.0, "1 while standing, -1 when not", "EC"),
    Term("goal", -1.0, "runner: distance of the root from its line, m", "EC"),
    Term("hold", 1.0, "blocker: the runner's same distance; 0 in the step in which a seat passes", "EC, `info` only"),
)
ENDINGS: tuple[str, ...] = ("passed", "runner fell", "blocker ran away", TIME_OUT)
PASSED, FELL, AWAY, LATE = range(len(ENDINGS))


class PaperYouShallNotPass(Field):
    """A blocker and a runner; see `dohyo.arenas.rules.arena.Arena`."""

    name = "paper/you-shall-not-pass"
    seats: tuple[str, ...] = ("blocker_0", "runner_0")
    roles: tuple[str, ...] = ("blocker", "runner")
    endings = ENDINGS
    terms = TERMS
    aside = ("hold",)
    lines = (LEFT,)

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: whether the runner has passed or fallen, and the dense reward."""
        self.steps += 1
        beyond, stands = self.beyond(frame), frame.root_position[:, :, 2] > FALLEN
        passed, gone = beyond[:, RUNNER], beyond[:, BLOCKER] | beyond[:, RUNNER]
        verdict = Verdict.going_on(self._price(frame, action, ~gone))
        fell, late = ~stands[:, RUNNER], self.steps >= self.max_cycles
        verdict.done[:] = gone | fell | late
        for case, why in ((late, LATE), (fell, FELL), (gone, AWAY), (passed, PASSED)):
            verdict.ending[case] = why
        held = (fell | late) & ~gone
        verdict.winner[passed], verdict.winner[held] = RUNNER, BLOCKER
        verdict.outcome[held, RUNNER] = LOSS_OUTCOME
        verdict.outcome[held & fell & stands[:, BLOCKER], BLOCKER] = WIN_OUTCOME
        verdict.outcome[gone, BLOCKER], verdict.outcome[passed, RUNNER] = LOSS_OUTCOME, WIN_OUTCOME
        return verdict

    def _price(self, frame: Frame, action: Array, held: BoolArray) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        way = self.goal_distance(frame)[:, RUNNER]
        self.term["forward"][:, RUNNER] = self.advanced(frame)[:, RUNNER] / self.scene.model.opt.timestep
        self.term["goal"][:, RUNNER], self.term["hold"][:, BLOCKER] = way, way * held
        self.effort(action, np.inf, self.term["control"])
        self.contact(frame, self.term["contact"])
        self.term["standing"][:] = self.upright(frame, self._standing)
        self.worth *= self.weights
        return self.worth
