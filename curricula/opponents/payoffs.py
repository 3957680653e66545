"""What a learner's training bouts against each past snapshot came to, and how hard each still is."""

import math
from dataclasses import dataclass, field

import numpy as np

from dohyo.arenas.arrays import Array

WIN, DRAW, LOSS = 1, 0, -1
"""Results of a bout, for the learner."""
DECAY = 0.99
"""Factor of a pair's older results with every new one: the learner changes (AlphaStar, Vinyals et al. 2019, its
pseudocode)."""
RATE = 0.01
"""Step of the qualities (OpenAI Five, arXiv 1912.06680, appendix N)."""
NEWEST_SHARE = 0.8
"""Share of the `quality` rule's bouts that meet the newest snapshot (ibid.)."""
DEPTH = 10.0
"""A quality falls no further below the best one (ours): by then its snapshot is drawn e^-10 times as often, and steps
that are divided by such a chance would grow without end."""


def _none() -> Array:
    return np.zeros(0)


@dataclass
class Payoffs:
    """A learner's results against the snapshots of one chain, oldest first; all arrays `[count]`."""

    games: Array = field(default_factory=_none)
    """Bouts, faded by `DECAY`."""
    score: Array = field(default_factory=_none)
    """Wins and half of the draws among them."""
    quality: Array = field(default_factory=_none)
    """OpenAI Five's q: falls each time the learner wins."""

    def grow(self, count: int) -> None:
        """Make room for `count` snapshots; a new one begins unmet, as good as the best known."""
        new = count - len(self.games)
        if new > 0:
            best = self.quality.max() if len(self.quality) else 0.0
            self.games, self.score = np.pad(self.games, (0, new)), np.pad(self.score, (0, new))
            self.quality = np.concatenate([self.quality, np.full(new, best)])

    def win_rate(self) -> Array:
        """Return the learner's share of wins, draws counted half; one half where nothing was played."""
        met = np.maximum(self.games, 1e-12)
        rate: Array = np.where(self.games > 0, self.score / met, 0.5)
        return rate

    def chances(self) -> Array:
        """Return the probabilities with which the `quality` rule draws: `NEWEST_SHARE` for the newest, the rest by q.

        The rest is shared out in proportion to exp(q) (OpenAI Five).
        """
        weights = np.exp(self.quality - self.quality.max())
        chances: Array = (1 - NEWEST_SHARE) * weights / weights.sum()
        chances[-1] += NEWEST_SHARE
        return chances

    def record(self, version: int, result: int, chance: float = math.nan) -> None:
        """Count a bout against a snapshot that was drawn with probability `chance`.

        A win lowers the quality of the snapshot that lost by `RATE / (count * chance)`, at most to `DEPTH` below the
        best. Where the chance is NaN qualities stay as they are.
        """
        self.games[version] = DECAY * self.games[version] + 1
        self.score[version] = DECAY * self.score[version] + (result + 1) / 2
        if result == WIN and chance > 0:
            lowered = self.quality[version] - RATE / (len(self.games) * chance)
            self.quality[version] = max(lowered, self.quality.max() - DEPTH)
