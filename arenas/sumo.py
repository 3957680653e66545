"""Sumo: be the last in the ring. Fall or leave it and lose; a win needs contact; time-out is a draw.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") where not said otherwise. The floor is level and
the ring is a line on it: EC's platform never let a seat step down before the rule had ended the bout.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Array, BoolArray, Frame
from dohyo.arenas.physics.rotation import multiply, yaw
from dohyo.arenas.rules import TIME_OUT, Dice, Entry, IntArray, Mark, Term, Verdict
from dohyo.arenas.scene import CONTROL_STEP, Scene, compose
from dohyo.arenas.sight import Sight, distance

RADIUS = (2.5, 4.5)
"""Range of the ring's radius, m (EC, ants)."""
EDGE_GAP = 0.3 + RADIUS[0] / 2
"""Starts keep this far from the edge, m (EC), as long as the bodies' reach leaves room."""
SPREAD = 0.5
"""A start is turned about the centre by up to this angle, rad (ours; EC draws y along the chord)."""
FACING = 0.3
"""Seats face the centre up to this angle, rad (ours; EC faces them exactly)."""
ANGLE_NOISE, VELOCITY_NOISE = 0.1, 0.1
"""Start noise: U(-0.1, 0.1) rad on joints and N(0, 0.1) m/s or rad/s on every velocity (EC)."""
MAX_CYCLES = 500
"""Control steps in a bout (EC)."""
WIN, LOSS = 1000.0, -1000.0
"""What the outcome pays; a time-out pays the loss to both (EC)."""
TERMS = (
    Term("centre", -0.1, "own distance from the centre, m", "EC, there -1"),
    Term("control", -0.05, "sum of squared actions", "EC, there -0.1"),
    Term("standing", 0.5, "1 while standing, -1 when fallen", "EC, there 5"),
    Term("approach", 5.0, "speed towards the opponent, m/s", "RoboSumo (arXiv 1710.03641), there 0.1"),
    Term("push", 10.0, "the opponent's speed away from the centre, m/s", "ours; 400 for 2 m"),
    Term("topple", 5.0, "the opponent's sinking speed less one's own, m/s", "ours; 25 for 0.25 m"),
)
"""Weights are ours where they differ: with EC's, an ant on two cores learned to stand and wait (docs/training.md).
EC's contact cost is left out: it rests on forces that only one of the engines reports."""
WEIGHTS = np.array([term.weight for term in TERMS])[:, None, None]

POINTS = (Entry("centre", 3, "m", "own", "the ring's centre at the root's own height, from the root"),)
NUMBERS = (
    Entry("ring", 3, "m", "world", "radius; own distance to the edge; the opponent's distance to the edge"),
    Entry("clock", 1, "1", "world", "share of the bout that is left"),
    Entry("contact", 2, "1", "world", "1 if the seats touch now; 1 if they have touched in this bout"),
)
"""What the arena adds to an observation."""

ENDINGS = ("fell", "left the ring", "both out", "out without contact", TIME_OUT)
FELL, LEFT, BOTH, UNTOUCHED, LATE = range(len(ENDINGS))


