"""What every seat sees, in its own frame: its own body, what the arena shows, then the other seats."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.physics.frame import Array, Frame
from dohyo.arenas.rules import Entry, IntArray, layout
from dohyo.arenas.scene import Scene, SeatLayout

SPEED_SCALE = 0.1
"""Joint velocities are observed in units of 10 rad/s, which keeps them near 1 (ours)."""


def own_entries(seat: SeatLayout) -> list[Entry]:
    """Describe what a seat sees of its own body."""
    return [
        Entry("height", 1, "m", "world", "height of the root above the floor"),
        Entry("up", 3, "1", "own", "the world's vertical"),
        Entry("velocity", 3, "m/s", "own", "velocity of the root"),
        Entry("spin", 3, "rad/s", "own", "angular velocity of the root"),
        Entry("joint angle", len(seat.links), "1", "joint", "-1 at the lower limit, 1 at the upper"),
        Entry("joint velocity", len(seat.links), "10 rad/s", "joint", "rate of the joint angles"),
        Entry("touch", len(seat.limbs), "1", "own", "1 for each limb that touches anything"),
    ]


def other_entries(name: str, seat: SeatLayout) -> list[Entry]:
    """Describe what a seat sees of another, which it calls `name`."""
    return [
        Entry(name, 3, "m", "own", f"the {name}'s root, from one's own"),
        Entry(f"{name} velocity", 3, "m/s", "own", "its velocity less one's own"),
        Entry(f"{name} up", 3, "1", "own", "its upward axis"),
        Entry(f"{name} forward", 3, "1", "own", "its forward axis"),
        Entry(f"{name} joint angle", len(seat.links), "1", "joint", "as one's own"),
    ]


class Sight:
    """Writes the observations of all seats of a batch.

    An arena fills `points` `[W, S, P, 3]`, vectors in the world's frame from each seat's root to what it shows, and
    `numbers` `[W, S, N]`, which are shown as they are; `points` are turned into the seat's own frame.
    """

    def __init__(
        self,
        scene: Scene,
        worlds: int,
        points: Sequence[Entry],
        numbers: Sequence[Entry],
        sides: Sequence[int] = (0, 1),
    ) -> None:
        seats = range(len(scene.seats))
        self._shown = [*points, *numbers]
        self._scene = scene
        first, last = 1, 1 + len(points)
        self._vectors = np.zeros((worlds, len(seats), last + 4 * (len(seats) - 1), 3))
        # For each other seat: position, velocity, upward axis, forward axis.
        self._seen = self._vectors[:, :, last:].reshape(worlds, len(seats), -1, 4, 3)
        self._turned = np.zeros_like(self._vectors)
        self.points = self._vectors[:, :, first:last]
        self.numbers = np.zeros((worlds, len(seats), sum(entry.size for entry in numbers)))
        self._sides = sides
        self.others = np.array([_others(seat, sides) for seat in seats])
        """The other seats of each seat in the order in which it sees them, `[S, S - 1]`."""
        limits = np.concatenate([seat.joint_range for seat in scene.seats])
        self._middle, self._half = limits.mean(axis=1), np.ptp(limits, axis=1) / 2
        alike = [(seat.body, self.entries(s)) for s, seat in enumerate(scene.seats)]
        bounds = [s for s in seats if s == 0 or alike[s] != alike[s - 1]] + [len(seats)]
        self._groups = [
            _Group(self, scene, slice(first, end), worlds, 3 * len(points), self.numbers.shape[2])
            for first, end in pairwise(bounds)
        ]

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""
        seats = self._scene.seats
        seen = []
        for name, kin in (("partner", True), ("opponent", False)):
            group = [o for o in self.others[seat] if (self._sides[o] == self._sides[seat]) == kin]
            for k, other in enumerate(group, start=1):
                seen += other_entries(name if len(group) == 1 else f"{name} {k}", seats[other])
        return [*own_entries(seats[seat]), *self._shown, *seen]

    def write(self, frame: Frame, out: Sequence[NDArray[np.float32]]) -> None:
        """Write the observation that `entries` describes, per seat `[W, obs]`."""
        self._turn(frame)
        angles = (frame.angles - self._middle) / self._half
        for group in self._groups:
            group.write(frame, angles, self._turned, self.numbers)
            for k, seat in enumerate(range(*group.seats.indices(len(out)))):
                out[seat][:] = group.seen[:, k]

    def _turn(self, frame: Frame) -> None:
        """Turn all vectors into the own frames in one product: for row vectors that is `v @ rotation`."""
        seen, others = self._seen, self.others
        self._vectors[:, :, 0] = frame.root_velocity
        np.subtract(frame.root_position[:, others], frame.root_position[:, :, None], out=seen[..., 0, :])
        np.subtract(frame.root_velocity[:, others], frame.root_velocity[:, :, None], out=seen[..., 1, :])
        axes = frame.root_rotation[:, others]
        seen[..., 2, :], seen[..., 3, :] = axes[..., 2], axes[..., 0]
        np.matmul(self._vectors, frame.root_rotation, out=self._turned)


def _others(seat: int, sides: Sequence[int]) -> list[int]:
    """Order the other seats: partners first, then in turn, so that seats which trade places see alike."""
    turn = [(seat + k) % len(sides) for k in range(1, len(sides))]
    return sorted(turn, key=lambda other: sides[other] != sides[seat])


class _Group:
    """Neighbouring seats that see alike, written at once: in numpy calls cost most."""

    def __init__(self, sight: Sight, scene: Scene, seats: slice, worlds: int, shown: int, numbers: int) -> None:
        entries, every = sight.entries(seats.start), scene.seats
        at, self.seats, count = layout(entries), seats, seats.stop - seats.start
        self.seen = np.zeros((worlds, count, sum(entry.size for entry in entries)), np.float32)
        """What the seats of the group see, `[W, G, obs]`."""
        self._height, self._up, self._velocity, self._spin = (at[n] for n in ("height", "up", "velocity", "spin"))
        self._angle, self._rate, self._touch = at["joint angle"], at["joint velocity"], at["touch"]
        self._shown, first = shown, self._touch.stop
        self._points, self._numbers = slice(first, first + shown), slice(first + shown, first + shown + numbers)
        joints = np.split(np.arange(sum(len(seat.links) for seat in every)), _ends([len(s.links) for s in every]))
        limbs = np.split(np.arange(sum(len(seat.limbs) for seat in every)), _ends([len(s.limbs) for s in every]))
        self._joints, self._limbs = np.stack(joints[seats]), np.stack(limbs[seats])
        """Columns of the seats' own joints and limbs among those of all seats, `[G, J]` and `[G, L]`."""
        names = [name for name in at if f"{name} joint angle" in at]
        self._others = [
            (slice(at[name].start, at[name].start + 12), at[f"{name} joint angle"], np.stack([joints[o] for o in them]))
            for name, them in zip(names, sight.others[seats].T, strict=True)
        ]

    def write(self, frame: Frame, angles: Array, turned: Array, numbers: Array) -> None:
        """Fill `seen` from the frame, all joints as shares of their range `[W, J]`, vectors and numbers."""
        seen, seats = self.seen, self.seats
        vectors = turned[:, seats].reshape(*seen.shape[:2], -1)
        seen[..., self._height] = frame.root_position[:, seats, 2:]
        seen[..., self._up] = frame.root_rotation[:, seats, 2]
        seen[..., self._velocity] = vectors[..., :3]
        seen[..., self._spin] = frame.root_spin[:, seats]
        seen[..., self._angle] = _columns(angles, self._joints)
        np.multiply(_columns(frame.rates, self._joints), SPEED_SCALE, out=seen[..., self._rate], casting="same_kind")
        seen[..., self._touch] = _columns(frame.touches, self._limbs)
        first = 3 + self._shown
        seen[..., self._points] = vectors[..., 3:first]
        seen[..., self._numbers] = numbers[:, seats]
        for other, joint, columns in self._others:
            seen[..., other] = vectors[..., first : first + 12]
            seen[..., joint] = _columns(angles, columns)
            first += 12


def _columns(array: Array, columns: IntArray) -> Array:
    """Return `array[:, columns]`; the columns are valid by construction, so the check of the default mode is spared."""
    return array.take(columns, axis=1, mode="clip")


def _ends(sizes: Sequence[int]) -> IntArray:
    return np.cumsum(sizes)[:-1]


def distance(position: Array) -> Array:
    """Return the distance of points `[..., 3]` from the vertical through the centre, `[...]`."""
    result: Array = np.hypot(position[..., 0], position[..., 1])
    return result
