"""Rotations of whole batches; quaternions are (w, x, y, z), as in MuJoCo."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def matrix(quaternion: Array, out: Array | None = None) -> Array:
    """Return rotation matrices `[..., 3, 3]` of unit quaternions `[..., 4]`; columns are the body's axes."""
    if out is None:
        out = np.empty((*quaternion.shape[:-1], 3, 3))
    w, x, y, z = np.moveaxis(quaternion, -1, 0)
    xx, yy, zz, xy, xz, yz, wx, wy, wz = x * x, y * y, z * z, x * y, x * z, y * z, w * x, w * y, w * z
    out[..., 0, 0], out[..., 0, 1], out[..., 0, 2] = 1 - 2 * (yy + zz), 2 * (xy - wz), 2 * (xz + wy)
    out[..., 1, 0], out[..., 1, 1], out[..., 1, 2] = 2 * (xy + wz), 1 - 2 * (xx + zz), 2 * (yz - wx)
    out[..., 2, 0], out[..., 2, 1], out[..., 2, 2] = 2 * (xz - wy), 2 * (yz + wx), 1 - 2 * (xx + yy)
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
