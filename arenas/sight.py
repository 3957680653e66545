"""What every seat sees, in its own frame: its own body, what the arena shows, then the other seats."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.physics.frame import Array, Frame
from dohyo.arenas.rules import Entry, layout
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
        self._middle = [seat.joint_range.mean(axis=1) for seat in scene.seats]
        self._half = [np.ptp(seat.joint_range, axis=1) / 2 for seat in scene.seats]
        self._rows = [_Row(self.entries(s), 3 * len(points), self.numbers.shape[2]) for s in seats]

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
        angles = [(a - m) / h for a, m, h in zip(frame.joint_angle, self._middle, self._half, strict=True)]
        for seat, (row, view) in enumerate(zip(self._rows, out, strict=True)):
            turned = self._turned[:, seat].reshape(len(view), -1)
            view[:, row.height] = frame.root_position[:, seat, 2:]
            view[:, row.up] = frame.root_rotation[:, seat, 2]
            view[:, row.velocity] = turned[:, :3]
            view[:, row.spin] = frame.root_spin[:, seat]
            view[:, row.angle] = angles[seat]
            np.multiply(frame.joint_velocity[seat], SPEED_SCALE, out=view[:, row.rate], casting="same_kind")
            view[:, row.touch] = frame.touch[seat]
            view[:, row.points] = turned[:, 3 : 3 + row.shown]
            view[:, row.numbers] = self.numbers[:, seat]
            first = 3 + row.shown
            for other, (vectors, joints) in zip(self.others[seat], row.others, strict=True):
                view[:, vectors] = turned[:, first : first + 12]
                view[:, joints] = angles[other]
                first += 12

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


class _Row:
    """Where one seat's entries stand in its observation."""

    def __init__(self, entries: list[Entry], shown: int, numbers: int) -> None:
        at = layout(entries)
        self.height, self.up, self.velocity, self.spin = (at[n] for n in ("height", "up", "velocity", "spin"))
        self.angle, self.rate, self.touch = at["joint angle"], at["joint velocity"], at["touch"]
        self.shown = shown
        first = self.touch.stop
        self.points = slice(first, first + shown)
        self.numbers = slice(first + shown, first + shown + numbers)
        self.others = [
            (slice(at[name].start, at[name].start + 12), at[f"{name} joint angle"])
            for name in at
            if f"{name} joint angle" in at
        ]


def distance(position: Array) -> Array:
    """Return the distance of points `[..., 3]` from the vertical through the centre, `[...]`."""
    result: Array = np.hypot(position[..., 0], position[..., 1])
    return result
