"""Sumo: be the last in the ring. Fall or leave it and lose; a win needs contact; time-out is a draw.

Rules and numbers are those of arXiv 1710.03748 and its code ("EC") where not said otherwise. The floor is level and
the ring is a line on it: EC's platform never let a seat step down before the rule had ended the bout.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Array, Frame
from dohyo.arenas.physics.rotation import multiply, yaw
from dohyo.arenas.rules import NOBODY, TIME_OUT, Dice, Entry, IntArray, Mark, Term, Verdict, layout
from dohyo.arenas.scene import CONTROL_STEP, Scene, compose

RADIUS = (2.5, 4.5)
"""Range of the ring's radius, m (EC, ants)."""
RADII = {"humanoid": (1.5, 3.5)}
"""The same for bodies that have a range of their own (EC, humans); seats that differ get the wider ring."""
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
SPEED_SCALE = 0.1
"""Joint velocities are observed in units of 10 rad/s, which keeps them near 1 (ours)."""

TERMS = (
    Term("centre", -0.1, "own distance from the centre, m", "EC, there -1"),
    Term("control", -0.05, "sum of squared actions", "EC, there -0.1"),
    Term("standing", 0.5, "1 while standing, -1 when not", "EC, there 5"),
    Term("approach", 5.0, "speed towards the opponent, m/s", "RoboSumo (arXiv 1710.03641), there 0.1"),
    Term("push", 10.0, "the opponent's speed away from the centre, m/s", "ours; 400 for 2 m"),
    Term("topple", 5.0, "the opponent's sinking speed less one's own, m/s", "ours; 25 for 0.25 m"),
)
"""Weights are ours where they differ: with EC's, an ant on two cores learned to stand and wait (docs/training.md).
EC's contact cost is left out: it rests on forces that only one of the engines reports."""
WEIGHTS = {term.name: term.weight for term in TERMS}

VECTORS = ("velocity", "centre", "opponent", "opponent velocity", "opponent up", "opponent forward")
"""Entries of the observation that are turned into the own frame."""

ENDINGS = ("fell", "left the ring", "both out", "out without contact", TIME_OUT)
FELL, LEFT, BOTH, UNTOUCHED, LATE = range(len(ENDINGS))


