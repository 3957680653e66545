"""Kick and defend of arXiv 1710.03748 ("EC"), for humans: seat 0 kicks towards the goal at x = +4, seat 1 defends it.

Where paper and code disagree the code counts: the keeper may stray 2.5 m, not 3. The paper widens the start ranges
during training; with full ranges from the beginning, kicking is not learned.
"""

from collections.abc import Sequence
from typing import ClassVar

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, IntArray
from dohyo.arenas.bodies import EC_BALL, Body
from dohyo.arenas.kick_and_defend import EC_STARTS
from dohyo.arenas.paper.base import HUMAN_MOTOR, PaperArena, paper_frame, sign
from dohyo.arenas.paper.observation import Piece, offset, positions
from dohyo.arenas.paper.scene import GOAL, Setting, add_field
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import TIME_OUT, Entry, Ranges, Term, Verdict
from dohyo.arenas.rules.base import LOSS_OUTCOME, WIN_OUTCOME
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark, Strip

KICKER, KEEPER, BALL = 0, 1, 2
"""The actors (EC)."""
PLACES = ((-3.0, 0.0, 1.5, 0.0), (3.0, 0.0, 1.5, 180.0))
"""Places of the torsos in the scene (EC); x and y are drawn anew for every bout."""
POST = 3.0
"""The goal is between the posts at plus and minus this y, m (EC)."""
STRAY, BEYOND = 2.5, 0.05
"""Largest distance of the keeper from x = `GOAL`, and largest distance behind it that still guards, m (EC, code)."""
DOWN = (0.8, 0.5)
"""The kicker is down below the first root height, the keeper at or below the second, m (EC)."""
STANDS = 0.8
"""A keeper whose root is higher than this at the end stands, m (EC)."""
TOUCHED, STOOD = 500.0, 500.0
"""Extra outcome of a keeper that has held the goal: if it has touched the ball, and if it stands (EC)."""
BACK = 1.0
"""A ball that moves away from the goal faster than this, m/s, ends the bout (EC)."""
BALL_START = 0.35
"""Height of the ball at the start, m (EC)."""
BALL_SPEED = 0.1
"""Velocity along each axis of a ball that start noise would send away from the goal, m/s (EC)."""

TERMS: tuple[Term, ...] = (
    Term("forward", 0.25, "kicker: way of its centre of mass along x, m, divided by one physics step, s", "EC"),
    Term("control", -0.1, "sum of squared actions, clipped to 0.4 first", "EC"),
    Term("contact", -1.0, "5e-7 of the sum of squared contact forces and torques, at most 10", "EC"),
    Term("standing", 5.0, "kicker: 1 while standing, -1 when not", "EC"),
    Term("ball", -1.0, "kicker: distance of its root from the ball, m", "EC"),
    Term("guard", 5.0, "keeper: 1 while standing in front of the goal, -1 when not", "EC"),
    Term(
        "hold",
        1.0,
        "the ball's x minus the goal's, m; keeper: its absolute value; 0 when the bout ends",
        "EC, `info` only",
    ),
)
ENDINGS: tuple[str, ...] = ("goal", "keeper strayed", "missed", "rolled back", "both down", TIME_OUT)
SCORED, STRAYED, MISSED, ROLLED, FELL, LATE = range(len(ENDINGS))


def furnish(spec: mujoco.MjSpec) -> None:
    """Add the field and the ball to the scene."""
    add_field(spec)
    ball = spec.worldbody.add_body(name="ball", pos=[0, 0, 0.2])
    ball.add_joint(name="ball", type=mujoco.mjtJoint.mjJNT_FREE, damping=[EC_BALL.damping, 0, 0])
    ball.add_geom(
        name="ball",
        type=mujoco.mjtGeom.mjGEOM_SPHERE,
        size=[EC_BALL.radius, 0, 0],
        mass=EC_BALL.mass,
        rgba=[0.95, 0.93, 0.88, 1],
    )


