"""Payoffs: the results of a learner's training bouts against each past snapshot, and its quality."""

import math
from dataclasses import dataclass, field

import numpy as np

from dohyo.arenas.arrays import Array

WIN, DRAW, LOSS = 1, 0, -1
"""Results of a bout, for the learner."""
DECAY = 0.99
"""Factor of older results against a snapshot with every new one, because the learner changes (pseudocode of AlphaStar,
Vinyals et al. 2019)."""
RATE = 0.01
"""Step of the qualities (OpenAI Five, arXiv 1912.06680, appendix N)."""
NEWEST_SHARE = 0.8
"""Share of the `quality` rule's bouts that meet the newest snapshot (ibid.)."""
DEPTH = 10.0
"""Most by which a quality falls below the best (ours). There its snapshot is drawn e^-10 times as often, and further
steps, divided by that probability, would grow without limit."""


def _none() -> Array:
    return np.zeros(0)


@dataclass
class Payoffs:
    """A learner's results against the snapshots of one chain, oldest first; all arrays `[count]`."""

    games: Array = field(default_factory=_none)
    """Number of bouts, faded by `DECAY`."""
    score: Array = field(default_factory=_none)
    """Wins plus half of the draws among these bouts."""
    quality: Array = field(default_factory=_none)
    """OpenAI Five's q, which falls each time the learner wins."""

    def grow(self, count: int) -> None:
        """Extend the arrays to `count` snapshots; a new one has no bouts and the highest quality so far."""
        new = count - len(self.games)
        if new > 0:
            best = self.quality.max() if len(self.quality) else 0.0
            self.games, self.score = np.pad(self.games, (0, new)), np.pad(self.score, (0, new))
            self.quality = np.concatenate([self.quality, np.full(new, best)])

    def copy(self) -> "Payoffs":
        """Return payoffs that change on their own."""
        return Payoffs(self.games.copy(), self.score.copy(), self.quality.copy())

    def win_rate(self) -> Array:
        """Return the learner's win rate against each snapshot, with draws counted half; one half without bouts."""
        met = np.maximum(self.games, 1e-12)
        rate: Array = np.where(self.games > 0, self.score / met, 0.5)
        return rate

    def chances(self) -> Array:
        """Return the probabilities of the `quality` rule `[count]` (OpenAI Five).

        The newest has `NEWEST_SHARE`; the rest is divided among all in proportion to exp(q).
        """
        weights = np.exp(self.quality - self.quality.max())
        chances: Array = (1 - NEWEST_SHARE) * weights / weights.sum()
        chances[-1] += NEWEST_SHARE
        return chances

    def record(self, version: int, result: int, chance: float = math.nan) -> None:
        """Add the result of a bout against snapshot `version`, which was drawn with probability `chance`.

        A win lowers the snapshot's quality by `RATE / (count * chance)`, at most to `DEPTH` below the best. If the
        chance is NaN, qualities do not change.
        """
        self.games[version] = DECAY * self.games[version] + 1
        self.score[version] = DECAY * self.score[version] + (result + 1) / 2
        if result == WIN and chance > 0:
            lowered = self.quality[version] - RATE / (len(self.games) * chance)
            self.quality[version] = max(lowered, self.quality.max() - DEPTH)
