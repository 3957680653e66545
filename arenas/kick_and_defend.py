"""Kick and defend: a kicker tries to get a ball into a goal, a keeper to keep it out.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") unless said otherwise. Paper and code disagree on
how far a keeper may stray; the code's 2.5 m counts, not the paper's 3 m.
"""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray, choose, dot, namespace
from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import VECTOR, same
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.rules.arena import NOBODY, TIME_OUT, Entry, Ranges, Term, Verdict
from dohyo.arenas.rules.base import CLOCK, LOSS_OUTCOME, WIN_OUTCOME, BaseArena
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark, Strip
from dohyo.arenas.rules.start import stand

GOAL, POST = 4.0, 3.0
"""The goal line is at x = `GOAL`, between posts at y = plus and minus `POST`, m (EC)."""
STRAY = 2.5
"""Largest distance of the keeper from x = `GOAL`, m (EC, code)."""
BEYOND = 0.05
"""A keeper guards up to this far behind the goal line, m (EC)."""
ROLLING_BACK = 1.0
"""A ball that moves away from the goal faster than this, m/s, ends the bout (EC)."""
TOUCHED, STOOD = 500.0, 500.0
"""Extra outcome of a keeper that has held the goal: if it has touched the ball, and if it stands (EC)."""
CLEAR = 0.1
"""Seats start at least their reach plus this far from the ball, m (ours)."""
BEHIND, INSIDE = 0.5, 1.0
"""`BEHIND`: the distance behind the ball that a kicker in line with ball and goal is paid to reach. `INSIDE`: the ball
is paid for nearing the part of the goal line that is at least this far inside the posts. Both in m (ours)."""

EC_STARTS: Ranges = {
    "kicker x": (-3.5, -0.5),
    "kicker y": (-2.0, 2.0),
    "keeper x": (1.6, 3.5),
    "keeper y": (-2.0, 2.0),
    "ball x": (-2.0, 1.0),
    "ball y": (-4.0, 4.0),
}
"""Where kicker, keeper and ball start, m (EC)."""

KICKER, KEEPER = 0, 1
"""The seats (EC)."""
TERMS: tuple[Term, ...] = (
    Term(
        "ball",
        40.0,
        "kicker: speed at which the ball beats its least distance to the goal in the bout, m/s; keeper: its negative",
        "ours",
    ),
    Term(
        "approach",
        20.0,
        "kicker: own speed towards a spot behind the ball, around the ball if needed, m/s",
        "EC, which pays minus the distance to the ball",
    ),
    Term("guard", 0.5, "keeper: 1 while standing in front of the goal, -1 when not", "EC, weight 5"),
    Term("control", -0.05, "sum of squared actions", "EC, weight -0.1"),
    Term("standing", 0.5, "kicker: 1 while standing, -1 when not", "EC, weight 5"),
)
"""Weights that differ from EC's are ours, as in sumo. EC's contact cost is left out: it needs forces that only one of
the engines reports."""

ENDINGS: tuple[str, ...] = ("goal", "keeper strayed", "missed", "rolled back", "both down", TIME_OUT)
SCORED, STRAYED, MISSED, BACK, DOWN, LATE = range(len(ENDINGS))


def add_ball(kicker: Body, spec: mujoco.MjSpec) -> None:
    """Add the ball that fits the kicker's body to the scene."""
    ball = spec.worldbody.add_body(name="ball", pos=[0, 0, kicker.ball.radius])
    ball.add_joint(type=mujoco.mjtJoint.mjJNT_FREE, damping=[kicker.ball.damping, 0, 0])
    ball.add_geom(
        type=mujoco.mjtGeom.mjGEOM_SPHERE,
        size=[kicker.ball.radius, 0, 0],
        mass=kicker.ball.mass,
        friction=[1, 0.1, 0.1],
        condim=3,
        rgba=[0.95, 0.93, 0.88, 1],
    )


