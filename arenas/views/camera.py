"""Cameras for pictures: where a picture is seen from, for one state or for every state of a bout."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.rules.floor import Mark

PLAIN_EXTENT = 4.5
"""Half-width in m of the view when nothing is painted on the floor."""
WIDER, TIMES = 1.25, 5
"""Factor by which a view widens when a body leaves it, and how often it can widen."""
REACH = 0.75
"""How far a body reaches around its root, m."""
PITCH = 0.42
"""Height of the side camera above the horizon, rad."""
DISTANCE = 2.8
"""Distance of the side camera, in half-widths of what it keeps in sight: a picture of 4:3 then has a margin."""
AHEAD = 0.3
"""Time by which the side camera looks ahead, s: as much as it lags behind."""
STIFFNESS = 16.0
"""Of the spring that moves the side camera, 1/s²: it arrives within a second."""
SLACK = (0.1, 0.1, 0.3, 0.6)
"""How far the view can be off before the side camera moves: the target in distances, the distance in logarithms when it
is too near and too far, and the heading in rad. A camera that rests makes calm pictures, and small GIFs."""
STILL = 0.02
"""The side camera rests when all parts of its view (m, 1, rad) are this near to its goal, and as slow, per second."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at a point; lengths in m."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    field_of_view: float = 36.0
    """Vertical, in degrees."""

    @classmethod
    def around(cls, extent: float) -> "Camera":
        """Return the three-quarter view that just holds a disc of radius `extent` around the origin."""
        return cls(eye=(0.9 * extent, -2.2 * extent, 1.9 * extent), target=(0.0, 0.0, -0.02 * extent))

    @classmethod
    def above(cls, extent: float) -> "Camera":
        """Return the view from above that just holds a disc of radius `extent` around the origin; y points up."""
        return cls(eye=(0.0, -0.01 * extent, 3.4 * extent), target=(0.0, 0.0, 0.0))

    @classmethod
    def beside(cls, target: Array, distance: float, heading: float) -> "Camera":
        """Return the view of `target` `[3]` from the direction `heading`, rad about z, slightly from above."""
        away = np.array([np.cos(heading) * np.cos(PITCH), np.sin(heading) * np.cos(PITCH), np.sin(PITCH)])
        eye = target + distance * away
        return cls(eye=tuple(eye.tolist()), target=tuple(np.asarray(target, float).tolist()))

    def fitted(self, width: int, height: int) -> "Camera":
        """Return the camera for a picture of that size: a picture narrower than 4:3 shows as much from side to side."""
        tall = max(1.0, 4 / 3 * height / width)
        half = np.arctan(tall * np.tan(np.deg2rad(self.field_of_view) / 2))
        return replace(self, field_of_view=float(np.rad2deg(2 * half)))

    def rays(self, width: int, height: int, offset: tuple[float, float]) -> Array:
        """Return unit vectors `[H * W, 3]` from the eye through the pixels' middles plus `offset` pixels."""
        forward = np.subtract(self.target, self.eye) / np.linalg.norm(np.subtract(self.target, self.eye))
        right = np.cross(forward, (0, 0, 1))
        right /= np.linalg.norm(right)
        scale = 2 * np.tan(np.deg2rad(self.field_of_view) / 2) / height
        x = (np.arange(width) + 0.5 + offset[0] - width / 2) * scale
        y = (height / 2 - np.arange(height) - 0.5 - offset[1]) * scale
        rays = forward + x[None, :, None] * right + y[:, None, None] * np.cross(right, forward)
        rays /= np.linalg.norm(rays, axis=2, keepdims=True)
        result: Array = rays.reshape(-1, 3)
        return result


def extent(marks: tuple[Mark, ...], actors: Array) -> float:
    """Return the half-width in m of a view of `marks` and of actors at `[A, 3]`.

    It grows in steps, so that few stages have to be painted.
    """
    plain = max((mark.extent for mark in marks), default=PLAIN_EXTENT)
    places = actors[:, :2]
    farthest = float(np.linalg.norm(places, axis=1).max()) + REACH
    steps = int(np.clip(np.ceil(np.log(farthest / plain) / np.log(WIDER)), 0, TIMES))
    return float(plain * WIDER**steps)


class SideCamera:
    """A camera that keeps all actors in sight, side by side; it rests unless the actors leave the view.

    It looks across the line between two actors, so that neither hides the other. At first the first of the actors,
    which are at `places` `[A, 3]`, is on the left. A control step lasts `step` s.
    """

    def __init__(self, places: Array, step: float) -> None:
        goal = _side_view(places)
        if np.vdot(places[0, :2] - goal[:2], (-np.sin(goal[4]), np.cos(goal[4]))) > 0:
            goal[4] += np.pi
        self._goal, self._view, self._speed, self._step = goal, goal, np.zeros_like(goal), step

    def look(self, places: Array) -> Camera:
        """Return the camera of the next control step, in which the actors are at `places` `[A, 3]`."""
        best, goal = _side_view(places), self._goal
        best[4] = goal[4] + (best[4] - goal[4] + np.pi / 2) % np.pi - np.pi / 2  # of the two sides, the nearer one
        if _is_off(best - goal, np.exp(goal[3])):
            self._goal = goal = best
        if max(np.abs(goal - self._view).max(), np.abs(self._speed).max()) < STILL:
            self._view, self._speed = goal, np.zeros_like(goal)
        pull = STIFFNESS * (goal - self._view) - 2 * np.sqrt(STIFFNESS) * self._speed
        self._speed = self._speed + self._step * pull
        self._view = self._view + self._step * self._speed
        return Camera.beside(self._view[:3], float(np.exp(self._view[3])), float(self._view[4]))


def from_the_side(actors: Array, marks: tuple[Mark, ...], step: float) -> list[Camera]:
    """Return the views of a `SideCamera` that looks a little ahead."""
    ahead = np.minimum(np.arange(len(actors)) + round(AHEAD / step), len(actors) - 1)
    camera = SideCamera(actors[0], step)
    return [camera.look(actors[row]) for row in ahead]


def _is_off(error: Array, distance: float) -> bool:
    """Return whether a view is so far from the best one that the side camera should move."""
    beyond, near, far, turned = SLACK
    return bool(
        np.hypot(*error[:2]) > beyond * distance or error[3] > near or error[3] < -far or abs(error[4]) > turned
    )


def _side_view(places: Array) -> Array:
    """Return the best view from the side of actors at `[A, 3]`: target, logarithm of the distance, heading, `[5]`."""
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    away = places[:, :2] - middle[:2]
    (a, b), (_, d) = away.T @ away
    line = 0.5 * np.arctan2(2 * b, a - d)  # the direction along which the actors are spread most
    half = max(np.hypot(*away.T).max(), REACH) + REACH
    return np.array([*middle[:2], 0.8 * places[:, 2].mean(), np.log(DISTANCE * half), line - np.pi / 2])


def _of_the_arena(actors: Array, marks: tuple[Mark, ...], step: float) -> list[Camera]:
    return [Camera.around(extent(marks, places)) for places in actors]


def _from_above(actors: Array, marks: tuple[Mark, ...], step: float) -> list[Camera]:
    return [Camera.above(extent(marks, places)) for places in actors]


CAMERAS: dict[str, Callable[[Array, tuple[Mark, ...], float], list[Camera]]] = {
    "side": from_the_side,
    "arena": _of_the_arena,
    "above": _from_above,
}
"""Each returns the camera of every state of a bout, from the actors' positions `[T + 1, A, 3]`, the marks on the floor
and the length of a control step, s.

`side` follows all actors from the side; `arena` shows all marks from a fixed place; `above` shows them from above."""
