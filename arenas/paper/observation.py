"""What the originals' observations consist of: pieces, each a description and a way to read it off the frame."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.paper.frame import PaperFrame
from dohyo.arenas.physics.scene import SeatLayout
from dohyo.arenas.rules.arena import Entry

POSE = "root: x, y, z and quaternion (w, x, y, z); then the joints"
FORCE = "contact force on each body, torque then force"


@dataclass(frozen=True)
class Piece:
    """A run of numbers in an observation."""

    entry: Entry
    read: Callable[[PaperFrame], Array]
    """Returns `[W, ...]` of as many numbers per world as the entry says."""


def positions(name: str, seat: SeatLayout, first: int = 0) -> Piece:
    """Return the positions of a seat, from number `first` on."""
    at = slice(seat.qpos.start + first, seat.qpos.stop)
    meaning = POSE if not first else f"{POSE}; without the first {first}"
    return Piece(Entry(name, at.stop - at.start, "m, 1, rad", "world", meaning), lambda frame: frame.qpos[:, at])


def velocities(seat: SeatLayout) -> Piece:
    """Return the velocities of a seat."""
    at = seat.qvel
    entry = Entry("velocity", at.stop - at.start, "m/s, rad/s", "world, own", "root, its spin; then the joints")
    return Piece(entry, lambda frame: frame.qvel[:, at])


def bodies(seat: SeatLayout) -> slice:
    """Return where the bodies of a seat stand."""
    return slice(seat.root, seat.root + 1 + len(seat.links))


def inertias(seat: SeatLayout) -> Piece:
    """Return the inertias of a seat's bodies."""
    at = bodies(seat)
    meaning = "of each body about the centre of mass of all: 6 of inertia, 3 of mass times offset, mass"
    entry = Entry("inertia", 10 * (at.stop - at.start), "kg m^2, kg m, kg", "world", meaning)
    return Piece(entry, lambda frame: frame.inertia[:, at])


def motions(seat: SeatLayout) -> Piece:
    """Return the velocities of a seat's bodies."""
    at = bodies(seat)
    entry = Entry("motion", 6 * (at.stop - at.start), "rad/s, m/s", "world", "of each body: spin, velocity")
    return Piece(entry, lambda frame: frame.motion[:, at])


def drives(seat: SeatLayout) -> Piece:
    """Return the motors' forces on a seat's degrees of freedom."""
    at = seat.qvel
    entry = Entry("drive", at.stop - at.start, "N m", "joint", "the motors' torques, 0 for the root")
    return Piece(entry, lambda frame: frame.actuator[:, at])


def forces(seat: SeatLayout) -> Piece:
    """Return the contact forces on a seat's bodies, clipped to [-1, 1]."""
    at = bodies(seat)
    entry = Entry("force", 6 * (at.stop - at.start), "N m, N", "world", f"{FORCE}; clipped to [-1, 1]", -1, 1)
    return Piece(entry, lambda frame: np.clip(frame.external[:, at], -1, 1))


def sizes_of_forces(name: str, first: int, last: int, limit: float) -> Piece:
    """Return the sizes of the contact forces on the bodies from `first` up to `last`, at most `limit`."""
    entry = Entry(name, 6 * (last - first), "N m, N", "world", f"{FORCE}; sizes, at most {limit:g}", 0, limit)
    return Piece(entry, lambda frame: np.minimum(np.abs(frame.external[:, first:last]), limit))


def offset(own: SeatLayout, other: SeatLayout) -> Piece:
    """Return the way to the other seat."""
    a, b = own.qpos.start, other.qpos.start
    entry = Entry("to the other", 2, "m", "world", "x and y of the other less one's own")
    return Piece(entry, lambda frame: frame.qpos[:, b : b + 2] - frame.qpos[:, a : a + 2])


def rotation(seat: SeatLayout) -> Piece:
    """Return the rotation of a seat's root."""
    entry = Entry("rotation", 9, "1", "world", "matrix of the root, row by row")
    return Piece(entry, lambda frame: frame.rotation[:, seat.root])
