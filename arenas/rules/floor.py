"""Shapes that an arena paints on the floor in pictures."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dohyo.arenas.arrays import Array

Colour = tuple[float, float, float]


class Mark(Protocol):
    """A shape painted on the floor; hashable, because pictures of the empty floor are cached."""

    @property
    def extent(self) -> float:
        """Largest distance from the origin that a picture should show, m."""

    def paint(self, points: Array, colour: Array) -> None:
        """Write the shape's colour into the rows of `colour` `[n, 3]` whose floor points `[n, 3]` it covers."""


@dataclass(frozen=True)
class Disc:
    """A disc about the origin, with an edge in another colour; m."""

    radius: float
    colour: Colour
    edge: Colour
    width: float
    """Width of the edge, m; it lies inside the radius."""

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
    """A rectangle with sides along the axes, from low to high in `x` and `y`, m."""

    x: tuple[float, float]
    y: tuple[float, float]
    colour: Colour

    @property
    def extent(self) -> float:
        """See `Mark`; along x only, the long side of the fields."""
        return max(map(abs, self.x))

    def paint(self, points: Array, colour: Array) -> None:
        """See `Mark`."""
        inside = (points[:, :2] >= (self.x[0], self.y[0])) & (points[:, :2] <= (self.x[1], self.y[1]))
        colour[inside.all(axis=1)] = self.colour
