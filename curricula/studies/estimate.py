"""Means over seeds, with intervals over seeds instead of bouts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from dohyo.arenas.arrays import Array

VERDICTS = {1: "supported", 0: "open", -1: "contradicted"}
"""The verdict if an interval lies on the claim's side of its bound (1), contains it, or lies on the other side (-1)."""
WIDEST = 1.0
"""Largest payoff; intervals lie between minus this and this."""


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval."""

    mean: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 if the interval lies above zero, -1 if below, else 0."""
        return self.side_of(0)

    def side_of(self, bound: float) -> int:
        """Return 1 if the interval lies above `bound`, -1 if below, else 0."""
        return int(self.low > bound) - int(self.high < bound)


def student(values: Array) -> Estimate:
    """Estimate the mean of one value per seed, `[S]`, with Student's interval; with one seed it is unbounded."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return Estimate(mean, -np.inf, np.inf)
    half = float(t.ppf(0.975, count - 1) * values.std(ddof=1) / count**0.5)
    return Estimate(mean, mean - half, mean + half)


def over_seeds(blocks: Sequence[Array]) -> Estimate:
    """Estimate one arm's payoff from blocks `[S, T]`, each of its S seeds against the T seeds of another arm.

    The values of a block are not independent: those of a row share the arm's seed, those of a column the opponent's.
    The variance of the mean is estimated as that of the row means over S, plus that of each block's column means over
    T. Both contain the noise of the bouts, so it is a little too large rather than too small. The interval is
    Student's with Welch and Satterthwaite's degrees of freedom (Welch 1947). With one seed it is -1 to 1.
    """
    mean = float(np.mean([block.mean() for block in blocks]))
    rows = np.mean([block.mean(axis=1) for block in blocks], axis=0)
    groups = [rows, *(block.mean(axis=0) / len(blocks) for block in blocks)]
    if min(len(group) for group in groups) < 2:
        return Estimate(mean, -WIDEST, WIDEST)
    parts = np.array([group.var(ddof=1) / len(group) for group in groups])
    total = float(parts.sum())
    if total == 0:
        return Estimate(mean, mean, mean)
    degrees = total**2 / sum(part**2 / (len(group) - 1) for part, group in zip(parts, groups, strict=True))
    half = float(t.ppf(0.975, degrees)) * total**0.5
    return Estimate(mean, max(-WIDEST, mean - half), min(WIDEST, mean + half))
