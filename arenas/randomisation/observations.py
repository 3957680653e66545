"""Noise of observations: an offset for a whole bout, and new noise in each control step."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.randomisation.config import Randomisation
from dohyo.arenas.randomisation.draws import Draws, StepDraws
from dohyo.arenas.randomisation.kinds import deviations
from dohyo.arenas.rules.arena import Arena, observation_bounds
from dohyo.arenas.saved import AnyArray, Saved

STREAM, STEP_STREAM = 5, 6
"""Parts of the seeds of the bouts' and of the steps' random streams."""


class ObservationDraws(Draws):
    """Draws the noise of the observations of all seats, side by side, in W worlds of an arena."""

    def __init__(self, config: Randomisation, arena: Arena, worlds: int) -> None:
        self._entries = [arena.entries(seat) for seat in range(len(arena.seats))]
        bounds = [observation_bounds(entries) for entries in self._entries]
        self._ends = np.cumsum([len(low) for low, _ in bounds])
        size = int(self._ends[-1])
        self._noise = StepDraws(worlds, size, "normal", STEP_STREAM) if config.observation_noise else None
        super().__init__(config, worlds, STREAM, {"noise": self._noise} if self._noise else {})
        noisy = self._deviations(config.observation_noise) + self._deviations(config.observation_offset) > 0
        low, high = (np.concatenate(side) for side in zip(*bounds, strict=True))
        self._low, self._high = np.where(noisy, low, -np.inf), np.where(noisy, high, np.inf)
        self._offset = np.zeros((worlds, size))
        """What is added in the current bouts."""

    def _deviations(self, by_kind: dict[str, float]) -> Array:
        return np.concatenate([deviations(entries, by_kind) for entries in self._entries])

    def begin(self, ids: IntArray) -> None:
        """See `Draws`."""
        super().begin(ids)
        drawn = self._dice.standard(ids, "normal", self._offset.shape[1])
        self._offset[ids] = self._deviations(self.config.observation_offset) * drawn

    def see(self, observations: Sequence[AnyArray], steps: NDArray[np.intp]) -> None:
        """Add the noise after `steps` `[W]` control steps to the observations, per seat `[W, obs]`, in place.

        Noisy numbers with bounds stay within them.
        """
        noise = self._offset
        if self._noise is not None:
            noise = noise + self._deviations(self.config.observation_noise) * self._noise.at(steps)
        for seen, *rows in zip(observations, *map(self._split, (noise, self._low, self._high)), strict=True):
            added, low, high = rows
            seen[:] = np.clip(seen + added, low, high)

    def _split(self, array: Array) -> list[Array]:
        return np.split(array, self._ends[:-1], axis=-1)

    def _arrays(self) -> Saved:
        return {"offset": self._offset}
