"""The pieces of the original observations: each has a description and a function that reads it from the frame."""

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
    """Consecutive numbers of an observation: their description and how to read them."""

    entry: Entry
    read: Callable[[PaperFrame], Array]
    """Returns `[W, ...]` with `entry.size` numbers per world."""


def positions(name: str, seat: SeatLayout, first: int = 0) -> Piece:
    """Return the piece of a seat's positions, without the first `first` numbers."""
    at = slice(seat.qpos.start + first, seat.qpos.stop)
    meaning = POSE if not first else f"{POSE}; without the first {first}"
    return Piece(Entry(name, at.stop - at.start, "m, 1, rad", "world", meaning), lambda frame: frame.qpos[:, at])


def velocities(seat: SeatLayout) -> Piece:
    """Return the piece of a seat's velocities."""
    at = seat.qvel
    entry = Entry("velocity", at.stop - at.start, "m/s, rad/s", "world, own", "root, its spin; then the joints")
    return Piece(entry, lambda frame: frame.qvel[:, at])


def bodies(seat: SeatLayout) -> slice:
    """Return the indices of a seat's bodies in the model."""
    return slice(seat.root, seat.root + 1 + len(seat.links))


def inertias(seat: SeatLayout) -> Piece:
    """Return the piece of the inertias of a seat's bodies."""
    at = bodies(seat)
    meaning = "of each body about the seat's centre of mass: 6 of inertia, 3 of mass times offset, mass"
    entry = Entry("inertia", 10 * (at.stop - at.start), "kg m^2, kg m, kg", "world", meaning)
    return Piece(entry, lambda frame: frame.inertia[:, at])


def motions(seat: SeatLayout) -> Piece:
    """Return the piece of the velocities of a seat's bodies."""
    at = bodies(seat)
    entry = Entry("motion", 6 * (at.stop - at.start), "rad/s, m/s", "world", "of each body: spin, velocity")
    return Piece(entry, lambda frame: frame.motion[:, at])


def drives(seat: SeatLayout) -> Piece:
    """Return the piece of the motors' forces on a seat's degrees of freedom."""
    at = seat.qvel
    entry = Entry("drive", at.stop - at.start, "N m", "joint", "the motors' torques, 0 for the root")
    return Piece(entry, lambda frame: frame.actuator[:, at])


def forces(seat: SeatLayout) -> Piece:
    """Return the piece of the contact forces on a seat's bodies, clipped to [-1, 1]."""
    at = bodies(seat)
    entry = Entry("force", 6 * (at.stop - at.start), "N m, N", "world", f"{FORCE}; clipped to [-1, 1]", -1, 1)
    return Piece(entry, lambda frame: np.clip(frame.external[:, at], -1, 1))


def sizes_of_forces(name: str, first: int, last: int, limit: float) -> Piece:
    """Return the piece of the absolute contact forces, at most `limit`, on the bodies `first` to `last - 1`."""
    entry = Entry(name, 6 * (last - first), "N m, N", "world", f"{FORCE}; absolute, at most {limit:g}", 0, limit)
    return Piece(entry, lambda frame: np.minimum(np.abs(frame.external[:, first:last]), limit))


def offset(own: SeatLayout, other: SeatLayout) -> Piece:
    """Return the piece of the horizontal vector from the own root to the other seat's."""
    a, b = own.qpos.start, other.qpos.start
    entry = Entry("to the other", 2, "m", "world", "x and y from the own root to the other's")
    return Piece(entry, lambda frame: frame.qpos[:, b : b + 2] - frame.qpos[:, a : a + 2])


def rotation(seat: SeatLayout) -> Piece:
    """Return the piece of the rotation matrix of a seat's root."""
    entry = Entry("rotation", 9, "1", "world", "matrix of the root, row by row")
    return Piece(entry, lambda frame: frame.rotation[:, seat.root])
