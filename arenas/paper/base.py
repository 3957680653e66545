"""Base class of the paper's arenas: start noise, observations of the own body, and costs of actions and contact.

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
"""Start noise: U(-0.1, 0.1) on every number of the positions, N(0, 0.1) on every velocity (EC)."""
CONTACT, MOST = 5e-7, 10.0
"""Cost of contact per N^2 and (N m)^2, and its largest value (EC, all but the ants' run to goal)."""
HUMAN, HUMAN_MOTOR = "paper_humanoid", 0.4
"""The human's body and the limit of its motors; some arenas clip actions to it before they sum the squares (EC)."""
GROUND, MARGIN = (0.3, 0.34, 0.38), 0.7
"""Colour of the ground around a platform, and the width that is painted of it, m."""


class PaperArena(Ground, ABC):
    """Base of the paper's arenas; see `dohyo.arenas.rules.arena.Arena`.

    Observations are in the world's frame and in float64. Actions are not clipped; MuJoCo limits the motors.
    """

    dtype: type[np.floating[Any]] = np.float64
    bounded = False
    aside: tuple[str, ...] = ()
    """Names of terms that the originals put into `info`, where training reads them, instead of the step's reward."""

    def __init__(self, bodies: Sequence[Body], worlds: int, max_cycles: int, setting: Setting) -> None:
        super().__init__(bodies, worlds, max_cycles, compose(bodies, setting))
        self._pieces = [self.pieces(seat) for seat in range(len(bodies))]
        self._rows = [list(layout(self.entries(seat)).values()) for seat in range(len(bodies))]

    @abstractmethod
    def pieces(self, seat: int) -> list[Piece]:
        """Return the pieces of a seat's observation, in order."""

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""
        return [piece.entry for piece in self._pieces[seat]]

    def body_pieces(self, seat: int, first: int = 0) -> list[Piece]:
        """Return the pieces about the seat's own body, more for humans than for ants; `first` as in `positions`."""
        own = self.scene.seats[seat]
        more = [inertias(own), motions(own), drives(own)] if own.body.name == HUMAN else []
        return [positions("position", own, first), velocities(own), *more, forces(own)]

    def observe(self, frame: Frame, out: Sequence[NDArray[Any]]) -> None:
        """Write the observations that `entries` describes."""
        for pieces, rows, view in zip(self._pieces, self._rows, out, strict=True):
            for piece, row in zip(pieces, rows, strict=True):
                view[:, row] = piece.read(paper_frame(frame)).reshape(len(view), -1)

    def noisy(self, ids: IntArray, dice: Dice) -> tuple[Array, Array]:
        """Return the scene's initial state with start noise for the worlds `ids` `[n]`: `[n, nq]`, `[n, nv]`."""
        self.steps[ids] = 0
        model = self.scene.model
        qpos: Array = model.qpos0 + dice.uniform(ids, -POSITION_NOISE, POSITION_NOISE, model.nq)
        return qpos, dice.normal(ids, VELOCITY_NOISE, model.nv)

    def normalised(self, qpos: Array) -> Array:
        """Normalise the quaternions in positions `[n, nq]` in place, as the MuJoCo of 2017 did on a reset."""
        for actor in self.scene.actors:
            quaternion = qpos[:, actor.qpos.start + 3 : actor.qpos.start + 7]
            quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
        return qpos

    def effort(self, action: Array, limit: float, out: Array) -> None:
        """Write every seat's sum of squared actions, clipped to +-`limit` first, into `out` `[W, S]`."""
        effort(self.scene, np.clip(action, -limit, limit), out)

    def contact(self, frame: Frame, out: Array) -> None:
        """Write every seat's cost of contact into `out` `[W, S]`."""
        for s, seat in enumerate(self.scene.seats):
            force = paper_frame(frame).external[:, bodies(seat)]
            np.minimum(CONTACT * np.einsum("wbf,wbf->w", force, force), MOST, out=out[:, s])

    def clipped_contact(self, frame: Frame, out: Array) -> None:
        """Write every seat's sum of squared contact forces, each clipped to [-1, 1] first, into `out` `[W, S]`."""
        for s, seat in enumerate(self.scene.seats):
            force = np.clip(paper_frame(frame).external[:, bodies(seat)], -1, 1)
            np.einsum("wbf,wbf->w", force, force, out=out[:, s])

    def upright(self, frame: Frame, height: float) -> Array:
        """Return 1 for every seat whose root is at least at `height`, m, and -1 for the others, `[W, S]`."""
        high: BoolArray = frame.root_position[:, :, 2] >= height
        return sign(high)


def paper_frame(frame: Frame) -> PaperFrame:
    """Return the frame, typed as the `PaperFrame` that the paper's engine fills."""
    assert isinstance(frame, PaperFrame)
    return frame


def sign(condition: BoolArray) -> Array:
    """Return 1 where the condition holds and -1 elsewhere."""
    result: Array = np.where(condition, 1.0, -1.0)
    return result
