"""Actions on their way to the joints: some arrive a control step late, and all are a little off."""

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.randomisation.config import Randomisation
from dohyo.arenas.randomisation.draws import Draws, StepDraws
from dohyo.arenas.saved import Saved

STREAM, STEP_STREAM = 3, 4
"""Parts of the seeds of the bouts' and of the steps' random streams."""


class ActionDraws(Draws):
    """Draws delays and noise of the actions of W worlds with A actuators; `factors` are `[W, A]`.

    `delay` is 1 for an action that arrives late.
    """

    def __init__(self, config: Randomisation, worlds: int, actuators: int) -> None:
        self._noise = StepDraws(worlds, actuators, "normal", STEP_STREAM) if config.action_noise else None
        super().__init__(config, worlds, STREAM, {"noise": self._noise} if self._noise else {})
        self.factors = {name: np.zeros((worlds, actuators)) for name in ("delay", "action_offset", "action_scale")}
        self._last = np.zeros((worlds, actuators))
        """The actions that were sent in the last control step."""

    def begin(self, ids: IntArray) -> None:
        """See `Draws`. Before a bout's first action zeros were sent."""
        super().begin(ids)
        size = self._last.shape[1]
        self.factors["delay"][ids] = self._dice.standard(ids, "uniform", size) < self.config.delay
        normal = self._dice.standard(ids, "normal", 2 * size)
        self.factors["action_offset"][ids] = self.config.action_offset * normal[:, :size]
        self.factors["action_scale"][ids] = 1 + self.config.action_scale * normal[:, size:]
        self._last[ids] = 0

    def act(self, action: Array, steps: NDArray[np.intp]) -> Array:
        """Return what reaches the joints under `action` `[W, A]`, after `steps` `[W]` control steps of the bouts."""
        sent = np.where(self.factors["delay"] > 0, self._last, action)
        self._last[:] = action
        arrived: Array = sent * self.factors["action_scale"] + self.factors["action_offset"]
        if self._noise is not None:
            arrived += self.config.action_noise * self._noise.at(steps)
        return arrived

    def _arrays(self) -> Saved:
        return {**self.factors, "last": self._last}
