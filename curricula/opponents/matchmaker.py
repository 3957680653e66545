"""Matchmakers: they draw a learner's opponents from the chains of all learners that it can meet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.samplers import Sampler, parse_sampler, quality

Matchmaker = Callable[[Sequence[Payoffs], np.random.Generator, int], tuple[IntArray, IntArray]]
"""Draws n opponents from chains of snapshots: (payoffs by chain, rng, n) -> chain `[n]` and version in it `[n]`."""


@dataclass(frozen=True)
class Evenly:
    """A matchmaker that draws the chain evenly and the version by `sampler`.

    In a share `first` of the bouts the opponent is the chain's oldest snapshot instead, and in a share `newest` of the
    others its newest.
    """

    sampler: Sampler | str
    first: float = 0.0
    newest: float = 0.0

    def __call__(self, payoffs: Sequence[Payoffs], rng: np.random.Generator, n: int) -> tuple[IntArray, IntArray]:
        """Draw n opponents: chain `[n]` and version in it `[n]`."""
        rule = parse_sampler(self.sampler)
        chain, version = rng.integers(len(payoffs), size=n), np.zeros(n, np.intp)
        for k, known in enumerate(payoffs):
            rows = np.flatnonzero(chain == k)
            drawn = _checked(rule(known, rng, len(rows)), len(rows), len(known.games))
            drawn[rng.random(len(rows)) < self.newest] = len(known.games) - 1
            drawn[rng.random(len(rows)) < self.first] = 0
            version[rows] = drawn
        return chain, version

    def chances(self, known: Payoffs) -> Array | None:
        """Return the probability of each version of a chain `[count]` if the sampler is `quality`, else None."""
        if parse_sampler(self.sampler) is not quality:
            return None
        chances = (1 - self.first) * (1 - self.newest) * known.chances()
        chances[-1] += (1 - self.first) * self.newest
        chances[0] += self.first
        return chances


def _checked(drawn: IntArray, n: int, count: int) -> IntArray:
    """Return the versions that a sampler has drawn, `[n]`; raise `ConfigError` unless all are below `count`."""
    versions = np.array(drawn)
    if not n:
        return np.zeros(0, np.intp)
    if versions.shape != (n,) or versions.dtype.kind not in "iu" or not ((versions >= 0) & (versions < count)).all():
        raise ConfigError(
            f"an opponent rule must return {n} whole numbers from 0 to {count - 1}, not {short(drawn)}: correct it"
        )
    return versions
