"""Random forces on the seats' roots, which fade."""

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.randomisation.config import Randomisation
from dohyo.arenas.randomisation.draws import Draws, StepDraws
from dohyo.arenas.saved import Saved

STREAM, CHANCE_STREAM, SIZE_STREAM = 9, 10, 11
"""Parts of the seeds of the random streams; the second says when forces begin, the third how large they are."""


class ForceDraws(Draws):
    """Draws forces on the S seats in W worlds: each begins by chance and fades from one control step to the next."""

    def __init__(self, config: Randomisation, scene: Scene, worlds: int) -> None:
        seats = len(scene.seats)
        self._chances = StepDraws(worlds, seats, "uniform", CHANCE_STREAM)
        self._sizes = StepDraws(worlds, 3 * seats, "normal", SIZE_STREAM)
        super().__init__(config, worlds, STREAM, {"chances": self._chances, "sizes": self._sizes})
        self._mass = np.array([scene.model.body_subtreemass[seat.root] for seat in scene.seats])[:, None]
        self._force = np.zeros((worlds, seats, 3))

    def begin(self, ids: IntArray) -> None:
        """See `Draws`. A bout begins without forces."""
        super().begin(ids)
        self._force[ids] = 0

    def blow(self, steps: NDArray[np.intp]) -> Array:
        """Return the forces of the next control step, N, world axes, `[W, S, 3]`, after `steps` `[W]` of the bouts."""
        begins = self._chances.at(steps) < self.config.force_chance
        drawn = self.config.force * self._mass * self._sizes.at(steps).reshape(self._force.shape)
        self._force *= self.config.force_decay
        self._force[begins] = drawn[begins]
        return self._force

    def _arrays(self) -> Saved:
        return {"force": self._force}
