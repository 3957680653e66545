"""What an arena paints on the floor of a picture."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dohyo.arenas.arrays import Array

Colour = tuple[float, float, float]


class Mark(Protocol):
    """A shape painted on the floor; hashable, since the empty floor is painted once and kept."""

    @property
    def extent(self) -> float:
        """How far from the origin it reaches, m."""

    def paint(self, points: Array, colour: Array) -> None:
        """Colour those of the floor's points `[n, 3]` that it covers, in `colour` `[n, 3]`."""


@dataclass(frozen=True)
class Disc:
    """A disc about the origin with an edge of its own colour."""

    radius: float
    colour: Colour
    edge: Colour
    width: float
    """Breadth of the edge in m, inside the radius."""

    @property
    def extent(self) -> float:
        """See `Mark`."""
        return self.radius

    def paint(self, points: Array, colour: Array) -> None:
        """See `Mark`."""
        distance = np.linalg.norm(points[:, :2], axis=1)
        colour[distance <= self.radius] = self.colour
        colour[(distance <= self.radius) & (distance > self.radius - self.width)] = self.edge


@dataclass(frozen=True)
class Strip:
    """A rectangle along the axes, m."""

    x: tuple[float, float]
    y: tuple[float, float]
    colour: Colour

    @property
    def extent(self) -> float:
        """See `Mark`; along x, the way the arenas lie."""
        return max(map(abs, self.x))

    def paint(self, points: Array, colour: Array) -> None:
        """See `Mark`."""
        inside = (points[:, :2] >= (self.x[0], self.y[0])) & (points[:, :2] <= (self.x[1], self.y[1]))
        colour[inside.all(axis=1)] = self.colour
