"""Pictures of a world by ray casting on the compiled scene: without display or graphics library, for any engine."""

from dataclasses import dataclass
from functools import lru_cache

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.rules.floor import Mark
from dohyo.arenas.views.camera import Camera, extent

Image = NDArray[np.uint8]

LIGHT = np.array([-4.0, -5.0, 11.0])
"""Position of the lamp, m."""
LAMP = np.array([[0.35, 0.0, 0.0], [-0.35, 0.0, 0.0], [0.0, 0.35, 0.0], [0.0, -0.35, 0.0]])
"""Offsets of the lamp's four points, m: each of a pixel's four rays uses another, which softens shadows."""
KEY, AMBIENT, GLOSS = 0.62, 0.45, 0.18
"""Shares of the lamp, of the sky and of the highlight in a surface's brightness."""
FLOOR, CHECK = np.array([0.36, 0.40, 0.44]), 0.035
"""Colour of the floor, and how much its one-metre squares differ from it."""
HORIZON, ZENITH = np.array([0.80, 0.86, 0.92]), np.array([0.42, 0.60, 0.82])
"""Colours of the sky."""
HAZE = 45.0
"""Distance in m over which the floor fades into the horizon."""
OFFSETS = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
"""A pixel's rays, in pixels from its middle."""
PLANE = int(mujoco.mjtGeom.mjGEOM_PLANE)
"""The type of planes as an int: to compare an array with the enum costs a hundred times more."""


def render(
    arena: Arena, frame: Frame, world: int = 0, width: int = 480, height: int = 360, camera: Camera | None = None
) -> Image:
    """Return a picture `[H, W, 3]` of one world of `frame`; the default camera shows all marks and bodies."""
    marks = tuple(arena.marks(world))
    if camera is None:
        camera = Camera.around(extent(marks, np.concatenate([frame.root_position[world], frame.loose_position[world]])))
    return draw(arena.model(world), posed(arena, frame, world), marks, camera, width, height)


def draw(
    model: mujoco.MjModel, data: mujoco.MjData, marks: tuple[Mark, ...], camera: Camera, width: int, height: int
) -> Image:
    """Return a picture `[H, W, 3]` of a model in the pose of `data`, with `marks` on its floor.

    Rays are cast only where bodies or their shadows can be; the empty floor is painted once and cached.
    """
    stage = _stage(camera, marks, width, height)
    near = _near(model, data, stage.eye, stage.rays[0])
    near[stage.floor] |= _near(model, data, LIGHT, stage.light_rays)
    busy = np.flatnonzero(near)
    picture = stage.picture.copy()
    if len(busy):
        samples = [
            _trace(model, data, stage.eye, np.ascontiguousarray(rays[busy]), marks, LIGHT + lamp)
            for rays, lamp in zip(stage.rays, LAMP, strict=True)
        ]
        picture[busy] = np.mean(samples, axis=0)
    pixels: Image = (picture.clip(0, 1) * 255 + 0.5).astype(np.uint8).reshape(height, width, 3)
    return pixels


@dataclass(frozen=True)
class _Stage:
    """The picture of the empty floor from one camera, `H * W` pixels, and its rays."""

    eye: Array
    rays: tuple[Array, ...]
    """Unit vectors `[H * W, 3]`, one array for each of a pixel's rays."""
    floor: NDArray[np.intp]
    """Pixels that show the floor, `[n]`."""
    light_rays: Array
    """Unit vectors from the lamp to the floor in those pixels, `[n, 3]`."""
    picture: Array
    """Colours, `[H * W, 3]`."""


@lru_cache(maxsize=3)  # 25 MB each at 480 x 360
def _stage(camera: Camera, marks: tuple[Mark, ...], width: int, height: int) -> _Stage:
    """Return the stage of a camera: the empty floor with its marks under the sky."""
    eye = np.array(camera.eye)
    rays = tuple(camera.rays(width, height, offset) for offset in OFFSETS)
    samples = []
    for directions in rays:
        distance = _to_floor(eye, directions)
        points = eye + np.maximum(distance, 0)[:, None] * directions
        up = np.broadcast_to((0.0, 0.0, 1.0), points.shape)
        samples.append(_light(eye, directions, distance, up, _painted(points, marks), LIGHT, np.ones(len(points))))
    distance = _to_floor(eye, rays[0])
    floor = np.flatnonzero(distance > 0)
    beams = eye + distance[floor, None] * rays[0][floor] - LIGHT
    beams /= np.linalg.norm(beams, axis=1, keepdims=True)
    return _Stage(eye, rays, floor, beams, np.mean(samples, axis=0))


def _to_floor(eye: Array, rays: Array) -> Array:
    """Return the distance along each ray to the floor, -1 for rays that never meet it, `[n]`."""
    falling = rays[:, 2] < -1e-6
    distance: Array = np.where(falling, -eye[2] / np.where(falling, rays[:, 2], 1), -1.0)
    return distance


