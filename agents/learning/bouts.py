"""Training bouts that have ended, from the learner's side."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.rules.arena import NOBODY

EVERY = -1
"""The value of `EndedBouts.side` in a mirror bout, in which the learner fills all seats."""


@dataclass(frozen=True)
class EndedBouts:
    """Bouts that ended in one control step; arrays `[n]` where not said otherwise."""

    worlds: IntArray
    side: IntArray
    """The learner's side, or `EVERY`; with two seats sides are seats."""
    winner: IntArray
    """The side that won, -1 for a draw."""
    steps: IntArray
    """Length of the bout in control steps."""
    ending: IntArray
    """Index into the batch's `endings`."""
    dense: Array
    """The learner's dense reward, summed over the bout; the mean of its seats."""
    places: IntArray
    """The place of every side, 0 the best, `[n, sides]`, see `dohyo.arenas.sides.places`."""

    @classmethod
    def join(cls, parts: Sequence["EndedBouts"]) -> "EndedBouts":
        """Return the bouts of all parts, in their order; there must be one part or more."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    @property
    def drawn(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether the bout was drawn, `[n]`."""
        return np.asarray(self.winner == NOBODY)

    @property
    def results(self) -> IntArray:
        """The learner's results, `[n]`: 1 for a win, 0 for a draw, -1 for a loss; not defined for mirror bouts."""
        return np.where(self.drawn, 0, np.where(self.winner == self.side, 1, -1))

    @property
    def comparisons(self) -> IntArray:
        """The results against each opponent, by place, `[n, sides - 1]`, from the side after the learner's on."""
        count = self.places.shape[1]
        others = (self.side[:, None] + np.arange(1, count)) % count
        own = np.take_along_axis(self.places, self.side[:, None], axis=1)
        better: IntArray = np.sign(np.take_along_axis(self.places, others, axis=1) - own)
        return better

    def against_opponents(self) -> "EndedBouts":
        """Return the bouts against opponents, that is without mirror bouts."""
        chosen = self.side != EVERY
        return EndedBouts(*(getattr(self, field.name)[chosen] for field in fields(self)))