class Sumo:
    """Two seats, any bodies; see `dohyo.arenas.rules.Arena`."""

    name = "sumo"
    endings: tuple[str, ...] = ENDINGS
    terms: tuple[Term, ...] = TERMS
    seats: tuple[str, ...] = ("sumo_0", "sumo_1")

    def __init__(
        self, bodies: Sequence[Body], worlds: int, drive: str = "target", max_cycles: int = MAX_CYCLES
    ) -> None:
        self.scene: Scene = compose(bodies, drive)
        self.bodies, self.max_cycles = tuple(bodies), max_cycles
        self._radius_range = low, high = max(RADII.get(body.name, RADIUS) for body in bodies)
        # Starts keep this far from the edge (EC), as long as the bodies' reach leaves room.
        self._edge_gap = 0.3 + low / 2
        self.radius = np.full(worlds, high)
        self.touched = np.zeros(worlds, bool)
        self.steps = np.zeros(worlds, np.intp)
        self._fallen_height = np.array([body.fallen_height for body in bodies])
        self._standing_height = np.array([body.standing_height for body in bodies])
        self._at = [layout(self.entries(s)) for s in range(2)]
        self._joints = [
            (seat.joint_range.mean(axis=1), np.ptp(seat.joint_range, axis=1) / 2) for seat in self.scene.seats
        ]
        self._vectors = np.zeros((worlds, len(VECTORS), 3))

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Begin bouts: seats on opposite sides of the centre, facing it, in a ring of random size."""
        n, model = len(ids), self.scene.model
        self.steps[ids], self.touched[ids] = 0, False
        self.radius[ids] = radius = dice.uniform(ids, *self._radius_range, 1)[:, 0]
        axis = dice.uniform(ids, -np.pi, np.pi, 1)[:, 0]
        qpos, qvel = np.zeros((n, model.nq)), dice.normal(ids, VELOCITY_NOISE, model.nv)
        for s, (seat, body) in enumerate(zip(self.scene.seats, self.bodies, strict=True)):
            share, turn, facing = dice.uniform(ids, 0, 1, 1)[:, 0], *dice.uniform(ids, -1, 1, 2).T
            far = np.maximum(body.reach, radius - self._edge_gap)
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
        left = (_distance(frame.root_position) > self.radius[:, None]) & ~fallen.any(axis=1, keepdims=True)
        out = fallen | left
        over, both = out.any(axis=1), out.all(axis=1)
        late = ~over & (self.steps >= self.max_cycles)
        won = over & ~both & self.touched
        ending = np.where(fallen.any(axis=1), FELL, LEFT)
        for case, why in ((over & ~self.touched, UNTOUCHED), (both, BOTH), (late, LATE)):
            ending[case] = why
        outcome = np.where(out | late[:, None], LOSS, 0.0)
        outcome[won] = np.where(out[won], LOSS, WIN)
        winner = np.where(won, np.argmin(out, axis=1), NOBODY)
        return Verdict(self._terms(frame, action, fallen), outcome, over | late, winner, ending)

    def _terms(self, frame: Frame, action: Array, fallen: NDArray[np.bool_]) -> dict[str, Array]:
        before, after = frame.root_before, frame.root_position
        distance, moved = _distance(after), (after - before) / CONTROL_STEP
        outward, sinking = (distance - _distance(before)) / CONTROL_STEP, -moved[:, :, 2]
        gap = after[:, 1, :2] - after[:, 0, :2]
        gap /= np.maximum(np.hypot(gap[:, 0], gap[:, 1]), 1e-6)[:, None]
        standing = ~fallen & (after[:, :, 2] >= self._standing_height)
        towards = np.einsum("wsi,wi->ws", moved[:, :, :2], gap)
        quantities = {
            "centre": distance,
            "control": np.stack([np.square(action[:, seat.ctrl]).sum(axis=1) for seat in self.scene.seats], axis=1),
            "standing": 2.0 * standing - 1.0,
            "approach": towards * (1, -1),
            "push": outward[:, ::-1],
            "topple": sinking[:, ::-1] - sinking,
        }
        return {name: WEIGHTS[name] * quantity for name, quantity in quantities.items()}

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation: own body, the ring, then the opponent."""
        own, other = self.scene.seats[seat], self.scene.seats[1 - seat]
        return [
            Entry("height", 1, "m", "world", "height of the root above the floor"),
            Entry("up", 3, "1", "own", "the world's vertical"),
            Entry("velocity", 3, "m/s", "own", "velocity of the root"),
            Entry("spin", 3, "rad/s", "own", "angular velocity of the root"),
            Entry("joint angle", len(own.links), "1", "joint", "-1 at the lower limit, 1 at the upper"),
            Entry("joint velocity", len(own.links), "10 rad/s", "joint", "rate of the joint angles"),
            Entry("touch", len(own.limbs), "1", "own", "1 for each limb that touches anything"),
            Entry("centre", 3, "m", "own", "the ring's centre at the root's own height, from the root"),
            Entry("ring", 3, "m", "world", "radius; own distance to the edge; the opponent's distance to the edge"),
            Entry("clock", 1, "1", "world", "share of the bout that is left"),
            Entry("contact", 2, "1", "world", "1 if the seats touch now; 1 if they have touched in this bout"),
            Entry("opponent", 3, "m", "own", "the opponent's root, from one's own"),
            Entry("opponent velocity", 3, "m/s", "own", "its velocity less one's own"),
            Entry("opponent up", 3, "1", "own", "its upward axis"),
            Entry("opponent forward", 3, "1", "own", "its forward axis"),
            Entry("opponent joint angle", len(other.links), "1", "joint", "as one's own"),
        ]

    def observe(self, frame: Frame, seat: int, out: NDArray[np.float32]) -> None:
        """Write the egocentric observation that `entries` describes."""
        at, other, rotation = self._at[seat], 1 - seat, frame.root_rotation[:, seat]
        position, distance = frame.root_position, _distance(frame.root_position)
        out[:, at["height"]] = position[:, seat, 2:]
        out[:, at["up"]] = rotation[:, 2, :]
        out[:, at["spin"]] = frame.root_spin[:, seat]
        out[:, at["joint angle"]] = self._scaled(frame, seat)
        out[:, at["joint velocity"]] = frame.joint_velocity[seat] * SPEED_SCALE
        out[:, at["touch"]] = frame.touch[seat]
        ring = out[:, at["ring"]]
        ring[:, 0] = self.radius
        ring[:, 1] = self.radius - distance[:, seat]
        ring[:, 2] = self.radius - distance[:, other]
        out[:, at["clock"].start] = 1 - self.steps / self.max_cycles
        contact = out[:, at["contact"]]
        contact[:, 0], contact[:, 1] = frame.contact[:, 0, 1], self.touched
        out[:, at["opponent joint angle"]] = self._scaled(frame, other)
        self._observe_vectors(frame, seat, out)

    def _observe_vectors(self, frame: Frame, seat: int, out: NDArray[np.float32]) -> None:
        """Turn all vectors into the own frame in one product: for row vectors that is `v @ rotation`."""
        other, vectors = 1 - seat, self._vectors
        position, velocity, theirs = frame.root_position, frame.root_velocity, frame.root_rotation[:, other]
        vectors[:, 0] = velocity[:, seat]
        vectors[:, 1, :2] = -position[:, seat, :2]
        vectors[:, 2] = position[:, other] - position[:, seat]
        vectors[:, 3] = velocity[:, other] - velocity[:, seat]
        vectors[:, 4] = theirs[:, :, 2]
        vectors[:, 5] = theirs[:, :, 0]
        turned = vectors @ frame.root_rotation[:, seat]
        for k, name in enumerate(VECTORS):
            out[:, self._at[seat][name]] = turned[:, k]

    def _scaled(self, frame: Frame, seat: int) -> Array:
        """Joint angles with the joint's limits at -1 and 1, `[W, J]`."""
        middle, half = self._joints[seat]
        scaled: Array = (frame.joint_angle[seat] - middle) / half
        return scaled

    def marks(self, world: int) -> list[Mark]:
        """Paint the ring: clay inside, a straw-coloured edge."""
        return [Mark(float(self.radius[world]), (0.78, 0.68, 0.52), (0.93, 0.87, 0.66), 0.08)]


def _distance(position: Array) -> Array:
    """Distance of points `[W, S, 3]` from the vertical through the centre, `[W, S]`."""
    distance: Array = np.hypot(position[..., 0], position[..., 1])
    return distance
