"""Bullet's coordinates: a world's state is rotated bit for bit alike, whatever the number of worlds."""

import numpy as np
import pytest
from states import two

from dohyo.arenas.physics.bullet.coordinates import Coordinates
from dohyo.arenas.physics.bullet.world import ActorPlan


@pytest.mark.parametrize("body", ["ant", "humanoid"])
def test_a_state_is_turned_alike_among_many(body):
    scene = two(body)
    coordinates = Coordinates(scene.model, [ActorPlan(seat.root, seat.links, seat.limbs) for seat in scene.seats])
    stream = np.random.default_rng(0)
    qpos, qvel = stream.normal(size=(8, scene.model.nq)), stream.normal(size=(8, scene.model.nv))
    for seat in scene.seats:
        quaternion = qpos[:, seat.qpos.start + 3 : seat.qpos.start + 7]
        quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    whole = coordinates.to_raw(qpos, qvel)
    for k in range(8):
        np.testing.assert_array_equal(coordinates.to_raw(qpos[k : k + 1], qvel[k : k + 1])[0], whole[k])
    back = np.zeros_like(qpos), np.zeros_like(qvel)
    coordinates.from_raw(whole, *back)
    for k in range(8):
        alone = np.zeros((1, scene.model.nq)), np.zeros((1, scene.model.nv))
        coordinates.from_raw(whole[k : k + 1], *alone)
        np.testing.assert_array_equal(alone[0][0], back[0][k])
        np.testing.assert_array_equal(alone[1][0], back[1][k])
