"""Array types that all packages share, and functions with which rules run over numpy arrays and torch tensors alike.

In a device batch (`dohyo.arenas.device`) rules get torch tensors in the place of arrays: numbers have 32 bits there.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

Array = NDArray[np.float64]
FloatArray = NDArray[np.float32]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


class Movable:
    """Base of objects whose arrays become tensors in a device batch, see `dohyo.arenas.device.moving`.

    So do arrays that are attributes of the class.
    """


def namespace(array: Any) -> Any:
    """Return the module with the functions of the array API standard for an array: numpy, or torch in its wrapper."""
    return np if isinstance(array, np.ndarray) else array_namespace(array)


def maybe_any(mask: Any) -> bool:
    """Return False if `mask` is known to hold nowhere; always True for a tensor, whose device would have to answer."""
    return not isinstance(mask, np.ndarray) or bool(np.count_nonzero(mask))


def choose(cases: Sequence[tuple[Any, Any]], otherwise: Any) -> Any:
    """Return, element by element, the value of the first of the `cases`, pairs of mask and value, whose mask holds."""
    where, chosen = namespace(cases[0][0]).where, otherwise
    for mask, value in reversed(cases):
        chosen = where(mask, value, chosen)
    return chosen


def take(array: Any, index: Any, out: Any = None) -> Any:
    """Return the elements at the places `index` `[n]` of the last axis, or write them into `out`."""
    if isinstance(array, np.ndarray):
        # The places are valid by construction; the default mode would check them through a buffer.
        return array.take(index, axis=-1, out=out, mode="clip")
    taken = array[..., index]
    if out is None:
        return taken
    out[...] = taken
    return out


def dot(a: Any, b: Any) -> Any:
    """Return the sums of products over the last axis."""
    # Products of matrices may have fewer bits on a GPU (TF32), so tensors take none.
    return np.vecdot(a, b) if isinstance(a, np.ndarray) else (a * b).sum(-1)
