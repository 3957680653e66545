"""What the paper's arenas have in common: the noise of the start, what bodies see, and the costs of acting.

Numbers are those of the code of arXiv 1710.03748 ("EC").
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray, IntArray
from dohyo.arenas.bodies import Body
from dohyo.arenas.paper.frame import PaperFrame
from dohyo.arenas.paper.observation import Piece, bodies, drives, forces, inertias, motions, positions, velocities
from dohyo.arenas.paper.scene import Setting, compose
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.rules.arena import Entry, layout
from dohyo.arenas.rules.base import Ground, effort
from dohyo.arenas.rules.dice import Dice

POSITION_NOISE, VELOCITY_NOISE = 0.1, 0.1
"""Noise of the start: U(-0.1, 0.1) on every number of the positions, N(0, 0.1) on every velocity (EC)."""
CONTACT, MOST = 5e-7, 10.0
"""What contact costs per N^2 and (N m)^2, and at most (EC, all but the ants' run to goal)."""
HUMAN, HUMAN_MOTOR = "paper_humanoid", 0.4
"""The body whose motors are clamped there; some arenas clip its controls before they count their squares (EC)."""
GROUND, MARGIN = (0.3, 0.34, 0.38), 0.7
"""Colour of the ground about a platform, and how far it is painted beyond, m."""


class PaperArena(Ground, ABC):
    """A start for the rules of one of the paper's arenas; see `dohyo.arenas.rules.arena.Arena`.

    Observations are in the world's frame and in full precision; actions count as they are, and MuJoCo clamps what the
    motors do.
    """

    dtype: type[np.floating[Any]] = np.float64
    bounded = False
    aside: tuple[str, ...] = ()
    """Terms that the originals put into `info`, where training reads them, and not into the reward of a step."""

    def __init__(self, bodies: Sequence[Body], worlds: int, max_cycles: int, setting: Setting) -> None:
        super().__init__(bodies, worlds, max_cycles, compose(bodies, setting))
        self._pieces = [self.pieces(seat) for seat in range(len(bodies))]
        self._rows = [list(layout(self.entries(seat)).values()) for seat in range(len(bodies))]

    @abstractmethod
    def pieces(self, seat: int) -> list[Piece]:
        """Return what a seat sees, in order."""

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""
        return [piece.entry for piece in self._pieces[seat]]

    def body_pieces(self, seat: int, first: int = 0) -> list[Piece]:
        """Return what a seat sees of its own body; `first` as in `positions`. Ants see less than humans."""
        own = self.scene.seats[seat]
        more = [inertias(own), motions(own), drives(own)] if own.body.name == HUMAN else []
        return [positions("position", own, first), velocities(own), *more, forces(own)]

    def observe(self, frame: Frame, out: Sequence[NDArray[Any]]) -> None:
        """Write the observations that `entries` describes."""
        for pieces, rows, view in zip(self._pieces, self._rows, out, strict=True):
            for piece, row in zip(pieces, rows, strict=True):
                view[:, row] = piece.read(paper_frame(frame)).reshape(len(view), -1)

    def noisy(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Return the scene's initial state for the worlds `ids`, every number with the noise of the start."""
        self.steps[ids] = 0
        model = self.scene.model
        qpos: Array = model.qpos0 + dice.uniform(ids, -POSITION_NOISE, POSITION_NOISE, model.nq)
        return qpos, dice.normal(ids, VELOCITY_NOISE, model.nv)

    def normalised(self, qpos: Array) -> Array:
        """Return positions `[n, nq]` whose quaternions have length 1, as MuJoCo left them after a reset then."""
        for actor in self.scene.actors:
            quaternion = qpos[:, actor.qpos.start + 3 : actor.qpos.start + 7]
            quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
        return qpos

    def effort(self, action: Array, limit: float, out: Array) -> None:
        """Write every seat's sum of squared actions `[W, S]`, clipped to `limit` first."""
        effort(self.scene, np.clip(action, -limit, limit), out)

    def contact(self, frame: Frame, out: Array) -> None:
        """Write every seat's cost of contact `[W, S]`."""
        for s, seat in enumerate(self.scene.seats):
            force = paper_frame(frame).external[:, bodies(seat)]
            np.minimum(CONTACT * np.einsum("wbf,wbf->w", force, force), MOST, out=out[:, s])

    def clipped_contact(self, frame: Frame, out: Array) -> None:
        """Write every seat's sum of squared contact forces and torques `[W, S]`, each clipped to [-1, 1] first."""
        for s, seat in enumerate(self.scene.seats):
            force = np.clip(paper_frame(frame).external[:, bodies(seat)], -1, 1)
            np.einsum("wbf,wbf->w", force, force, out=out[:, s])

    def upright(self, frame: Frame, height: float) -> Array:
        """Return 1 for every seat whose root is at least so high, m, and -1 for the others, `[W, S]`."""
        high: BoolArray = frame.root_position[:, :, 2] >= height
        return sign(high)


def paper_frame(frame: Frame) -> PaperFrame:
    """Return the frame as what the paper's engine fills."""
    assert isinstance(frame, PaperFrame)
    return frame


def sign(condition: BoolArray) -> Array:
    """Return 1 where the condition holds and -1 where not."""
    result: Array = np.where(condition, 1.0, -1.0)
    return result
