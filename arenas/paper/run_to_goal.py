"""Run to goal of arXiv 1710.03748 ("EC"): the first seat whose centre of mass passes the opposite line wins.

Seat 0 starts on the left and runs to x = +4, seat 1 runs to -4. The paper gives both seats the loser's reward when
nobody arrives; its code has no time limit, so the 500 control steps are those of the other arenas.
"""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.bodies import SUBSTEPS, Body
from dohyo.arenas.paper.base import HUMAN
from dohyo.arenas.paper.field import Field
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import TIME_OUT, Term, Verdict
from dohyo.arenas.rules.base import LOSS_OUTCOME, WIN_OUTCOME

ANT_TERMS: tuple[Term, ...] = (
    Term("forward", 1.0, "speed of the centre of mass towards the own line, m/s", "EC"),
    Term("control", -0.5, "sum of squared actions", "EC"),
    Term("contact", -0.0005, "sum of squared contact forces and torques, each clipped to [-1, 1] first", "EC"),
    Term("standing", 1.0, "1 while standing, -1 when not", "EC"),
)
HUMAN_TERMS: tuple[Term, ...] = (
    Term("forward", 0.25, "way of the centre of mass towards the own line, m, divided by one physics step, s", "EC"),
    Term("control", -0.1, "sum of squared actions", "EC"),
    Term("contact", -1.0, "5e-7 of the sum of squared contact forces and torques, at most 10", "EC"),
    Term("standing", 5.0, "1 while standing, -1 when not", "EC"),
    Term("goal", -1.0, "distance of the root from the own line, m", "EC"),
)
ENDINGS: tuple[str, ...] = ("reached the goal", "both reached the goal", "both down", TIME_OUT)
REACHED, BOTH, DOWN, LATE = range(len(ENDINGS))


class PaperRunToGoal(Field):
    """Two ants or two humans; see `dohyo.arenas.rules.arena.Arena`."""

    name = "paper/run-to-goal"
    seats: tuple[str, ...] = ("runner_0", "runner_1")
    roles: tuple[str, ...] = ("runner_right", "runner_left")
    endings = ENDINGS

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        self._human = bodies[0].name == HUMAN
        self.terms = HUMAN_TERMS if self._human else ANT_TERMS
        super().__init__(bodies, worlds, drive, max_cycles)
        # EC's code divides by the control step for ants, and by one physics step, a fifth of that, for humans.
        self._over = self.scene.model.opt.timestep * (1 if self._human else SUBSTEPS)
        self._down = bodies[0].down_height

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: who has arrived, who is down, and the dense reward."""
        self.steps += 1
        arrived = self.beyond(frame)
        verdict = Verdict.going_on(self._price(frame, action))
        there, both = arrived.any(axis=1), arrived.all(axis=1)
        down = (frame.root_position[:, :, 2] < self._down).all(axis=1)
        late = self.steps >= self.max_cycles
        verdict.done[:] = there | down | late
        for case, why in ((late, LATE), (down, DOWN), (there, REACHED), (both, BOTH)):
            verdict.ending[case] = why
        won = there & ~both
        verdict.outcome[won] = np.where(arrived[won], WIN_OUTCOME, LOSS_OUTCOME)
        verdict.winner[won] = np.argmax(arrived[won], axis=1)
        verdict.outcome[late & ~there & ~down] = LOSS_OUTCOME
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        self.term["forward"][:] = self.advanced(frame) / self._over
        self.effort(action, np.inf, self.term["control"])
        self.term["standing"][:] = self.upright(frame, self._standing)
        if self._human:
            self.contact(frame, self.term["contact"])
            self.term["goal"][:] = self.goal_distance(frame)
        else:
            self.clipped_contact(frame, self.term["contact"])
        self.worth *= self.weights
        return self.worth
