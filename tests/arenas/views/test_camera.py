"""Cameras: which place they look from, and what they keep in sight."""

import numpy as np
import pytest

from dohyo.arenas.rules.floor import Disc
from dohyo.arenas.views.camera import CAMERAS, Camera

STEP = 0.05
HALF = np.tan(np.deg2rad(18))
"""Half of the height of what a camera sees at a distance of 1."""


def on_picture(camera: Camera, place: np.ndarray) -> tuple[float, float]:
    """Where a place is on a picture of 4:3, from -1 to 1 to the right and upwards."""
    forward = np.subtract(camera.target, camera.eye) / np.linalg.norm(np.subtract(camera.target, camera.eye))
    right = np.array([forward[1], -forward[0], 0]) / np.hypot(forward[0], forward[1])
    away = place - np.array(camera.eye)
    up = np.array([right[1] * forward[2], -right[0] * forward[2], right[0] * forward[1] - right[1] * forward[0]])
    size = HALF * (away @ forward)
    return away @ right / size / (4 / 3), away @ up / size


@pytest.mark.parametrize("heading", np.linspace(0, 2 * np.pi, 7))
def test_from_the_side_the_first_of_two_is_on_the_left(heading: float):
    line = np.array([np.cos(heading), np.sin(heading), 0])
    places = np.array([[-line, line]]) + np.array([0.5, 0.3, 0.6])
    [camera] = CAMERAS["side"](places, (), STEP)
    (left, low), (right, high) = (on_picture(camera, place) for place in places[0])
    assert -0.8 < left < -0.3
    assert right == pytest.approx(-left)
    assert low == pytest.approx(high)
    assert np.dot(np.subtract(camera.eye, camera.target), line) == pytest.approx(0)


def test_two_that_circle_and_part_stay_in_sight_and_apart():
    """Ten seconds: half a turn in four seconds, then apart from 1 m to 5 m."""
    time = np.arange(0, 10, STEP)
    turn, half = np.minimum(time, 4) * np.pi / 4, 0.5 + 2 * np.clip((time - 5) / 3, 0, 1)
    line = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1) * half[:, None]
    places = np.stack([-line, line], axis=1) + np.array([0, 0, 0.6])
    cameras = CAMERAS["side"](places, (), STEP)
    seen = np.array([[on_picture(camera, place) for place in row] for camera, row in zip(cameras, places, strict=True)])
    assert np.abs(seen).max() < 0.9
    # Both keep their side of the picture: the camera goes round with them.
    assert seen[:, 0, 0].max() < -0.1
    assert seen[:, 1, 0].min() > 0.1


def test_the_side_camera_rests_while_little_moves():
    places = np.tile([[-1.0, 0, 0.6], [1.0, 0, 0.6]], (200, 1, 1))
    places += np.random.default_rng(0).uniform(-0.05, 0.05, places.shape)
    assert len(set(CAMERAS["side"](places, (), STEP))) == 1


def test_above_and_arena_show_the_ring():
    ring = (Disc(4.0, (0, 0, 0), (0, 0, 0), 0.1),)
    edge = 4.0 * np.array([[1, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0.0]])
    for name in ("arena", "above"):
        [camera] = CAMERAS[name](np.array([[[0.0, 0, 0.5], [1.0, 0, 0.5]]]), ring, STEP)
        seen = np.array([on_picture(camera, place) for place in edge])
        assert np.abs(seen).max() < 1
        assert np.abs(seen).max() > 0.6
    assert np.argmax(seen[:, 1]) == 1  # seen from above, y points up
    assert np.argmax(seen[:, 0]) == 0


def test_a_narrow_picture_shows_as_much_from_side_to_side():
    camera = Camera(eye=(0.0, 0.0, 1.0), target=(0.0, 1.0, 1.0))
    for width, height in ((8, 6), (16, 6), (6, 6)):
        assert camera.fitted(width, height).rays(width, height, (0, 0)).shape == (width * height, 3)
    assert camera.fitted(16, 6).field_of_view == pytest.approx(36)
    square = np.tan(np.deg2rad(camera.fitted(6, 6).field_of_view / 2))
    assert square == pytest.approx(HALF * 4 / 3)