class KickAndDefend(BaseArena):
    """A kicker and a keeper with any bodies; see `dohyo.arenas.rules.arena.Arena`."""

    name = "kick_and_defend"
    seats: tuple[str, ...] = ("kicker_0", "keeper_0")
    roles: tuple[str, ...] = ("kicker", "keeper")
    endings = ENDINGS
    terms = TERMS
    points: ClassVar[tuple[Entry, ...]] = (
        Entry("ball", 3, "m", "own", "the ball, from the root", mirror=VECTOR),
        Entry("ball velocity", 3, "m/s", "own", "velocity of the ball", mirror=VECTOR),
        Entry("goal", 3, "m", "own", "the nearest point of the goal's mouth, at the root's own height", mirror=VECTOR),
        Entry(
            "course",
            3,
            "m",
            "own",
            "from the ball to its target: the nearest point of the goal 1 m inside the posts",
            mirror=VECTOR,
        ),
    )
    numbers: tuple[Entry, ...] = (
        Entry("role", 1, "1", "world", "1 for the kicker, -1 for the keeper", -1, 1, mirror=same(1)),
        Entry("way", 3, "m", "world", "distance to x = 4: of the ball; of the kicker; of the keeper", mirror=same(3)),
        Entry("posts", 2, "m", "world", "from the ball along y: to the left post; to the right post", mirror=(-2, -1)),
        CLOCK,
        Entry(
            "contact",
            3,
            "1",
            "world",
            "1 if the seat touches the opponent now; the ball now; if the keeper has touched the ball in this bout",
            low=0,
            high=1,
            mirror=same(3),
        ),
    )
    start: ClassVar[Ranges] = {
        **EC_STARTS,
        "facing": (-0.3, 0.3),  # rad, from the direction of the opponent's side (EC: 0)
    }

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        super().__init__(bodies, worlds, drive, max_cycles, furnish=partial(add_ball, bodies[KICKER]))
        self.saved = np.zeros(worlds, bool)
        """Whether the keeper has touched the ball in this bout, `[W]`."""
        self.nearest = np.zeros(worlds)
        """Least distance in this bout of the ball from the inner part of the goal, m, `[W]`."""
        self._down_height = np.array([bodies[KICKER].down_height, bodies[KEEPER].fallen_height])
        self._clear = np.array([body.reach for body in bodies]) + bodies[KICKER].ball.radius + CLEAR
        self.sight.numbers[:, :, 0] = 1, -1

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: the ball rests between kicker and keeper, which face each other's side."""
        self.steps[ids], self.saved[ids] = 0, False
        names = [f"{who} {axis}" for axis in "xy" for who in ("kicker", "keeper", "ball")]
        x, y = self.draw_all(names, ids, dice, 1).reshape(2, 3, len(ids))
        # Nobody starts inside the ball: the kicker is behind it, the keeper in front of it.
        x[KICKER] = np.minimum(x[KICKER], x[2] - self._clear[KICKER])
        x[KEEPER] = np.maximum(x[KEEPER], x[2] + self._clear[KEEPER])
        place = np.stack([x[:2], y[:2]]).T
        qpos, qvel = stand(self.scene, ids, dice, place, np.array([0, np.pi]) + self.draw("facing", ids, dice, 2))
        ball = self.scene.loose[0]
        qpos[:, ball.qpos.start], qpos[:, ball.qpos.start + 1] = x[2], y[2]
        qvel[:, ball.qvel] = 0
        self.nearest[ids] = np.hypot(*_course(x[2], y[2]))
        return qpos, qvel

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: goals, balls out of play, seats that strayed or fell, and the dense reward."""
        self.steps += 1
        self.saved |= frame.contact[:, KEEPER, 2]
        height, ball, velocity = frame.root_position[:, :, 2], frame.loose_position[:, 0], frame.loose_velocity[:, 0]
        xp, verdict = namespace(ball), Verdict.going_on(self._price(frame, action))
        across = ball[:, 0] >= GOAL
        scored = across & (xp.abs(ball[:, 1]) <= POST)
        back = (velocity[:, 0] < 0) & (dot(velocity, velocity) > ROLLING_BACK**2)
        down = (height < self._down_height).all(axis=1)
        strayed = xp.abs(frame.root_position[:, KEEPER, 0] - GOAL) > STRAY
        late = self.steps >= self.max_cycles
        verdict.done = across | back | down | strayed | late
        # If several hold in one step, the first counts.
        endings = [(scored, SCORED), (strayed, STRAYED), (across, MISSED), (back, BACK), (down, DOWN)]
        verdict.ending = choose(endings, LATE)
        held = verdict.done & ~scored & ~strayed
        verdict.winner = choose([(scored, KICKER), (held, KEEPER)], NOBODY)
        bonus = TOUCHED * self.saved + STOOD * (height[:, KEEPER] >= self.bodies[KEEPER].down_height)
        verdict.outcome[:, KICKER] = choose([(scored, WIN_OUTCOME), (held, LOSS_OUTCOME)], 0.0)
        verdict.outcome[:, KEEPER] = choose([(scored | strayed, LOSS_OUTCOME), (held, WIN_OUTCOME + bonus)], 0.0)
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        xp, ball = namespace(frame.root_position), self.term["ball"]
        keeper, standing = frame.root_position[:, KEEPER], self.standing(frame)
        ball_x, ball_y = frame.loose_position[:, 0, 0], frame.loose_position[:, 0, 1]
        along, across = _course(ball_x, ball_y)
        way = xp.hypot(along, across)
        nearest = xp.minimum(self.nearest, way)
        speed = (self.nearest - nearest) / CONTROL_STEP
        self.nearest[:] = nearest
        ball[:, KICKER], ball[:, KEEPER] = speed, -speed
        size, clear = xp.clip(way, 1e-6, None), self._clear[KICKER]
        along, across = along / size, across / size
        far, near = (
            _detour(ball_x - place[:, KICKER, 0], ball_y - place[:, KICKER, 1], along, across, clear)
            for place in (frame.root_before, frame.root_position)
        )
        self.term["approach"][:, KICKER] = (far - near) / CONTROL_STEP
        in_front = standing[:, KEEPER] & (keeper[:, 0] <= GOAL + BEYOND) & (xp.abs(keeper[:, 1]) <= POST)
        self.term["guard"][:, KEEPER] = 2.0 * in_front - 1.0
        worth = self.price(action, standing)
        self.term["standing"][:, KEEPER] = 0
        return worth

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the egocentric observations that `entries` describes."""
        points, numbers = self.sight.points, self.sight.numbers
        position, ball = frame.root_position, frame.loose_position[:, 0]
        points[:, :, 0] = ball[:, None] - position
        points[:, :, 1] = frame.loose_velocity
        points[:, :, 2, 0] = GOAL - position[:, :, 0]
        points[:, :, 2, 1] = namespace(position).clip(position[:, :, 1], -POST, POST) - position[:, :, 1]
        along, across = _course(ball[:, 0], ball[:, 1])
        points[:, :, 3, 0], points[:, :, 3, 1] = along[:, None], across[:, None]
        numbers[:, :, 1] = GOAL - ball[:, 0, None]
        numbers[:, :, 2:4] = (GOAL - position[:, :, 0])[:, None]
        numbers[:, :, 4], numbers[:, :, 5] = POST - ball[:, 1, None], -POST - ball[:, 1, None]
        numbers[:, :, 6] = self.clock()
        numbers[:, :, 7], numbers[:, :, 8] = frame.contact[:, 0, 1, None], frame.contact[:, :2, 2]
        numbers[:, :, 9] = self.saved[:, None]
        self.sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the goal line and the area of the keeper."""
        area = Strip((GOAL - STRAY, GOAL), (-POST, POST), (0.42, 0.52, 0.46))
        return [area, Strip((GOAL - 0.05, GOAL + 0.05), (-POST, POST), (0.93, 0.9, 0.8))]


def _course(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the way along x and along y from balls to the nearest point of the goal line `INSIDE` the posts, m."""
    return GOAL - x, namespace(y).clip(y, INSIDE - POST, POST - INSIDE) - y


def _detour(x: Array, y: Array, along: Array, across: Array, clear: float) -> Array:
    """Return the distance of kickers from the spot from which to kick in the unit direction (along, across), `[W]`, m.

    `x` and `y` lead from the kicker to the ball. The spot is behind the ball on the line of the kick. For a kicker
    beside that line it is `clear` of the ball, so that the kicker does not run into the ball from the side; the nearer
    the kicker is to the line, the nearer is the spot, down to `BEHIND`.
    """
    behind, beside = x * along + y * across, y * along - x * across
    xp = namespace(x)
    detour: Array = xp.hypot(beside, behind - xp.minimum(clear, BEHIND + xp.abs(beside)))
    return detour
