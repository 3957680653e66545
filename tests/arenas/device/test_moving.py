"""Copies of objects whose arrays are tensors."""

import numpy as np
import torch

from dohyo.arenas.arrays import Movable
from dohyo.arenas.device.moving import Mover


class Part(Movable):
    constant = np.array([1.0, -1.0])

    def __init__(self) -> None:
        self.whole = np.arange(24.0).reshape(2, 3, 4)
        self.column, self.turned = self.whole[:, 1], self.whole.transpose(2, 0, 1)
        self.rows = {"first": self.whole[0], "second": self.whole[1]}
        self.backwards, self.wide = np.arange(3)[::-1], np.broadcast_to(np.array([1, 2]), (3, 2))
        self.texts, self.ranges, self.counts = np.array(["a", "b"]), {"x": (0.0, 1.0)}, [np.array(3), 4]


def moved() -> tuple[Part, Part]:
    part = Part()
    return part, Mover(torch.device("cpu"))(part)


def test_values_shapes_and_types():
    part, copy = moved()
    for name in ("whole", "column", "turned", "backwards", "wide", "constant"):
        tensor = getattr(copy, name)
        assert isinstance(tensor, torch.Tensor), name
        assert tensor.tolist() == getattr(part, name).tolist(), name
    assert (copy.whole.dtype, copy.backwards.dtype) == (torch.float32, torch.int64)
    assert (Part.constant.dtype, int(copy.counts[0]), copy.counts[1]) == (np.float64, 3, 4)


def test_views_stay_views():
    part, copy = moved()
    copy.whole[:] = 7
    copy.rows["second"][2, 3] = -1
    assert copy.column.tolist() == [[7] * 4] * 2
    assert copy.turned[3, 1, 2] == -1
    assert part.whole[1, 2, 3] == 23  # the original is untouched


def test_what_holds_no_arrays_is_shared():
    part, copy = moved()
    assert copy.ranges is part.ranges
    assert copy.texts is part.texts