def posed(arena: Arena, frame: Frame, world: int) -> mujoco.MjData:
    """Return MuJoCo data of the scene with all seats and furniture in the frame's poses."""
    data = mujoco.MjData(arena.scene.model)
    for s, seat in enumerate(arena.scene.seats):
        data.qpos[seat.qpos] = np.concatenate(
            [frame.root_position[world, s], frame.root_quaternion[world, s], frame.joint_angle[s][world]]
        )
    for k, piece in enumerate(arena.scene.loose):
        data.qpos[piece.qpos] = np.concatenate([frame.loose_position[world, k], frame.loose_quaternion[world, k]])
    mujoco.mj_kinematics(arena.scene.model, data)
    return data


def _near(model: mujoco.MjModel, data: mujoco.MjData, origin: Array, rays: Array) -> BoolArray:
    """Return whether each ray from `origin` passes close to any body, `[n]`; the others need not be cast.

    One sphere around each seat or piece of furniture is tested first, then its geoms; planes do not count.
    """
    solid = np.flatnonzero(model.geom_rbound > 0)
    root = model.body_rootid[model.geom_bodyid[solid]]
    centres, radii = data.geom_xpos[solid], model.geom_rbound[solid]
    groups = [np.flatnonzero(root == r) for r in np.unique(root) if r > 0] + [[g] for g in np.flatnonzero(root == 0)]
    found = np.zeros(len(rays), bool)
    for group in groups:
        middle = centres[group].mean(axis=0)
        reach = np.max(np.linalg.norm(centres[group] - middle, axis=1) + radii[group])
        near = np.flatnonzero(_passes(origin, rays, middle[None], np.array([reach])))
        found[near] |= _passes(origin, rays[near], centres[group], radii[group])
    return found


def _passes(origin: Array, rays: Array, centres: Array, radii: Array) -> BoolArray:
    """Return whether each ray passes through any of the spheres, `[n]`, with a margin for a pixel's width."""
    away = centres - origin
    distance = np.linalg.norm(away, axis=1)
    sine = np.minimum(1, (1.05 * radii + 0.02) / distance)
    result: BoolArray = (rays @ (away / distance[:, None]).T > np.sqrt(1 - sine**2)).any(axis=1)
    return result


def _cast(
    model: mujoco.MjModel, data: mujoco.MjData, origin: Array, rays: Array
) -> tuple[Array, Array, NDArray[np.int32]]:
    """Return distance `[n]` (in ray lengths, -1 for no hit), normal `[n, 3]` and geom `[n]` of the rays' first hits."""
    n = len(rays)
    distance, normal, geom = np.full(n, -1.0), np.zeros(3 * n), np.full(n, -1, np.int32)
    mujoco.mj_multiRay(model, data, origin, rays.ravel(), None, True, -1, geom, distance, normal, n, mujoco.mjMAXVAL)
    return distance, normal.reshape(n, 3), geom


def _trace(
    model: mujoco.MjModel, data: mujoco.MjData, eye: Array, rays: Array, marks: tuple[Mark, ...], lamp: Array
) -> Array:
    """Return the colours that the rays see, `[n, 3]`; a second ray from the lamp to each hit finds shadows."""
    distance, normal, geom = _cast(model, data, eye, rays)
    points = eye + np.maximum(distance, 0)[:, None] * rays
    colour = model.geom_rgba[geom, :3].astype(float)
    flat = (geom >= 0) & (model.geom_type[geom] == PLANE)
    colour[flat] = _painted(points[flat], marks)
    reached, _, _ = _cast(model, data, lamp, points - lamp)
    lit = (reached < 0) | (reached > 1 - 1e-3)
    return _light(eye, rays, distance, normal, colour, lamp, lit.astype(float))


def _painted(points: Array, marks: tuple[Mark, ...]) -> Array:
    """Return the colours `[n, 3]` of points on the floor: faint squares of 1 m, and the arena's marks on top."""
    squares = 1 - 2.0 * (np.floor(points[:, :2]).sum(axis=1) % 2)
    colour: Array = np.broadcast_to(FLOOR, points.shape).copy()
    for mark in marks:
        mark.paint(points, colour)
    colour *= (1 + CHECK * squares)[:, None]
    return colour


def _light(eye: Array, rays: Array, distance: Array, normal: Array, colour: Array, lamp: Array, lit: Array) -> Array:
    """Return the lit colours `[n, 3]` of the surfaces that the rays meet; `lit` is 1 in the lamp's light, else 0."""
    points = eye + np.maximum(distance, 0)[:, None] * rays
    to_lamp = lamp - points
    to_lamp /= np.linalg.norm(to_lamp, axis=1, keepdims=True)
    slope = np.einsum("ni,ni->n", normal, to_lamp)
    halfway = to_lamp - rays
    halfway /= np.linalg.norm(halfway, axis=1, keepdims=True)
    shine = np.maximum(np.einsum("ni,ni->n", normal, halfway), 0) ** 30 * (colour.max(axis=1) - colour.min(axis=1))
    sky_share = AMBIENT * (0.75 + 0.25 * normal[:, 2])
    brightness = sky_share + KEY * lit * np.maximum(slope, 0)
    surface = colour * brightness[:, None] + (GLOSS * lit * (slope > 0) * shine)[:, None]
    haze = np.exp(-np.square(distance / HAZE))[:, None]
    sky = HORIZON + np.clip(rays[:, 2:], 0, 1) * (ZENITH - HORIZON)
    seen: Array = np.where(distance[:, None] >= 0, surface * haze + HORIZON * (1 - haze), sky)
    return seen
