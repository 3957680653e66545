"""Saved states: arrays by name, from which something goes on where it stood, bit for bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.errors import DohyoError

AnyArray = NDArray[Any]
Saved = dict[str, AnyArray]
"""Copies of arrays by name; names have parts with slashes between them."""
LOW = 2**64 - 1


class StateError(DohyoError, ValueError):
    """A saved state that does not fit what is to go on from it."""


def copies(arrays: Mapping[str, AnyArray]) -> Saved:
    """Return copies of live arrays."""
    return {name: array.copy() for name, array in arrays.items()}


def put_back(arrays: Mapping[str, AnyArray], saved: Mapping[str, AnyArray]) -> None:
    """Write saved values into the live arrays of the same names; raise `StateError` unless names and kinds match."""
    if arrays.keys() != saved.keys():
        other = ", ".join(sorted(arrays.keys() ^ saved.keys()))
        raise StateError(f"a saved state does not fit: it and what goes on from it do not both have {other}")
    for name, array in arrays.items():
        if (array.shape, array.dtype) != (saved[name].shape, saved[name].dtype):
            kinds = (f"{a.dtype} of shape {a.shape}" for a in (saved[name], array))
            raise StateError("a saved state does not fit: {} is {}, not {}".format(name, *kinds))
    for name, array in arrays.items():
        array[...] = saved[name]


def nested(prefix: str, saved: Mapping[str, AnyArray]) -> Saved:
    """Return the arrays under names that begin with `prefix` and a slash."""
    return {f"{prefix}/{name}": array for name, array in saved.items()}


def under(prefix: str, saved: Mapping[str, AnyArray]) -> Saved:
    """Return those of the arrays that `nested` has put under `prefix`, by their own names."""
    start = f"{prefix}/"
    return {name.removeprefix(start): array for name, array in saved.items() if name.startswith(start)}


def stream_state(stream: np.random.Generator) -> NDArray[np.uint64]:
    """Return the state of a generator that `np.random.default_rng` made, `[6]`."""
    whole: Any = stream.bit_generator.state
    pair = [half for number in whole["state"].values() for half in (number >> 64, number & LOW)]
    return np.array([*pair, whole["has_uint32"], whole["uinteger"]], np.uint64)


def set_stream(stream: np.random.Generator, state: AnyArray) -> None:
    """Put a generator into a state that `stream_state` gave; raise `StateError` for anything else."""
    if state.shape != (6,) or state.dtype != np.uint64 or state[4] > 1 or state[5] >= 2**32 or not state[3] % 2:
        raise StateError("a saved state does not fit: it holds no state of a random stream")
    high, low, high_step, low_step, has, rest = state.tolist()
    stream.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": high_step << 64 | low_step},
        "has_uint32": has,
        "uinteger": rest,
    }
