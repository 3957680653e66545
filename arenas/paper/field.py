"""The field of arXiv 1710.03748 ("EC"): two bodies face each other between two lines."""

from collections.abc import Sequence

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, IntArray
from dohyo.arenas.bodies import Body
from dohyo.arenas.paper.base import PaperArena, paper_frame
from dohyo.arenas.paper.observation import Piece, positions
from dohyo.arenas.paper.scene import GOAL, Place, Setting, add_field
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Colour, Mark, Strip

WAY = np.array([1.0, -1.0])
"""The direction along x in which each seat looks, which is the sign of x of the line that it faces."""
RIGHT, LEFT = (1, (0.85, 0.25, 0.2)), (-1, (0.2, 0.45, 0.85))
"""Sign of x and colour of each line; the colour is that of the seat that faces it."""


def _places(height: float) -> tuple[Place, Place]:
    return (-1.0, 0.0, height, 0.0), (1.0, 0.0, height, 180.0)


SETTINGS = {
    "paper_ant": Setting(_places(0.75), add_field, timestep=0.01, solver=mujoco.mjtSolver.mjSOL_NEWTON),
    "paper_humanoid": Setting(_places(1.4), add_field),
}
"""The settings of the scenes by body (EC)."""


class Field(PaperArena):
    """Base of the arenas on the field."""

    lines: tuple[tuple[int, Colour], ...] = (RIGHT, LEFT)
    """The lines that decide bouts, which pictures show."""

    def __init__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> None:
        super().__init__(bodies, worlds, max_cycles, SETTINGS[bodies[0].name])
        self._standing = bodies[0].standing_height

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts in the scene's initial state with start noise."""
        qpos, qvel = self.noisy(ids, dice)
        return self.normalised(qpos), qvel

    def pieces(self, seat: int) -> list[Piece]:
        """Return the pieces of a seat's observation, in order."""
        return [*self.body_pieces(seat), positions("other position", self.scene.seats[1 - seat])]

    def advanced(self, frame: Frame) -> Array:
        """Return how far each seat's centre of mass moved in the seat's direction in the control step, m, `[W, S]`."""
        seen = paper_frame(frame)
        way: Array = (seen.com[:, :, 0] - seen.com_before[:, :, 0]) * WAY
        return way

    def beyond(self, frame: Frame) -> BoolArray:
        """Return whether each seat's centre of mass is beyond the line that it faces, `[W, S]`."""
        passed: BoolArray = paper_frame(frame).com[:, :, 0] * WAY > GOAL
        return passed

    def goal_distance(self, frame: Frame) -> Array:
        """Return the distance of each seat's root from the line that it faces, m, `[W, S]`."""
        distance: Array = np.abs(frame.root_position[:, :, 0] - GOAL * WAY)
        return distance

    def marks(self, world: int) -> list[Mark]:
        """Paint the lines, wider than the bars that mark them."""
        return [Strip((side * GOAL - 0.1, side * GOAL + 0.1), (-5, 5), colour) for side, colour in self.lines]
