"""Observations in each seat's own frame: its own body, what the arena adds, then the other seats."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray, Movable, namespace, take
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import SPIN, VECTOR, same
from dohyo.arenas.physics.rotation import turn
from dohyo.arenas.physics.scene import Scene, SeatLayout
from dohyo.arenas.rules.arena import Entry
from dohyo.arenas.sides import others_of

BEHIND = 1e6
"""More than any distance, m: what is this much farther comes last."""
MARKS = 12
"""Entries about another seat before its joint angles: position, velocity, upward and forward axis."""
SPEED_SCALE = 0.1
"""Factor of observed joint velocities: units of 10 rad/s keep them near 1 (ours)."""


def own_entries(seat: SeatLayout) -> list[Entry]:
    """Describe the part of an observation about the seat's own body."""
    joints, limbs = len(seat.links), len(seat.limbs)
    return [
        Entry("height", 1, "m", "world", "height of the root above the floor", mirror=same(1)),
        Entry("up", 3, "1", "own", "the world's vertical", -1, 1, mirror=VECTOR),
        Entry("velocity", 3, "m/s", "own", "velocity of the root", mirror=VECTOR),
        Entry("spin", 3, "rad/s", "own", "angular velocity of the root", mirror=SPIN),
        Entry("joint angle", joints, "1", "joint", "-1 at the lower limit, 1 at the upper", mirror=seat.mirror),
        Entry("joint velocity", joints, "10 rad/s", "joint", "rate of the joint angles", mirror=seat.mirror),
        Entry("touch", limbs, "1", "own", "1 for each limb that touches anything", 0, 1, mirror=seat.limb_mirror),
    ]


def other_entries(name: str, seat: SeatLayout) -> list[Entry]:
    """Describe the part of an observation about another seat; the entries call it `name`."""
    scaled = "scaled like the own joint angles"
    return [
        Entry(name, 3, "m", "own", f"from the own root to the {name}'s", mirror=VECTOR),
        Entry(f"{name} velocity", 3, "m/s", "own", f"velocity of the {name}'s root minus the own", mirror=VECTOR),
        Entry(f"{name} up", 3, "1", "own", f"the {name}'s upward axis", -1, 1, mirror=VECTOR),
        Entry(f"{name} forward", 3, "1", "own", f"the {name}'s forward axis", -1, 1, mirror=VECTOR),
        Entry(f"{name} joint angle", len(seat.links), "1", "joint", scaled, mirror=seat.mirror),
    ]


