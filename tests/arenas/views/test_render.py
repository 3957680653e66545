"""Pictures: both ants, in their colours, in a ring with an edge, alike on both engines."""

import numpy as np
import pytest
from states import ENGINES

from dohyo.arenas import Camera, make_batch, render
from dohyo.arenas.rules.floor import Disc
from dohyo.arenas.views.camera import extent

both = pytest.mark.parametrize("engine", ENGINES)


def picture(engine: str, seed: int = 3, steps: int = 0, **keywords) -> np.ndarray:
    batch = make_batch("sumo", engine=engine, worlds=1)
    batch.reset(seed)
    for _ in range(steps):
        batch.step([np.zeros((1, 8))] * 2)
    image = render(batch.arena, batch.engine.frame, 0, **keywords)
    batch.close()
    return image


def red(image: np.ndarray) -> np.ndarray:
    r, g, b = np.moveaxis(image.astype(int), 2, 0)
    return (r > 80) & (r > 2 * g) & (r > 2 * b)


def blue(image: np.ndarray) -> np.ndarray:
    r, g, b = np.moveaxis(image.astype(int), 2, 0)
    return (b > 80) & (b > 2 * r) & (b > g + 30)


def straw(image: np.ndarray) -> np.ndarray:
    """The ring's edge: light, and hardly yellow; nothing else is so light."""
    return image.min(axis=2) > 150


@both
def test_shape_and_type(engine):
    image = picture(engine)
    assert image.shape == (360, 480, 3)
    assert image.dtype == np.uint8
    assert picture(engine, width=160, height=120).shape == (120, 160, 3)


@both
@pytest.mark.parametrize("steps", [0, 40])
def test_both_ants_are_seen_in_their_colours(engine, steps):
    image = picture(engine, steps=steps)
    assert red(image).sum() > 500
    assert blue(image).sum() > 500


@both
def test_the_whole_edge_of_the_ring_is_seen(engine):
    """A ring wider than high, with space around it: edge on all four sides, none at the picture's border."""
    edge = straw(picture(engine))
    rows, columns = np.flatnonzero(edge.any(axis=1)), np.flatnonzero(edge.any(axis=0))
    assert 10 < rows[0] < 130
    assert 230 < rows[-1] < 350
    assert 10 < columns[0] < 100
    assert 380 < columns[-1] < 470
    middle = edge[rows[0] + 20 : rows[-1] - 20, 200:280]
    assert middle.mean() < 0.02


def test_engines_give_the_same_picture():
    pictures = [picture(engine, steps=20).astype(int) for engine in ENGINES]
    assert np.abs(pictures[0] - pictures[1]).mean() < 2


def test_a_picture_shows_its_own_world_and_changes_nothing():
    batch = make_batch("sumo", engine="mujoco", worlds=2)
    batch.reset(3)
    before = batch.engine.frame.root_position.copy()
    first, second = (render(batch.arena, batch.engine.frame, w) for w in range(2))
    assert np.array_equal(first, picture("mujoco", seed=3))
    assert np.array_equal(second, picture("mujoco", seed=4))
    assert not np.array_equal(first, second)
    assert np.array_equal(batch.engine.frame.root_position, before)


def test_a_shadow_lies_beside_what_throws_it():
    """From straight above, over an ant lifted by 1 m: darker clay on the side away from the lamp (-4, -5, 11)."""
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    batch.reset(0)
    frame = batch.engine.frame
    frame.root_position[0] = (0, 0, 1.0), (0, 50, 1)
    camera = Camera(eye=(0.0, -0.01, 9.0), target=(0.0, 0.0, 0.0))
    with_ant = render(batch.arena, frame, camera=camera).astype(int)
    frame.root_position[0, 0] = 50, 0, 1
    without = render(batch.arena, frame, camera=camera).astype(int)
    shadow = (without.sum(axis=2) - with_ant.sum(axis=2) > 60) & ~red(with_ant)
    rows, columns = np.nonzero(shadow)
    # It falls towards (4, 5): to the right (columns) and up (rows) of the middle, by 1 m * 4 / 10 at most.
    assert len(rows) > 300
    assert columns.mean() > 243
    assert rows.mean() < 177


def test_a_view_widens_by_quarters_to_hold_who_leaves_it():
    """Twice the half-width of 5 m takes four steps, 1.25^3 = 1.95 and 1.25^4 = 2.44; there are five at most."""
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    batch.reset(0)
    frame, marks = batch.engine.frame, (Disc(5.0, (0, 0, 0), (0, 0, 0), 0.0),)
    plain = marks[0].extent
    for place, times in ((0.5, 0), (2.0, 4), (50.0, 5)):
        frame.root_position[0] = (0, 0, 1), (0, place * plain - 0.75, 1)
        assert extent(marks, frame.root_position[0]) == pytest.approx(plain * 1.25**times)


def test_rays_go_through_the_pixels():
    """Looking along +y with a right angle of view: the middle goes ahead, the border at 45 degrees, right is +x."""
    camera = Camera(eye=(0.0, 0.0, 1.0), target=(0.0, 1.0, 1.0), field_of_view=90.0)
    rays = camera.rays(2, 2, (0.0, 0.0)).reshape(2, 2, 3)
    assert np.linalg.norm(rays, axis=2) == pytest.approx(np.ones((2, 2)))
    assert rays[0, 0] / rays[0, 0, 1] == pytest.approx([-0.5, 1, 0.5])
    assert rays[1, 1] / rays[1, 1, 1] == pytest.approx([0.5, 1, -0.5])
