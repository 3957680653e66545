"""Training bouts that have ended, from the learner's side."""

from dataclasses import dataclass, fields

import numpy as np

from dohyo.arenas.arrays import Array, IntArray

BOTH = -1
"""The value of `EndedBouts.seat` in a mirror bout, in which the learner fills both seats."""


@dataclass(frozen=True)
class EndedBouts:
    """Bouts that ended in one control step; all arrays `[n]`."""

    worlds: IntArray
    seat: IntArray
    """The learner's seat, or `BOTH`."""
    winner: IntArray
    """The seat that won, -1 for a draw."""
    steps: IntArray
    """Length of the bout in control steps."""
    ending: IntArray
    """Index into the batch's `endings`."""
    dense: Array
    """The learner's dense reward, summed over the bout; in a mirror bout the mean of both seats."""

    @property
    def drawn(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether the bout was drawn, `[n]`."""
        return self.winner < 0

    @property
    def results(self) -> IntArray:
        """The learner's results, `[n]`: 1 for a win, 0 for a draw, -1 for a loss; not defined for mirror bouts."""
        return np.where(self.drawn, 0, np.where(self.winner == self.seat, 1, -1))

    def against_opponents(self) -> "EndedBouts":
        """Return the bouts against opponents, that is without mirror bouts."""
        chosen = self.seat != BOTH
        return EndedBouts(*(getattr(self, field.name)[chosen] for field in fields(self)))
