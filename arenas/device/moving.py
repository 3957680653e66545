"""Copies of arenas and frames for a device, with torch tensors in the place of numpy arrays."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dohyo.arenas.arrays import Movable

TYPES: dict[str, tuple[type[np.generic], torch.dtype]] = {
    "f": (np.float32, torch.float32),
    "i": (np.int64, torch.int64),
    "b": (np.bool_, torch.bool),
}
"""The types of tensors, by the kind of the array's type: numbers have 32 bits, as in MuJoCo Warp."""


class Mover:
    """Copies objects to a device; arrays that share memory become tensors that share memory.

    What holds no arrays is not copied: copy and original share it, such as the ranges of an arena's starts.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._tensors: dict[int, tuple[Any, Tensor]] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}
        # Both hold the originals too, whose identities would else be given to other objects.

    def __call__(self, value: Any) -> Any:
        """Return the copy of an array, of a `Movable`, or of a list, tuple or dict of such; anything else unchanged."""
        if isinstance(value, np.ndarray) and value.dtype.kind in TYPES:
            return self._view(value)
        if isinstance(value, Movable):
            return self._copy(value)
        if type(value) is dict:
            moved = {name: self(item) for name, item in value.items()}
            return moved if any(moved[name] is not item for name, item in value.items()) else value
        if type(value) in (list, tuple):
            items = [self(item) for item in value]
            return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
        return value

    def _copy(self, value: Movable) -> Any:
        if id(value) not in self._copies:
            copy = object.__new__(type(value))
            self._copies[id(value)] = value, copy
            of_classes = {name: own for cls in reversed(type(value).__mro__) for name, own in vars(cls).items()}
            moved = {name: self(own) for name, own in of_classes.items()}
            vars(copy).update({name: own for name, own in moved.items() if own is not of_classes[name]})
            vars(copy).update({name: self(own) for name, own in vars(value).items()})
        return self._copies[id(value)][1]

    def _view(self, array: NDArray[Any]) -> Tensor:
        """Return the tensor of an array, a view of that of the array whose memory it uses."""
        base: NDArray[Any] = array
        while isinstance(base.base, np.ndarray) and base.base.dtype == array.dtype:
            base = base.base
        dense = base.flags.c_contiguous or base.flags.f_contiguous
        if not dense or min(array.strides, default=0) < 0:  # torch has no negative steps
            base = array = np.ascontiguousarray(array)
        strides = [stride // array.itemsize for stride in array.strides]
        first = (array.ctypes.data - base.ctypes.data) // array.itemsize
        return self._flat(base).as_strided(array.shape, strides, first)

    def _flat(self, base: NDArray[Any]) -> Tensor:
        """Return the memory of an array as a tensor of one axis."""
        if id(base) not in self._tensors:
            of_array, of_tensor = TYPES[base.dtype.kind]
            memory = torch.from_numpy(base.ravel(order="K").astype(of_array))  # astype copies
            self._tensors[id(base)] = base, memory.to(self._device, of_tensor)
        return self._tensors[id(base)][1]


def write_rows(worlds: Tensor, rows: Tensor, out: Tensor) -> None:
    """Write the rows in the mask `worlds` `[W]` into `out`, without waiting for the device."""
    chosen = worlds.reshape(-1, *[1] * (rows.ndim - 1))
    out.copy_(torch.where(chosen, rows.to(out.dtype), out))
