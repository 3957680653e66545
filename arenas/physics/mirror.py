"""The mirror image of a body: which joint and limb takes which one's place when left and right are exchanged."""

from collections.abc import Sequence

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, FloatArray, namespace

VECTOR, SPIN = (1, -2, 3), (-1, 2, -3)
"""Mirror images of a vector and of an angular velocity (x forward, y left, z up), see `Mirror`."""
Mirror = tuple[int, ...]
"""The image of n numbers as signed places from 1: (1, -2, 3) keeps three numbers and negates the second; empty if it is
not known."""
CLOSE = 1e-6
"""Largest difference of two places or axes that are taken for the same."""


def same(size: int) -> Mirror:
    """Return the image of `size` numbers that a mirror does not change."""
    return tuple(range(1, size + 1))


def join(mirrors: Sequence[Mirror]) -> Mirror:
    """Return the image of several groups of numbers, one after the other."""
    ends = np.cumsum([0, *map(len, mirrors)])
    return tuple(int(np.sign(k) * (abs(k) + end)) for end, part in zip(ends, mirrors, strict=False) for k in part)


def mirrored(mirror: Mirror, values: FloatArray) -> FloatArray:
    """Return the image of `values` `[…, n]`."""
    xp, places = namespace(values), np.array(mirror, np.intp)
    signs = xp.asarray(np.sign(places), dtype=values.dtype, device=values.device)
    image: FloatArray = values[..., np.abs(places) - 1] * signs
    return image


def mirror_joints(model: mujoco.MjModel, root: int, links: Sequence[int]) -> Mirror:
    """Return the image of the links' hinges, as angles, rates or actions; empty if the body is not symmetric.

    The image of a rotation about an axis is one about the axis's image, which is that of an angular velocity.
    """
    data, joints = _posed(model), [int(model.body_jntadr[link]) for link in links]
    places = _seen_from(data, root, data.xanchor[joints] - data.xpos[root])
    axes, ranges = _seen_from(data, root, data.xaxis[joints]), model.jnt_range[joints]
    found = []
    for place, axis, (low, high) in zip(places * np.sign(VECTOR), axes * np.sign(SPIN), ranges, strict=True):
        for k, other in enumerate(joints):
            for sign, span in ((1, (low, high)), (-1, (-high, -low))):
                near = np.abs(places[k] - place).max() < CLOSE and np.abs(axes[k] - sign * axis).max() < CLOSE
                if near and np.abs(model.jnt_range[other] - span).max() < CLOSE:
                    found.append(sign * (k + 1))
    return tuple(found) if sorted(map(abs, found)) == list(same(len(joints))) else ()


def mirror_limbs(model: mujoco.MjModel, root: int, limbs: Sequence[int]) -> Mirror:
    """Return the image of bodies by their places; empty if they are not symmetric."""
    data = _posed(model)
    places = _seen_from(data, root, data.xpos[list(limbs)] - data.xpos[root])
    images = places * np.sign(VECTOR)
    found = [k + 1 for image in images for k, place in enumerate(places) if np.abs(place - image).max() < CLOSE]
    return tuple(found) if sorted(found) == list(same(len(limbs))) else ()


def _posed(model: mujoco.MjModel) -> mujoco.MjData:
    """Return data of the model with all joints at zero."""
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    return data


def _seen_from(data: mujoco.MjData, root: int, vectors: Array) -> Array:
    """Return vectors `[n, 3]` in the frame of a body."""
    seen: Array = vectors.reshape(-1, 3) @ data.xmat[root].reshape(3, 3)
    return seen
