"""Base classes of arenas: the scene, the clock, the start ranges, the reward terms and the observations."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, IntArray, Movable, dot, namespace
from dohyo.arenas.bodies import Body
from dohyo.arenas.errors import lookup
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import same
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.physics.scene import Scene, compose
from dohyo.arenas.rules.arena import Entry, Ranges, Term
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.observation import Sight

WIN_OUTCOME = 1000.0
"""What the end of a bout pays for a win (arXiv 1710.03748)."""
LOSS_OUTCOME = -1000.0
"""What the end of a bout pays for a loss (arXiv 1710.03748)."""
CLOCK = Entry("clock", 1, "1", "world", "share of the bout that is left", 0, 1, mirror=same(1))
"""The entry of an observation that tells the time; `BaseArena.clock` gives its values."""


class Ground(Movable):
    """Base of every arena: the scene, the clock, the start ranges and the buffer of the reward terms.

    A subclass sets `name`, `seats`, `roles`, `endings`, `terms`, and `start`, the ranges of its starts.
    """

    name: str
    physics: str = ACCURATE
    seats: tuple[str, ...]
    roles: tuple[str, ...]
    sides: tuple[int, ...] = (0, 1)
    endings: tuple[str, ...]
    terms: tuple[Term, ...]
    start: ClassVar[Ranges] = {}
    dtype: type[np.floating[Any]] = np.float32
    bounded: bool = True

    def __init__(self, bodies: Sequence[Body], worlds: int, max_cycles: int, scene: Scene) -> None:
        self.bodies, self.max_cycles, self.scene = tuple(bodies), max_cycles, scene
        self.ranges: Ranges = dict(self.start)
        self.steps = np.zeros(worlds, np.intp)
        """Control steps of the current bouts so far, `[W]`."""
        self.worth = np.zeros((len(self.terms), worlds, len(bodies)))
        """The dense reward's terms `[T, W, S]`; every step writes them in place."""
        self.term = {term.name: row for term, row in zip(self.terms, self.worth, strict=True)}
        """Views `[W, S]` of `worth`, by the term's name."""
        self.reweigh({})

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """Change the weights of the named reward terms; raises `UnknownName` for an unknown term."""
        known = {term.name: term for term in self.terms}
        known |= {name: replace(lookup(known, name, "term"), weight=weight) for name, weight in weights.items()}
        self.terms = tuple(known.values())
        column, like = [[[term.weight]] for term in self.terms], self.worth
        self.weights: Array = namespace(like).asarray(column, dtype=like.dtype, device=like.device)

    def draw(self, name: str, ids: IntArray, dice: Dice, size: int) -> Array:
        """Draw numbers `[n, size]` from the start range `name`, for the worlds `ids` `[n]`."""
        drawn: Array = self.draw_all((name,), ids, dice, size)[0]
        return drawn

    def draw_all(self, names: Sequence[str], ids: IntArray, dice: Dice, size: int) -> Array:
        """Draw numbers `[names, n, size]` from the start ranges `names`, for the worlds `ids` `[n]`."""
        low, high = np.array([self.ranges[name] for name in names]).T[:, :, None, None]
        share = dice.uniform(ids, 0, 1, len(names) * size).reshape(len(ids), len(names), size)
        drawn: Array = low + (high - low) * share.swapaxes(0, 1)
        return drawn

    def model(self, world: int) -> mujoco.MjModel:
        """Return the scene's model, which is the same in every world."""
        return self.scene.model


class BaseArena(Ground):
    """Base of the arenas here; a subclass adds `spawn`, `judge`, `observe` and `marks`, see `Arena`.

    A subclass can add to the observation: `points` are vectors from a seat's root, turned into the seat's frame;
    `numbers` are shown unchanged. `furnish` adds furniture to the scene.
    """

    points: ClassVar[tuple[Entry, ...]] = ()
    numbers: tuple[Entry, ...] = ()
    by_distance: ClassVar[bool] = False
    """Whether seats see several others by distance, see `dohyo.arenas.rules.observation.Sight`."""

    def __init__(
        self,
        bodies: Sequence[Body],
        worlds: int,
        drive: str,
        max_cycles: int,
        furnish: Callable[[mujoco.MjSpec], None] | None = None,
    ) -> None:
        super().__init__(bodies, worlds, max_cycles, compose(bodies, drive, furnish, self.sides))
        self.sight = Sight(self.scene, worlds, self.points, self.numbers, self.sides, by_distance=self.by_distance)
        self._standing_height = np.array([body.standing_height for body in bodies])

    def clock(self) -> Array:
        """Return the share of the bout that is left, `[W, 1]`."""
        left: Array = (1 - self.steps / self.max_cycles)[:, None]
        return left

    def standing(self, frame: Frame) -> BoolArray:
        """Return which seats stand, `[W, S]`."""
        high: BoolArray = frame.root_position[:, :, 2] >= self._standing_height
        return high

    def price(self, action: Array, standing: BoolArray) -> Array:
        """Fill in the terms `control` and `standing`, and return all terms weighted, `[T, W, S]`.

        `control` is the sum of squared actions; `standing` is 1 where `standing` `[W, S]` holds and -1 elsewhere.
        """
        effort(self.scene, action, self.term["control"])
        self.term["standing"][:] = 2.0 * standing - 1.0
        self.worth *= self.weights
        return self.worth

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat: its own body, what the arena adds, then the other seats."""
        return self.sight.entries(seat)


def effort(scene: Scene, action: Array, out: Array) -> None:
    """Write every seat's sum of squared actions into `out` `[W, S]`, from actions `[W, nu]`."""
    for s, seat in enumerate(scene.seats):
        own = action[:, seat.ctrl]
        out[:, s] = dot(own, own)
