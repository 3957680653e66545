"""Random draws for the starts of bouts, from one stream per world."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.saved import AnyArray, StateError, set_stream, stream_state


def seeds_of(seed: int | None, worlds: int) -> list[int]:
    """Return the seed of each world for the seed of a batch; None takes one from the operating system."""
    first = int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else seed
    return [first + w for w in range(worlds)]


class Dice:
    """One random stream per world, so that a world's bouts do not depend on the number of worlds."""

    def __init__(self, seeds: Sequence[int | tuple[int, ...]]) -> None:
        self._streams = [np.random.default_rng(seed) for seed in seeds]

    def save(self, ids: IntArray | None = None) -> NDArray[np.uint64]:
        """Return the states of the streams of the worlds `ids` `[n]`, by default of all, `[n, 6]`."""
        streams = self._streams if ids is None else [self._streams[w] for w in ids]
        return np.array([stream_state(stream) for stream in streams])

    def restore(self, states: AnyArray) -> None:
        """Put all streams into states that `save` returned; raises `StateError` for anything else."""
        if len(states) != len(self._streams):
            raise StateError(f"a saved state does not fit: it is of {len(states)} worlds, not {len(self._streams)}")
        for stream, state in zip(self._streams, states, strict=True):
            set_stream(stream, state)

    def uniform(self, ids: IntArray, low: float, high: float, size: int) -> Array:
        """Draw numbers `[n, size]` from U(low, high); each row is from the stream of one of the worlds `ids` `[n]`."""
        return np.array([self._streams[w].uniform(low, high, size) for w in ids]).reshape(len(ids), size)

    def normal(self, ids: IntArray, deviation: float, size: int) -> Array:
        """Draw numbers `[n, size]` from N(0, deviation); each row is from the stream of one of the worlds `ids`."""
        return np.array([self._streams[w].normal(0, deviation, size) for w in ids]).reshape(len(ids), size)

    def standard(self, ids: IntArray, law: str, size: int) -> Array:
        """Draw numbers `[n, size]` from a law without parameters, a key of `LAWS`."""
        return np.array([LAWS[law](self._streams[w], size) for w in ids]).reshape(len(ids), size)


LAWS: dict[str, Callable[[np.random.Generator, int], Array]] = {
    "uniform": lambda stream, size: stream.random(size),
    "normal": lambda stream, size: stream.standard_normal(size),
    "exponential": lambda stream, size: stream.standard_exponential(size),
}
"""Laws by name: U(0, 1), N(0, 1), and the exponential law of mean 1."""
