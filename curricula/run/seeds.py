"""Seeds of a run's random streams: they follow from the run's seed, the learner and the purpose."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Seeds:
    """Seeds of the streams that one learner's session uses."""

    learner: int
    """First weights, noise of actions and order of minibatches. Below 2^32, as NumPy's old streams need."""
    restarts: int
    """Whether a league's learner begins anew."""
    bouts: int
    """Worlds of the batch: world w is seeded by `bouts + w`. Below 2^62, and another one for each session."""
    opponents: int
    """Draw of the opponents, and noise of their actions. Below 2^62, and another one for each session."""


def derived(seed: int, learner: int, session: int, worlds: int) -> Seeds:
    """Return seeds by NumPy's `SeedSequence`: streams of other seeds, learners, purposes or sessions are independent.

    Each purpose is a child of the learner's sequence, which is a child of the seed's, by its place in `Seeds`.
    """
    return Seeds(
        _draw(seed, learner, 0, bits=32),
        _draw(seed, learner, 1, bits=32),
        _draw(seed, learner, 2, session, bits=62),
        _draw(seed, learner, 3, session, bits=62),
    )


def _draw(seed: int, *key: int, bits: int) -> int:
    """Return a number of `bits` bits from the descendant `key` of the seed's sequence."""
    sequence = np.random.SeedSequence(seed, spawn_key=key)
    return int(sequence.generate_state(1, np.uint64)[0]) >> (64 - bits)


def of_collector(seed: int, learner: int, session: int, number: int, life: int) -> Seeds:
    """Return the seeds of a learner's collector `number` in another process; each new one in its place is a new `life`.

    Their streams are independent of all others, and of those of `derived`. Collector 0 is the first.
    """
    bits = (32, 32, 62, 62)
    return Seeds(*(_draw(seed, learner, purpose, session, number, life, bits=n) for purpose, n in enumerate(bits)))


def added(seed: int, learner: int, session: int, worlds: int) -> Seeds:
    """Return seeds by addition, as runs of version 0.1 have them.

    Runs of neighbouring seeds share most starts of their bouts: world w of seed s is world 0 of seed s + w.
    """
    begun = seed + 1_000_003 * learner
    bouts = begun + session * worlds
    return Seeds(seed + learner, begun, bouts, bouts)


SEEDINGS: dict[int, Callable[[int, int, int, int], Seeds]] = {1: added, 2: derived}
"""Ways from (seed, number of the learner, number of the first generation of the session, worlds) to `Seeds`.

A run keeps the one that it began with (`TrainConfig.seeding`).
"""
