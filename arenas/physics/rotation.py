"""Rotations of whole batches; quaternions are (w, x, y, z), as in MuJoCo."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def matrix(quaternion: Array, out: Array | None = None) -> Array:
    """Return rotation matrices `[..., 3, 3]` of unit quaternions `[..., 4]`; columns are the body's axes."""
    if out is None:
        out = np.empty((*quaternion.shape[:-1], 3, 3))
    # Twice every product of two components at once; from them each entry takes one sum or two.
    p = (2 * quaternion)[..., :, None] * quaternion[..., None, :]
    wx, wy, wz, xy, xz, yz = (p[..., i, j] for i, j in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)))
    xx, yy, zz = p[..., 1, 1], p[..., 2, 2], p[..., 3, 3]
    for i, (a, b) in enumerate(((yy, zz), (xx, zz), (xx, yy))):
        np.subtract(1, a + b, out=out[..., i, i])
    for i, j, a, b in ((1, 0, xy, wz), (0, 2, xz, wy), (2, 1, yz, wx)):
        np.add(a, b, out=out[..., i, j])
        np.subtract(a, b, out=out[..., j, i])
    return out


def yaw(angle: Array) -> Array:
    """Return quaternions `[..., 4]` that turn by `angle` rad about the vertical."""
    zero = np.zeros_like(angle)
    return np.stack([np.cos(angle / 2), zero, zero, np.sin(angle / 2)], axis=-1)


def into(rotation: Array, vector: Array) -> Array:
    """Express world vectors `[..., 3]` in the frames of `rotation` `[..., 3, 3]`."""
    result: Array = np.einsum("...ij,...i->...j", rotation, vector)
    return result


def multiply(a: Array, b: Array) -> Array:
    """Return the product of quaternions `[..., 4]`: first `b`, then `a`."""
    aw, av, bw, bv = a[..., :1], a[..., 1:], b[..., :1], b[..., 1:]
    w = aw * bw - np.sum(av * bv, axis=-1, keepdims=True)
    return np.concatenate([w, aw * bv + bw * av + np.cross(av, bv)], axis=-1)


def conjugate(quaternion: Array) -> Array:
    """Return the inverse of unit quaternions `[..., 4]`."""
    result: Array = quaternion * np.array([1.0, -1.0, -1.0, -1.0])
    return result