class Sight(Movable):
    """Writes the observations of all seats of a batch.

    An arena fills `points` `[W, S, P, 3]` and `numbers` `[W, S, N]`. `points` are vectors from each seat's root in the
    world's frame; observations show them in the seat's own frame. `numbers` are shown unchanged. With `by_distance`, an
    arena of more than two seats, all with like bodies, calls `show_nearest_first` before it fills them.
    """

    def __init__(
        self,
        scene: Scene,
        worlds: int,
        points: Sequence[Entry],
        numbers: Sequence[Entry],
        sides: Sequence[int] = (0, 1),
        *,
        by_distance: bool = False,
    ) -> None:
        count, last = len(scene.seats), 1 + len(points)
        self._scene, self._sides, self._shown = scene, sides, [*points, *numbers]
        self.others = np.array([others_of(seat, sides) for seat in range(count)])
        """The other seats of each seat, partners first, `[S, S - 1]`."""
        self.order = np.tile(self.others, (worlds, 1, 1))
        """The other seats in the order in which each seat sees them, `[W, S, S - 1]`; see `show_nearest_first`."""
        self._seat = np.arange(count)[:, None]
        kin = np.array(sides)[self.others] == np.array(sides)[:, None]
        self._last = np.where(kin, 0.0, BEHIND)
        """What is added to the distances of others, so that partners come first, `[S, S - 1]`."""
        self._world = np.arange(worlds)[:, None, None]
        self._vectors = np.zeros((worlds, count, last + 4 * (count - 1), 3))
        self.points = self._vectors[:, :, 1:last]
        # Of each other seat: position, velocity, upward axis, forward axis.
        self._seen = self._vectors[:, :, last:].reshape(worlds, count, count - 1, 4, 3)
        self._turned = np.zeros_like(self._vectors)
        self._marks = np.zeros((worlds, count, 4, 3))
        """Position, velocity, upward and forward axis of every seat in the world's frame, `[W, S, 4, 3]`."""
        self.numbers = np.zeros((worlds, count, sum(entry.size for entry in numbers)))
        limits = np.concatenate([seat.joint_range for seat in scene.seats])
        self._middle, self._half = limits.mean(axis=1), np.ptp(limits, axis=1) / 2
        self._board = _Board(scene, self._turned, self.numbers)
        self._columns = [self._board.columns(seat, self.others[seat], last) for seat in range(count)]
        self._queues = [
            _Queue(self._board, columns, worlds, count - 1) for columns in self._columns if by_distance and count > 2
        ]

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""
        seats = self._scene.seats
        seen = []
        for name, kin in (("partner", True), ("opponent", False)):
            group = [o for o in self.others[seat] if (self._sides[o] == self._sides[seat]) == kin]
            for k, other in enumerate(group):
                number = f"{name} {k + 1}{' by distance' if self._queues else ''}"
                seen += other_entries(name if len(group) == 1 else number, seats[other])
        return [*own_entries(seats[seat]), *self._shown, *seen]

    def show_nearest_first(self, away: Array) -> None:
        """Let each seat see its partners, then its opponents, each group by `away` `[W, S, S]`, the least first."""
        xp = namespace(away)
        # In 32 bits the sum would forget by how much distances differ.
        far = xp.astype(away[:, self._seat, self.others], xp.float64) + self._last
        ranks = xp.argsort(far, axis=2, stable=True)
        self.order[:] = self.others[self._seat, ranks]

    def write(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the observations that `entries` describes into `out`, per seat `[W, obs]`."""
        self._turn(frame)
        board = self._board
        board.height[:], board.up[:] = frame.root_position[:, :, 2], frame.root_rotation[:, :, 2]
        board.vectors[:], board.spin[:], board.numbers[:] = self._turned, frame.root_spin, self.numbers
        board.angle[:], board.rate[:] = (frame.angles - self._middle) / self._half, frame.rates * SPEED_SCALE
        board.touch[:] = frame.touches
        for seat, queue in enumerate(self._queues):
            queue.write(self.order[:, seat], out[seat])
        for columns, seen in zip(self._columns, out, strict=True) if not self._queues else ():
            take(board.all, columns, seen)

    def _turn(self, frame: Frame) -> None:
        """Turn all vectors into the seats' own frames in one product: `v @ rotation`, because vectors are rows."""
        marks = self._marks
        marks[:, :, 0], marks[:, :, 1] = frame.root_position, frame.root_velocity
        marks[:, :, 2], marks[:, :, 3] = frame.root_rotation[..., 2], frame.root_rotation[..., 0]
        self._seen[:] = marks[self._world, self.order] if self._queues else marks[:, self.others]
        self._seen[..., :2, :] -= marks[:, :, None, :2]
        self._vectors[:, :, 0] = frame.root_velocity
        turn(self._vectors, frame.root_rotation, self._turned)


class _Board(Movable):
    """Everything visible in a world in one row; each seat's observation is a selection of its columns.

    This needs few numpy calls, and calls are what costs most here.
    """

    def __init__(self, scene: Scene, vectors: Array, numbers: Array) -> None:
        worlds, seats = vectors.shape[:2]
        joints, limbs = [len(seat.links) for seat in scene.seats], [len(seat.limbs) for seat in scene.seats]
        shapes = [(seats,), (seats, 3), vectors.shape[1:], (seats, 3), *[(sum(joints),)] * 2, (sum(limbs),)]
        shapes.append(numbers.shape[1:])
        ends = np.cumsum([prod(shape) for shape in shapes])
        self.all = np.zeros((worlds, ends[-1]), np.float32)
        parts = [part.reshape(worlds, *shape) for part, shape in zip(_split(self.all, ends), shapes, strict=True)]
        self.height, self.up, self.vectors, self.spin, self.angle, self.rate, self.touch, self.numbers = parts
        places = [part.reshape(shape) for part, shape in zip(_split(np.arange(ends[-1]), ends), shapes, strict=True)]
        self._height, self._up, self._vectors, self._spin, *rest, self._numbers = places
        self.angles, self._rate = (_split(place, np.cumsum(joints)) for place in rest[:2])
        self._touch = _split(rest[2], np.cumsum(limbs))

    def columns(self, seat: int, others: IntArray, last: int) -> IntArray:
        """Return the columns of the board that make up a seat's observation, `[obs]`.

        Vectors from index `last` on are those of the other seats.
        """
        vectors = self._vectors[seat]
        own = [self._height[seat, None], self._up[seat], vectors[0], self._spin[seat]]
        own += [self.angles[seat], self._rate[seat], self._touch[seat], vectors[1:last].ravel(), self._numbers[seat]]
        of_others = vectors[last:].reshape(len(others), -1)
        seen = [part for k, other in enumerate(others) for part in (of_others[k], self.angles[other])]
        return np.concatenate([*own, *seen])


class _Queue(Movable):
    """What a seat sees where the order of the others differs from world to world; all have the same joints."""

    def __init__(self, board: _Board, columns: IntArray, worlds: int, others: int) -> None:
        self._board, self._columns = board, np.tile(columns, (worlds, 1))
        self._angles = np.stack(board.angles)
        joints = self._angles.shape[1]
        first = columns.size - (MARKS + joints) * np.arange(others, 0, -1) + MARKS
        self._places = (first[:, None] + np.arange(joints)).ravel()

    def write(self, order: IntArray, out: NDArray[np.float32]) -> None:
        """Write the observation `[W, obs]` for the others in `order` `[W, others]`."""
        self._columns[:, self._places] = self._angles[order].reshape(len(order), -1)
        out[:] = namespace(out).take_along_axis(self._board.all, self._columns, axis=1)


def _split(array: NDArray[Any], ends: IntArray) -> list[NDArray[Any]]:
    """Split the last axis into parts that stop at `ends`; the last of `ends` is the axis's length."""
    return np.split(array, ends[:-1], axis=-1)


def distance(position: Array) -> Array:
    """Return the distance of points `[..., 3]` from the vertical through the centre, `[...]`."""
    result: Array = namespace(position).hypot(position[..., 0], position[..., 1])
    return result
