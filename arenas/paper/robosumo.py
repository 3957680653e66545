"""Sumo of RoboSumo, arXiv 1710.03641 ("RS"): on a square tatami, between ants, bugs and spiders in any pair.

A seat that falls or leaves the tatami loses. As in the code, bouts last 501 control steps, and a seat that is out in
the step in which time is up is paid for both. When both seats are out in one step the code counts a win and a loss for
each; here it is a draw, and the payment is the same: nothing.
"""

from collections.abc import Sequence

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.bodies import SUBSTEPS, Body
from dohyo.arenas.paper.base import GROUND, MARGIN, PaperArena
from dohyo.arenas.paper.frame import PaperFrame
from dohyo.arenas.paper.observation import POSE, Piece, bodies, sizes_of_forces, velocities
from dohyo.arenas.paper.scene import Setting, add_bar
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.scene import SeatLayout
from dohyo.arenas.rules.arena import TIME_OUT, Entry, Term, Verdict
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark, Strip

TOP = 0.5
"""Height of the tatami, from which heights are measured, m (RS)."""
SIZE, EDGE, BOX = 2.0, 2.1, 2.3
"""Half-widths of the marked square, of the square that a seat must not leave, and of the tatami, m (RS)."""
CIRCLE, DROP = 1.15, 1.25
"""Torsos start at opposite points of a circle of this radius, at this height above the ground, m (RS)."""
LIMIT = 100.0
"""Largest observed contact force, N and N m (RS)."""
LOST, WON, LATE_COST = -2000.0, 2000.0, -1000.0
"""What the end of a bout pays: to a seat that is out, to its opponent, and to both when time is up (RS)."""
PLACES = ((1.5, 0.0, 0.75, 0.0), (-1.5, 0.0, 0.75, 0.0))
"""Places of the torsos in the scene, all turned the same way (RS)."""

TERMS: tuple[Term, ...] = (
    Term("control", -0.1, "sum of squared actions", "RS"),
    Term("push", -10.0, "exp(-d), d the opponent's distance from the centre, m", "RS"),
    Term("approach", 0.1, "speed towards the opponent's place, m/s; 0 when moving away", "RS"),
)
ENDINGS: tuple[str, ...] = ("fell", "left the tatami", "both out", TIME_OUT)
FELL, LEFT, BOTH, LATE = range(len(ENDINGS))


def furnish(spec: mujoco.MjSpec) -> None:
    """Add the ground, the tatami, and the bars along the edges of its square, which also collide."""
    friction = [1, 0.1, 0.1]
    plane, box = mujoco.mjtGeom.mjGEOM_PLANE, mujoco.mjtGeom.mjGEOM_BOX
    spec.worldbody.add_geom(name="floor", type=plane, pos=[0, 0, -0.025], size=[20, 20, 0.125], friction=friction)
    spec.worldbody.add_geom(
        name="tatami",
        type=box,
        pos=[0, 0, TOP / 2],
        size=[BOX, BOX, TOP / 2],
        friction=friction,
        rgba=[0.78, 0.7, 0.42, 1],
    )
    left, right, near, far = -SIZE, SIZE, -SIZE, SIZE
    edges = {
        "topborder": ((left, far), (right, far)),
        "rightborder": ((right, near), (right, far)),
        "bottomborder": ((left, near), (right, near)),
        "leftborder": ((left, near), (left, far)),
    }
    for name, (start, end) in edges.items():
        add_bar(spec, name, (*start, TOP), (*end, TOP), (0.18, 0.23, 0.38, 1))


class RoboSumo(PaperArena):
    """Two seats with ants, bugs or spiders; see `dohyo.arenas.rules.arena.Arena`."""

    name = "paper/robosumo"
    seats: tuple[str, ...] = ("sumo_0", "sumo_1")
    roles: tuple[str, ...] = ("sumo", "sumo")
    endings = ENDINGS
    terms = TERMS

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        setting = Setting(PLACES, furnish, timestep=0.01, solver=mujoco.mjtSolver.mjSOL_NEWTON, iterations=100)
        super().__init__(bodies, worlds, max_cycles, setting)
        self._fallen = bodies[0].fallen_height

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts: the seats stand at opposite points of a circle, at a random angle."""
        qpos, qvel = self.noisy(ids, dice)
        angle = dice.uniform(ids, 0, 2 * np.pi, 1)[:, 0]
        for s, seat in enumerate(self.scene.seats):
            turn, first = angle + s * np.pi, seat.qpos.start
            place = np.stack([CIRCLE * np.cos(turn), CIRCLE * np.sin(turn), np.full(len(ids), DROP)], axis=-1)
            qpos[:, first : first + 3] += place - self.scene.model.qpos0[first : first + 3]
        return self.normalised(qpos), qvel

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the step: who is out, who has won, and the dense reward."""
        self.steps += 1
        position = frame.root_position
        fallen = position[:, :, 2] - TOP < self._fallen
        out = fallen | (np.abs(position[:, :, :2]).max(axis=2) >= EDGE)
        over, both, late = out.any(axis=1), out.all(axis=1), self.steps >= self.max_cycles
        verdict = Verdict.going_on(self._price(frame, action))
        verdict.done[:] = over | late
        for case, why in ((late, LATE), (over, LEFT), (fallen.any(axis=1), FELL), (both, BOTH)):
            verdict.ending[case] = why
        verdict.outcome[:] = LOST * out + WON * out[:, ::-1] + LATE_COST * late[:, None]
        won = over & ~both
        verdict.winner[won] = np.argmin(out[won], axis=1)
        return verdict

    def _price(self, frame: Frame, action: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        before, after = frame.root_before[:, :, :2], frame.root_position[:, :, :2]
        self.effort(action, np.inf, self.term["control"])
        np.exp(-np.linalg.norm(after[:, ::-1], axis=2), out=self.term["push"])
        velocity = (after - before) / (SUBSTEPS * self.scene.model.opt.timestep)
        way = after[:, ::-1] - before
        way /= np.maximum(np.linalg.norm(way, axis=2, keepdims=True), 1e-9)
        np.maximum((velocity * way).sum(axis=2), 0, out=self.term["approach"])
        self.worth *= self.weights
        return self.worth

    def pieces(self, seat: int) -> list[Piece]:
        """Return the pieces of a seat's observation, in order."""
        own, other = self.scene.seats[seat], self.scene.seats[1 - seat]
        mine = bodies(own)
        return [
            _lowered("position", own, own.qpos.stop - own.qpos.start, f"{POSE}; z from the tatami"),
            velocities(own),
            sizes_of_forces("force", mine.start, mine.stop, LIMIT),
            _lowered("other position", other, 7, "root: x, y, z and quaternion (w, x, y, z); z from the tatami"),
            sizes_of_forces("other force", other.root, other.root + 1, LIMIT),
        ]

    def marks(self, world: int) -> list[Mark]:
        """Paint the ground around the tatami, which also keeps its corners in the picture."""
        edges = (-BOX - MARGIN, BOX + MARGIN)
        return [Strip(edges, edges, GROUND)]


def _lowered(name: str, seat: SeatLayout, size: int, meaning: str) -> Piece:
    """Return the piece of the first `size` positions of a seat, with z as the height above the tatami."""

    def read(frame: PaperFrame) -> Array:
        seen = frame.qpos[:, seat.qpos.start : seat.qpos.start + size].copy()
        seen[:, 2] -= TOP
        return seen

    return Piece(Entry(name, size, "m, 1, rad", "world", meaning), read)
