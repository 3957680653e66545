"""Sumo of arXiv 1710.03748 ("EC"): on a round platform, between two ants or two humans.

A seat that falls or leaves the platform loses; the other seat wins only if the two have touched.
"""

import copy
from collections.abc import Sequence

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, IntArray
from dohyo.arenas.bodies import Body
from dohyo.arenas.paper.base import GROUND, HUMAN, HUMAN_MOTOR, MARGIN, PaperArena, sign
from dohyo.arenas.paper.engine import PLATFORM
from dohyo.arenas.paper.frame import PaperFrame
from dohyo.arenas.paper.observation import Piece, offset, positions, rotation
from dohyo.arenas.paper.scene import CYLINDER, Setting, add_field
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import TIME_OUT, Entry, Term, Verdict
from dohyo.arenas.rules.base import LOSS_OUTCOME, WIN_OUTCOME
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Disc, Mark
from dohyo.arenas.rules.observation import distance

TOP = 0.5
"""Height of the platform, m (EC)."""
LARGEST = 4.5
"""Radius of the platform in the compiled scene, m (EC)."""
RADIUS = {"paper_ant": (2.5, 4.5), "paper_humanoid": (1.5, 3.5)}
"""Range of the platform's radius, m (EC)."""
PLACES = {
    "paper_ant": ((-1.0, 0.0, 2.5, 180.0), (1.0, 0.0, 2.5, 180.0)),
    "paper_humanoid": ((-2.0, 0.0, 2.5, 0.0), (2.0, 0.0, 2.5, 180.0)),
}
"""Places of the torsos in the scenes (EC); x and y are drawn anew for every bout."""
NEAREST = 0.3
"""Smallest |x| at the start, m (EC)."""

TERMS: tuple[Term, ...] = (
    Term("centre", -1.0, "own distance from the centre, m", "EC"),
    Term("control", -0.1, "sum of squared actions; a human's clipped to 0.4 first", "EC"),
    Term("contact", -1.0, "5e-7 of the sum of squared contact forces and torques, at most 10", "EC"),
    Term("standing", 5.0, "1 while standing, -1 when not", "EC"),
)
ENDINGS: tuple[str, ...] = ("fell", "left the platform", "both out", "out without contact", TIME_OUT)
FELL, LEFT, BOTH, UNTOUCHED, LATE = range(len(ENDINGS))


def furnish(spec: mujoco.MjSpec) -> None:
    """Add the field and the platform; the field's bars are under the platform and invisible."""
    add_field(spec, alpha=0.0)
    spec.worldbody.add_geom(
        name=PLATFORM,
        type=CYLINDER,
        size=[LARGEST, TOP / 2, 0],
        pos=[0, 0, TOP / 2],
        friction=[1, 0.1, 0.1],
        condim=3,
        conaffinity=-1,  # the original's 0xffffffff, as the signed int that MuJoCo takes today
        rgba=[0.78, 0.68, 0.52, 1],
    )