class Sumo:
    """Two seats, any bodies; see `dohyo.arenas.rules.Arena`."""

    name = "sumo"
    endings: tuple[str, ...] = ENDINGS
    terms: tuple[Term, ...] = TERMS
    seats: tuple[str, ...] = ("sumo_0", "sumo_1")
    roles: tuple[str, ...] = ("sumo", "sumo")

    def __init__(
        self, bodies: Sequence[Body], worlds: int, drive: str = "target", max_cycles: int = MAX_CYCLES
    ) -> None:
        self.scene: Scene = compose(bodies, drive)
        self.bodies, self.max_cycles = tuple(bodies), max_cycles
        self.radius = np.full(worlds, RADIUS[1])
        self.touched = np.zeros(worlds, bool)
        self.steps = np.zeros(worlds, np.intp)
        self._fallen_height = np.array([body.fallen_height for body in bodies])
        self._sight = Sight(self.scene, worlds, POINTS, NUMBERS)
        self._terms = np.zeros((len(TERMS), worlds, 2))

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: seats on opposite sides of the centre, facing it, in a ring of random size."""
        n, model = len(ids), self.scene.model
        self.steps[ids], self.touched[ids] = 0, False
        self.radius[ids] = radius = dice.uniform(ids, *RADIUS, 1)[:, 0]
        axis = dice.uniform(ids, -np.pi, np.pi, 1)[:, 0]
        qpos, qvel = np.zeros((n, model.nq)), dice.normal(ids, VELOCITY_NOISE, model.nv)
        for s, (seat, body) in enumerate(zip(self.scene.seats, self.bodies, strict=True)):
            share, turn, facing = dice.uniform(ids, 0, 1, 1)[:, 0], *dice.uniform(ids, -1, 1, 2).T
            far = np.maximum(body.reach, radius - EDGE_GAP)
            distance = body.reach + share * (far - body.reach)
            angle = axis + s * np.pi + turn * SPREAD
            first = seat.qpos.start
            qpos[:, first] = distance * np.cos(angle)
            qpos[:, first + 1] = distance * np.sin(angle)
            qpos[:, first + 2] = body.start_height
            qpos[:, first + 3 : first + 7] = multiply(yaw(angle + np.pi), yaw(facing * FACING))
            noise = dice.uniform(ids, -ANGLE_NOISE, ANGLE_NOISE, len(seat.links))
            qpos[:, first + 7 : seat.qpos.stop] = np.clip(seat.joint_range.mean(axis=1) + noise, *seat.joint_range.T)
        return qpos, qvel

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Who is out, who has won, and what the step was worth."""
        self.steps += 1
        self.touched |= frame.contact[:, 0, 1]
        fallen = frame.root_position[:, :, 2] <= self._fallen_height
        away = distance(frame.root_position)
        beyond = away > self.radius[:, None]
        verdict = Verdict.going_on(self._price(frame, action, fallen, away))
        if fallen.any() or beyond.any() or (self.steps >= self.max_cycles).any():
            self._decide(fallen, beyond, verdict)
        return verdict

    def _decide(self, fallen: BoolArray, beyond: BoolArray, verdict: Verdict) -> None:
        """End bouts: leaving the ring counts only where nobody fell."""
        down: BoolArray = np.logical_or.reduce(fallen, axis=1)
        out = np.where(down[:, None], fallen, beyond)
        over, both = out.any(axis=1), out.all(axis=1)
        late = ~over & (self.steps >= self.max_cycles)
        won = over & ~both & self.touched
        verdict.done[:] = over | late
        verdict.ending[:] = np.where(down, FELL, LEFT)
        for case, why in ((over & ~self.touched, UNTOUCHED), (both, BOTH), (late, LATE)):
            verdict.ending[case] = why
        verdict.outcome[out | late[:, None]] = LOSS
        verdict.outcome[won[:, None] & ~out] = WIN
        verdict.winner[won] = np.argmin(out, axis=1)[won]

    def _price(self, frame: Frame, action: Array, fallen: BoolArray, away: Array) -> Array:
        """Return the weighted terms of the dense reward, `[T, W, S]`."""
        before, after = frame.root_before, frame.root_position
        moved = (after - before) / CONTROL_STEP
        gap = after[:, 1, :2] - after[:, 0, :2]
        gap /= np.maximum(np.hypot(gap[:, 0], gap[:, 1]), 1e-6)[:, None]
        centre, control, standing, approach, push, topple = self._terms
        centre[:] = away
        effort = np.square(action)
        for s, seat in enumerate(self.scene.seats):
            effort[:, seat.ctrl].sum(axis=1, out=control[:, s])
        np.subtract(1.0, 2.0 * fallen, out=standing)
        (moved[:, :, :2] * gap[:, None]).sum(axis=2, out=approach)
        np.negative(approach[:, 1], out=approach[:, 1])
        push[:] = (away - distance(before))[:, ::-1] / CONTROL_STEP
        np.subtract(moved[:, :, 2], moved[:, ::-1, 2], out=topple)
        self._terms *= WEIGHTS
        return self._terms

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation: own body, the ring, then the opponent."""
        return self._sight.entries(seat)

    def observe(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the egocentric observations that `entries` describes."""
        position, numbers = frame.root_position, self._sight.numbers
        np.negative(position[:, :, :2], out=self._sight.points[:, :, 0, :2])
        numbers[:, :, 0] = self.radius[:, None]
        np.subtract(self.radius[:, None], distance(position), out=numbers[:, :, 1])
        numbers[:, :, 2] = numbers[:, ::-1, 1]
        numbers[:, :, 3] = (1 - self.steps / self.max_cycles)[:, None]
        numbers[:, :, 4] = frame.contact[:, 0, 1, None]
        numbers[:, :, 5] = self.touched[:, None]
        self._sight.write(frame, out)

    def marks(self, world: int) -> list[Mark]:
        """Paint the ring: clay inside, a straw-coloured edge."""
        return [Mark(float(self.radius[world]), (0.78, 0.68, 0.52), (0.93, 0.87, 0.66), 0.08)]
