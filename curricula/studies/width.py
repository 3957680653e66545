"""The study of widths: where the best learning rate lies at each width, and how far it moves (arXiv 2203.03466)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.curricula.studies.estimate import Estimate, student
from dohyo.curricula.studies.statement import Statement, above, within

MOST = 1.0
"""Octaves by which the best rate may move for widths to share a rate: a factor of two."""


def peak(octaves: Array, scores: Array) -> float:
    """Return where the best rate lies, as log2: the vertex of the parabola through the best and its two neighbours.

    `octaves` and `scores` `[R]` are the log2 of the rates, ascending, and their scores. At either end of the rates it
    is that end: the best may lie beyond.
    """
    best = int(scores.argmax())
    if not 0 < best < len(scores) - 1:
        return float(octaves[best])
    x, y = octaves[best - 1 : best + 2], scores[best - 1 : best + 2]
    curve, slope, _ = np.polyfit(x - x[1], y, 2)
    return float(x[1] if curve == 0 else x[1] - slope / (2 * curve))


def trend(widths: Sequence[int], values: Array) -> Array:
    """Return by how much the least-squares line of `values` `[S, W]` over log2 of the width rises, for each seed."""
    octaves = np.log2(np.array(widths, float))
    if len(octaves) < 2:
        return np.zeros(len(values))
    rises: Array = np.polyfit(octaves, values.T, 1)[0] * (octaves[-1] - octaves[0])
    return rises


@dataclass(frozen=True)
class Rule:
    """What the runs of one parametrization say; `scores` `[S, W, R]` are their payoffs."""

    widths: tuple[int, ...]
    rates: tuple[float, ...]
    scores: Array

    @property
    def peaks(self) -> Array:
        """Log2 of the best rate of every seed and width, `[S, W]`."""
        octaves = np.log2(np.array(self.rates))
        return np.array([[peak(octaves, row) for row in seed] for seed in self.scores])

    @property
    def drift(self) -> Array:
        """Octaves by which each seed's best rate moves from the narrowest to the widest, `[S]`."""
        return trend(self.widths, self.peaks)

    @property
    def gain(self) -> Array:
        """By how much each seed's best payoff rises from the narrowest to the widest, `[S]`."""
        return trend(self.widths, self.scores.max(axis=2))

    @property
    def carried(self) -> float:
        """The rate that is best at the smallest width, over all seeds."""
        return self.rates[int(self.scores[:, 0].mean(axis=0).argmax())]

    @property
    def at_an_end(self) -> int:
        """Number of seeds and widths whose best rate is the lowest or highest that was tried."""
        best = self.scores.argmax(axis=2)
        return int(np.count_nonzero((best == 0) | (best == len(self.rates) - 1)))


def statements(standard: Rule, mup: Rule, carried: Estimate) -> list[Statement]:
    """Return the claims and their verdicts; `carried` is muP's payoff against standard, both at their carried rate."""
    further = student(np.abs(standard.drift) - np.abs(mup.drift))
    at_the_widest = "at the widest, with the rate that is best at the smallest, muP beats the standard rule"
    return [
        within("under muP the best rate moves by at most a factor of two", "octaves", student(mup.drift), MOST),
        above("it moves further under the standard rule", "octaves further", further),
        above("wider is better under muP", "payoff gained from narrowest to widest", student(mup.gain)),
        above(at_the_widest, "muP's payoff", carried),
    ]