class PaperKickAndDefend(PaperArena):
    """A kicker and a keeper; see `dohyo.arenas.rules.arena.Arena`."""

    name = "paper/kick-and-defend"
    seats: tuple[str, ...] = ("kicker_0", "keeper_0")
    roles: tuple[str, ...] = ("kicker", "keeper")
    endings = ENDINGS
    terms = TERMS
    aside = ("hold",)
    start: ClassVar[Ranges] = EC_STARTS

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        self.saved = np.zeros(worlds, bool)
        """Whether the keeper has touched the ball in this bout, `[W]`."""
        super().__init__(bodies, worlds, max_cycles, Setting(PLACES, furnish))
        self._standing = bodies[0].standing_height

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts: kicker, keeper and ball start at random places."""
        self.saved[ids] = False
        qpos, qvel = self.noisy(ids, dice)
        ball = self.scene.loose[0]
        places = self.draw_all(tuple(EC_STARTS), ids, dice, 1).reshape(3, 2, len(ids))
        for place, actor in zip(places, self.scene.actors, strict=True):
            qpos[:, actor.qpos.start : actor.qpos.start + 2] = place.T
        qpos[:, ball.qpos.start + 2] = BALL_START
        velocity = qvel[:, ball.qvel.start : ball.qvel.start + 3]
        velocity[velocity[:, 0] < 0] = BALL_SPEED
        return self.normalised(qpos), qvel

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: goals, balls out of play, seats that strayed or fell, and the dense reward."""
        self.steps += 1
        self.saved |= frame.contact[:, KEEPER, BALL]
        ball, velocity, height = frame.loose_position[:, 0], frame.loose_velocity[:, 0], frame.root_position[:, :, 2]
        across, late = ball[:, 0] > GOAL, self.steps >= self.max_cycles
        scored = across & (np.abs(ball[:, 1]) <= POST)
        back = (velocity[:, 0] < 0) & (np.linalg.norm(velocity, axis=1) > BACK)
        down = (height[:, KICKER] < DOWN[KICKER]) & (height[:, KEEPER] <= DOWN[KEEPER])
        held = (across | late | back | down) & ~scored
        strayed = ~scored & ~held & (np.abs(GOAL - frame.root_position[:, KEEPER, 0]) > STRAY)
        verdict = Verdict.going_on(self._price(frame, action, ~scored & ~held & ~strayed))
        verdict.done[:] = scored | held | strayed
        endings = ((late, LATE), (down, FELL), (back, ROLLED), (across, MISSED), (strayed, STRAYED), (scored, SCORED))
        for case, why in endings:
            verdict.ending[case] = why
        verdict.winner[scored], verdict.winner[held] = KICKER, KEEPER
        verdict.outcome[scored] = WIN_OUTCOME, LOSS_OUTCOME
        verdict.outcome[strayed, KEEPER] = LOSS_OUTCOME
        earned = WIN_OUTCOME + TOUCHED * self.saved + STOOD * (height[:, KEEPER] > STANDS)
        verdict.outcome[held, KICKER], verdict.outcome[held, KEEPER] = LOSS_OUTCOME, earned[held]
        return verdict

    def _price(self, frame: Frame, action: Array, going_on: BoolArray) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        term = self.term
        seen, ball, keeper = paper_frame(frame), frame.loose_position[:, 0], frame.root_position[:, KEEPER]
        moved = seen.com[:, KICKER, 0] - seen.com_before[:, KICKER, 0]
        term["forward"][:, KICKER] = moved / self.scene.model.opt.timestep
        self.effort(action, HUMAN_MOTOR, term["control"])
        self.contact(frame, term["contact"])
        upright = self.upright(frame, self._standing)
        term["standing"][:, KICKER] = upright[:, KICKER]
        term["ball"][:, KICKER] = np.linalg.norm(frame.root_position[:, KICKER, :2] - ball[:, :2], axis=1)
        in_front = (keeper[:, 0] <= GOAL + BEYOND) & (np.abs(keeper[:, 1]) <= POST)
        term["guard"][:, KEEPER] = sign((upright[:, KEEPER] > 0) & in_front)
        way = np.abs(ball[:, 0] - GOAL) * going_on
        term["hold"][:, KICKER], term["hold"][:, KEEPER] = -way, way
        self.worth *= self.weights
        return self.worth

    def pieces(self, seat: int) -> list[Piece]:
        """Return the pieces of a seat's observation, in order."""
        own, other = self.scene.seats[seat], self.scene.seats[1 - seat]
        ball = Entry("ball", 3, "m", "world", "x and y from the own root to the ball; the ball's height")
        goal = Entry("goal", 3, "m", "world", "from the ball: x to the goal line; y to each post")
        return [
            *self.body_pieces(seat, first=2),
            offset(own, other),
            positions("other position", other, first=2),
            Piece(ball, lambda frame: frame.loose_position[:, 0] - frame.root_position[:, seat] * (1, 1, 0)),
            Piece(goal, lambda frame: (GOAL, POST, -POST) - frame.loose_position[:, 0, [0, 1, 1]]),
        ]

    def marks(self, world: int) -> list[Mark]:
        """Paint the goal line and the area of the keeper."""
        area = Strip((GOAL - STRAY, GOAL), (-POST, POST), (0.42, 0.52, 0.46))
        return [area, Strip((GOAL - 0.1, GOAL + 0.1), (-POST, POST), (0.93, 0.9, 0.8))]
