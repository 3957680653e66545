"""Mirror images: twice is nothing, and a mirrored bout in the engine gives the mirrored observations."""

from typing import Any

import numpy as np
import pytest

from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics.mirror import join, mirrored
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.mirror import mirror_action, mirror_observation

OURS = [name for name in ARENAS if not name.startswith("paper/")]
BODIES = ("ant", "bug", "spider", "humanoid")
FREE = np.array([1, -1, 1, 1, -1, 1, -1])
"""The image of a free joint: place (x, y, z), orientation (w, x, y, z), whose axis mirrors as a spin does."""
RATE = np.array([1, -1, 1, -1, 1, -1])
"""The image of a free joint's velocity and spin."""


def image_of(arena: Any, qpos: Any, qvel: Any) -> tuple[Any, Any]:
    """The mirror image of a state, through the plane y = 0."""
    qpos, qvel = qpos.copy(), qvel.copy()
    for actor in arena.scene.actors:
        p, v = actor.qpos.start, actor.qvel.start
        qpos[:, p : p + 7] *= FREE
        qvel[:, v : v + 6] *= RATE
        if actor.links:
            qpos[:, p + 7 : actor.qpos.stop] = mirrored(actor.mirror, qpos[:, p + 7 : actor.qpos.stop])
            qvel[:, v + 6 : actor.qvel.stop] = mirrored(actor.mirror, qvel[:, v + 6 : actor.qvel.stop])
    return qpos, qvel


def test_images_by_hand():
    """An ant's legs, counted from the left front: 1 and 4, 2 and 3 change places; hips turn the other way."""
    ant = build_arena("sumo", "ant")
    action = np.array([[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]])
    image = mirrored(mirror_action(ant, 0), action)
    np.testing.assert_array_equal(image, [[-0.7, 0.8, -0.5, 0.6, -0.3, 0.4, -0.1, 0.2]])
    human = build_arena("sumo", "humanoid")
    scene, joints = human.scene, mirror_action(human, 0)
    names = [scene.model.joint(int(scene.model.body_jntadr[link])).name for link in scene.seats[0].links]
    swap = {"left": "right", "right": "left"}
    for name, place in zip(names, joints, strict=True):
        side, _, rest = name.removeprefix("0/").partition("_")
        assert names[abs(place) - 1] == f"0/{swap.get(side, side)}_{rest}"
        assert (place < 0) == (name in ("0/abdomen_z", "0/abdomen_x"))
    assert join([(1, -2), (-2, 1)]) == (1, -2, -4, 3)


@pytest.mark.parametrize("arena", OURS)
@pytest.mark.parametrize("body", BODIES)
def test_mirroring_twice_is_nothing(arena: str, body: str):
    if body not in ARENAS[arena].bodies:
        return
    rules = build_arena(arena, body)
    for seat in range(len(rules.seats)):
        for mirror in (mirror_observation(rules, [seat, 0]), mirror_action(rules, seat)):
            numbers = np.random.default_rng(0).normal(size=(3, len(mirror)))
            assert (mirrored(mirror, numbers) != numbers).any()
            np.testing.assert_array_equal(mirrored(mirror, mirrored(mirror, numbers)), numbers)


@pytest.mark.parametrize(
    ("arena", "body"),
    [(arena, body) for arena in OURS for body in BODIES if body in ARENAS[arena].bodies],
)
def test_a_mirrored_bout_shows_the_mirrored_observations(arena: str, body: str):
    """World 1 is the mirror image of world 0, and so are its actions. Random actions move bodies for ten steps."""
    batch = make_batch(arena, body, "mujoco", 2, workers=1)
    batch.reset(3)
    rules, engine = batch.arena, batch.engine
    qpos, qvel = image_of(rules, engine._qpos[:1].copy(), engine._qvel[:1].copy())
    engine.reset(np.array([1]), qpos, qvel)
    for name, rows in vars(rules).items():  # the rules' state of bouts: a ring's radius, the ball's nearest place
        if name in ("radius", "nearest"):
            rows[1] = rows[0]
    rng, mirrors = np.random.default_rng(1), [mirror_action(rules, seat) for seat in range(len(rules.seats))]
    for k in range(10):
        own = [rng.uniform(-1, 1, (1, len(mirror))).astype(np.float32) for mirror in mirrors]
        images = [mirrored(mirror, action) for mirror, action in zip(mirrors, own, strict=True)]
        step = batch.step([np.concatenate(pair) for pair in zip(own, images, strict=True)])
        assert not step.done.any()
        for seat, seen in enumerate(step.observation):
            image = mirrored(mirror_observation(rules, [seat]), seen)
            np.testing.assert_allclose(image[0], seen[1], atol=2e-3)
        if k:  # the first step's speeds are from before the state was set
            np.testing.assert_allclose(step.dense[0], step.dense[1], atol=0.05)
    batch.close()


def test_arenas_that_do_not_say_their_image_are_refused():
    with pytest.raises(ConfigError, match="does not say what its entry 'position' becomes"):
        mirror_observation(build_arena("paper/sumo-ants"), [0])
    with pytest.raises(ConfigError, match="body paper_ant has no mirror image"):
        mirror_action(build_arena("paper/sumo-ants"), 0)
