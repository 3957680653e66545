"""Saved states: arrays by name, from which a batch or an engine continues bit for bit."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.errors import DohyoError

AnyArray = NDArray[Any]
Saved = dict[str, AnyArray]
"""Copies of arrays by name; slashes separate the parts of a name."""
LOW = 2**64 - 1
"""Mask of the lower half of a 128-bit number."""


class StateError(DohyoError, ValueError):
    """A saved state that does not fit the object that is to continue from it."""


def copies(arrays: Mapping[str, AnyArray]) -> Saved:
    """Return copies of live arrays."""
    return {name: array.copy() for name, array in arrays.items()}


def put_back(arrays: Mapping[str, AnyArray], saved: Mapping[str, AnyArray]) -> None:
    """Write saved values into the live arrays of the same names; raise `StateError` unless names and kinds match."""
    if arrays.keys() != saved.keys():
        other = ", ".join(sorted(arrays.keys() ^ saved.keys()))
        raise StateError(f"a saved state does not fit: it lacks these arrays, or has them in excess: {other}")
    for name, array in arrays.items():
        if (array.shape, array.dtype) != (saved[name].shape, saved[name].dtype):
            kinds = (f"{a.dtype} of shape {a.shape}" for a in (saved[name], array))
            raise StateError("a saved state does not fit: {} is {}, not {}".format(name, *kinds))
    for name, array in arrays.items():
        array[...] = saved[name]


def nested(prefix: str, saved: Mapping[str, AnyArray]) -> Saved:
    """Return the arrays with `prefix` and a slash put before their names."""
    return {f"{prefix}/{name}": array for name, array in saved.items()}


def under(prefix: str, saved: Mapping[str, AnyArray]) -> Saved:
    """Return the arrays that `nested` has put under `prefix`, by their original names."""
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
