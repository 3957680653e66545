"""The first state of a bout: standing bodies, with noise on every joint angle and velocity."""

import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.physics.rotation import yaw
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.rules.dice import Dice

ANGLE_NOISE, VELOCITY_NOISE = 0.1, 0.1
"""Start noise: U(-0.1, 0.1) rad on joints and N(0, 0.1) m/s or rad/s on every velocity (EC, arXiv 1710.03748)."""


def stand(scene: Scene, ids: IntArray, dice: Dice, place: Array, heading: Array) -> tuple[Array, Array]:
    """Return states `[n, nq]`, `[n, nv]` in which seats stand at `place` `[n, S, 2]`, facing `heading` `[n, S]`.

    Joints are near the middle of their range. Loose furniture is left where the scene has it, for the arena to place.
    """
    model, n = scene.model, len(ids)
    qpos, qvel = np.tile(model.qpos0, (n, 1)), dice.normal(ids, VELOCITY_NOISE, model.nv)
    limits = np.concatenate([seat.joint_range for seat in scene.seats])
    noise = dice.uniform(ids, -ANGLE_NOISE, ANGLE_NOISE, len(limits))
    angles = np.clip(limits.mean(axis=1) + noise, *limits.T)
    joint = 0
    for s, seat in enumerate(scene.seats):
        first = seat.qpos.start
        qpos[:, first : first + 2] = place[:, s]
        qpos[:, first + 2] = seat.body.start_height
        qpos[:, first + 3 : first + 7] = yaw(heading[:, s])
        qpos[:, first + 7 : seat.qpos.stop] = angles[:, joint : joint + len(seat.links)]
        joint += len(seat.links)
    return qpos, qvel
