"""Training bouts that have ended, as the learner saw them."""

from dataclasses import dataclass, fields

import numpy as np

from dohyo.arenas.arrays import Array, IntArray

BOTH = -1
"""The learner's seat in a bout against itself."""


@dataclass(frozen=True)
class EndedBouts:
    """Bouts that ended in one control step; all arrays `[n]`."""

    worlds: IntArray
    seat: IntArray
    """The seat that the learner took, or `BOTH`."""
    winner: IntArray
    """The seat that won, -1 for a draw."""
    steps: IntArray
    """Control steps that the bout took."""
    ending: IntArray
    """Index into the batch's `endings`."""
    dense: Array
    """The learner's dense reward, summed over the bout; of a bout against itself the mean of both seats."""

    @property
    def drawn(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether nobody won, `[n]`."""
        return self.winner < 0

    @property
    def results(self) -> IntArray:
        """The learner's results: 1 a win, 0 a draw, -1 a loss; of bouts against opponents alone, `[n]`."""
        return np.where(self.drawn, 0, np.where(self.winner == self.seat, 1, -1))

    def against_opponents(self) -> "EndedBouts":
        """Return those in which the learner took one seat."""
        chosen = self.seat != BOTH
        return EndedBouts(*(getattr(self, field.name)[chosen] for field in fields(self)))
