"""Whom a learner meets next, over the snapshots of all that can sit opposite: one sampler for every chain alike."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dohyo.arenas.arrays import IntArray
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.samplers import Sampler

Matchmaker = Callable[[Sequence[Payoffs], np.random.Generator, int], tuple[IntArray, IntArray]]
"""Draws n opponents from chains of snapshots: (payoffs by chain, rng, n) -> chain `[n]` and version in it `[n]`."""


def evenly(sampler: Sampler, *, first: float = 0.0, newest: float = 0.0) -> Matchmaker:
    """Return a matchmaker that draws the chain evenly and the version by `sampler`.

    In a share `first` of the bouts the opponent is then its chain's oldest snapshot, in a share `newest` of the others
    its newest, whatever the sampler says.
    """
    return partial(_draw_evenly, sampler, first, newest)


def _draw_evenly(
    sampler: Sampler, first: float, newest: float, payoffs: Sequence[Payoffs], rng: np.random.Generator, n: int
) -> tuple[IntArray, IntArray]:
    chain, version = rng.integers(len(payoffs), size=n), np.zeros(n, np.intp)
    for k, known in enumerate(payoffs):
        rows = np.flatnonzero(chain == k)
        drawn = sampler(known, rng, len(rows))
        drawn[rng.random(len(rows)) < newest] = len(known.games) - 1
        drawn[rng.random(len(rows)) < first] = 0
        version[rows] = drawn
    return chain, version
