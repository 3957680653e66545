"""Timing: physics steps take longer than they should, so that a control step has more of them."""

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.randomisation.config import Randomisation
from dohyo.arenas.randomisation.draws import Draws, StepDraws
from dohyo.arenas.randomisation.physics import spread
from dohyo.arenas.saved import Saved

STREAM, STEP_STREAM = 7, 8
"""Parts of the seeds of the bouts' and of the steps' random streams."""


class TimingDraws(Draws):
    """Draws how many physics steps each of W worlds makes in a control step of usually `substeps`.

    Each physics step takes (1 + e) times its time, e exponential with the bout's mean. Whole physics steps fill the
    time that passes; what is left of it is carried over to the next control step.
    """

    def __init__(self, config: Randomisation, worlds: int, substeps: int) -> None:
        self._times, self._substeps = StepDraws(worlds, substeps, "exponential", STEP_STREAM), substeps
        super().__init__(config, worlds, STREAM, {"times": self._times})
        self.factors = {"timing": np.zeros(worlds)}
        self._over = np.zeros(worlds)
        """Time that is left over, in physics steps."""

    def begin(self, ids: IntArray) -> None:
        """See `Draws`."""
        super().begin(ids)
        share: Array = self._dice.standard(ids, "uniform", 1)[:, 0]
        self.factors["timing"][ids] = spread(share, *self.config.timing, logarithmic=False)
        self._over[ids] = 0

    def steps(self, steps: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the number of physics steps in the next control step, `[W]`, after `steps` `[W]` of the bouts."""
        self._over += self.factors["timing"] * self._times.at(steps).sum(axis=1)
        more = np.floor(self._over)
        self._over -= more
        return self._substeps + more.astype(np.intp)

    def _arrays(self) -> Saved:
        return {**self.factors, "over": self._over}
