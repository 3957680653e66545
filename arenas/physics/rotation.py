"""Rotations over batches; quaternions are (w, x, y, z), as in MuJoCo."""

from typing import Any

import numpy as np

from dohyo.arenas.arrays import Array, take

# Entry (i, j) of a rotation matrix is the unit matrix's entry plus two doubled and signed products of two components of
# the quaternion. These lists hold, row by row, nine first products and then nine second products.
_LEFT = np.array([[2, 1, 1, 1, 1, 2, 1, 2, 1], [3, 0, 0, 0, 3, 0, 0, 0, 2]]).ravel()
_RIGHT = np.array([[2, 2, 3, 2, 1, 3, 3, 3, 1], [3, 3, 2, 3, 3, 1, 2, 1, 2]]).ravel()
_SIGN = np.array([[-2.0, 2, 2, 2, -2, 2, 2, 2, -2], [-2, -2, 2, 2, -2, -2, -2, 2, -2]]).ravel()
PRODUCTS: tuple[Any, ...] = _LEFT, _RIGHT, _SIGN, np.eye(3).ravel()
"""What `matrix` takes: the components of both factors, the products' signs, and the unit matrix."""

NEXT, LAST = [1, 2, 0], [2, 0, 1]
"""The axes that follow and precede the axes x, y and z."""


def matrix(quaternion: Array, out: Array | None = None, products: tuple[Any, ...] = PRODUCTS) -> Array:
    """Return rotation matrices `[..., 3, 3]` of unit quaternions `[..., 4]`; columns are the body's axes.

    `products` are `PRODUCTS`, on the quaternions' device.
    """
    # Few calls, because calls cost most.
    left, right, sign, unit = products
    terms = take(quaternion, left)
    terms *= take(quaternion, right)
    terms *= sign
    entries: Array = terms[..., :9] + terms[..., 9:]
    entries += unit
    result = entries.reshape(*quaternion.shape[:-1], 3, 3)
    if out is None:
        return result
    out[...] = result
    return out


def turn(vectors: Array, rotation: Array, out: Array) -> None:
    """Write vectors `[..., n, 3]`, turned by the transposes of `rotation` `[..., 3, 3]`, into `out` `[..., n, 3]`."""
    if isinstance(vectors, np.ndarray):
        np.matmul(vectors, rotation, out=out)
    else:  # see `dot`
        out[:] = (vectors[..., None] * rotation[..., None, :, :]).sum(-2)


def yaw(angle: Array) -> Array:
    """Return quaternions `[..., 4]` that turn by `angle` rad about the vertical."""
    zero = np.zeros_like(angle)
    return np.stack([np.cos(angle / 2), zero, zero, np.sin(angle / 2)], axis=-1)


def into(rotation: Array, vector: Array) -> Array:
    """Express world vectors `[..., 3]` in the frames of `rotation` `[..., 3, 3]`."""
    result: Array = np.einsum("...ij,...i->...j", rotation, vector)
    return result


def cross(a: Array, b: Array) -> Array:
    """Return the cross product of vectors `[..., 3]`; `np.cross` takes ten times as long over few."""
    result: Array = a[..., NEXT] * b[..., LAST] - a[..., LAST] * b[..., NEXT]
    return result


def multiply(a: Array, b: Array) -> Array:
    """Return the product of quaternions `[..., 4]`: first `b`, then `a`."""
    aw, av, bw, bv = a[..., :1], a[..., 1:], b[..., :1], b[..., 1:]
    w = aw * bw - np.sum(av * bv, axis=-1, keepdims=True)
    return np.concatenate([w, aw * bv + bw * av + cross(av, bv)], axis=-1)


def conjugate(quaternion: Array) -> Array:
    """Return the inverse of unit quaternions `[..., 4]`."""
    result: Array = quaternion * np.array([1.0, -1.0, -1.0, -1.0])
    return result
