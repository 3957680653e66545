"""Random draws for the starts of bouts, from a stream per world."""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.arrays import Array, IntArray


class Dice:
    """One random stream per world, so that a world's bouts do not depend on how many others there are."""

    def __init__(self, seeds: Sequence[int | tuple[int, ...]]) -> None:
        self._streams = [np.random.default_rng(seed) for seed in seeds]

    def uniform(self, ids: IntArray, low: float, high: float, size: int) -> Array:
        """Draw `[n, size]` numbers from U(low, high), row by row from the streams of the worlds `ids`."""
        return np.array([self._streams[w].uniform(low, high, size) for w in ids]).reshape(len(ids), size)

    def normal(self, ids: IntArray, deviation: float, size: int) -> Array:
        """Draw `[n, size]` numbers from N(0, deviation), row by row from the streams of the worlds `ids`."""
        return np.array([self._streams[w].normal(0, deviation, size) for w in ids]).reshape(len(ids), size)