class PaperSumo(PaperArena):
    """Two ants, or two humans; see `dohyo.arenas.rules.arena.Arena`."""

    name = "paper/sumo"
    seats: tuple[str, ...] = ("sumo_0", "sumo_1")
    roles: tuple[str, ...] = ("sumo", "sumo")
    endings = ENDINGS
    terms = TERMS

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        kind = bodies[0].name
        self.radius = np.full(worlds, LARGEST)
        self.touched = np.zeros(worlds, bool)
        """Whether the seats have touched in this bout, `[W]`."""
        super().__init__(bodies, worlds, max_cycles, Setting(PLACES[kind], furnish))
        self.ranges["radius"] = RADIUS[kind]
        self._gap = NEAREST + RADIUS[kind][0] / 2
        self._limit = HUMAN_MOTOR if kind == HUMAN else np.inf
        self._fallen, self._standing = bodies[0].fallen_height + TOP, bodies[0].standing_height

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts: seat 0 starts on the left, seat 1 on the right of a platform of random size."""
        self.touched[ids] = False
        self.radius[ids] = radius = self.draw("radius", ids, dice, 1)[:, 0]
        qpos, qvel = self.noisy(ids, dice)
        share = dice.uniform(ids, 0, 1, 4)
        for s, (seat, side) in enumerate(zip(self.scene.seats, (-1, 1), strict=True)):
            x = side * (NEAREST + share[:, 2 * s] * (radius - self._gap - NEAREST))
            widest = np.sqrt(radius**2 - x**2) - self._gap
            qpos[:, seat.qpos.start] = x
            qpos[:, seat.qpos.start + 1] = (2 * share[:, 2 * s + 1] - 1) * widest
        return self.normalised(qpos), qvel, radius

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: who is out, who has won, and the dense reward."""
        self.steps += 1
        self.touched |= frame.contact[:, 0, 1]
        position = frame.root_position
        away = distance(position)
        verdict = Verdict.going_on(self._price(frame, action, away))
        fallen, beyond = position[:, :, 2] <= self._fallen, away > self.radius[:, None]
        if np.count_nonzero(fallen | beyond) or np.count_nonzero(self.steps >= self.max_cycles):
            self._decide(fallen, beyond, verdict)
        return verdict

    def _decide(self, fallen: BoolArray, beyond: BoolArray, verdict: Verdict) -> None:
        """End bouts: leaving the platform counts only if nobody fell, the time-out only if nobody is out."""
        down: BoolArray = np.logical_or.reduce(fallen, axis=1)
        out: BoolArray = np.where(down[:, None], fallen, beyond)
        over, both = out.any(axis=1), out.all(axis=1)
        late = ~over & (self.steps >= self.max_cycles)
        won = over & ~both & self.touched
        verdict.done[:] = over | late
        verdict.ending[:] = np.where(down, FELL, LEFT)
        for case, why in ((~self.touched, UNTOUCHED), (both, BOTH), (late, LATE)):
            verdict.ending[case] = why
        verdict.outcome[out | late[:, None]] = LOSS_OUTCOME
        verdict.outcome[~out & won[:, None]] = WIN_OUTCOME
        verdict.winner[won] = np.argmin(out[won], axis=1)

    def _price(self, frame: Frame, action: Array, away: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        self.term["centre"][:] = away
        self.effort(action, self._limit, self.term["control"])
        self.contact(frame, self.term["contact"])
        self.term["standing"][:] = sign(frame.root_position[:, :, 2] - TOP >= self._standing)
        self.worth *= self.weights
        return self.worth

    def pieces(self, seat: int) -> list[Piece]:
        """Return the pieces of a seat's observation, in order."""
        own, other = self.scene.seats[seat], self.scene.seats[1 - seat]
        ring = Entry("ring", 3, "m", "world", "the platform's radius; distance to its edge: own; the other's")
        left = Entry("steps left", 1, "control steps", "world", "until the time-out", 0, self.max_cycles)
        return [
            *self.body_pieces(seat),
            positions("other position", other),
            offset(own, other),
            rotation(own),
            Piece(ring, lambda frame: self._ring(frame, seat)),
            Piece(left, lambda frame: (self.max_cycles - self.steps).astype(np.float64)),
        ]

    def _ring(self, frame: PaperFrame, seat: int) -> Array:
        away = distance(frame.root_position[:, [seat, 1 - seat]])
        return np.column_stack([self.radius, self.radius[:, None] - away])

    def model(self, world: int) -> mujoco.MjModel:
        """Return the scene's model with the platform of `world`."""
        model = copy.copy(self.scene.model)
        model.geom(PLATFORM).size[0] = self.radius[world]
        return model

    def marks(self, world: int) -> list[Mark]:
        """Paint the ground around the platform, which also keeps seats near the edge in the picture."""
        return [Disc(float(self.radius[world]) + MARGIN, GROUND, GROUND, 0.0)]
