"""What the arenas here have in common: a scene, a clock, ranges to start from, and what every seat sees."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, IntArray
from dohyo.arenas.bodies import Body
from dohyo.arenas.errors import lookup
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.physics.scene import Scene, compose
from dohyo.arenas.rules.arena import Entry, Ranges, Term
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.observation import Sight

WIN_OUTCOME, LOSS_OUTCOME = 1000.0, -1000.0
"""What an outcome pays (arXiv 1710.03748)."""
CLOCK = Entry("clock", 1, "1", "world", "share of the bout that is left", 0, 1)


class Ground:
    """What all arenas keep: a scene, a clock, the ranges that bouts start from, room for the terms of the reward.

    A subclass names itself, its seats, endings and terms, and says what its bouts start from (`start`).
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
        """Control steps of every world's bout so far."""
        self.worth = np.zeros((len(self.terms), worlds, len(bodies)))
        """The dense reward's terms `[T, W, S]`, to be written in place."""
        self.term = {term.name: row for term, row in zip(self.terms, self.worth, strict=True)}
        """The same by name: views `[W, S]` of `worth`."""
        self.reweigh({})

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """Give some of the dense reward's terms other weights, by name; raises `UnknownName` for one not there."""
        known = {term.name: term for term in self.terms}
        known |= {name: replace(lookup(known, name, "term"), weight=weight) for name, weight in weights.items()}
        self.terms = tuple(known.values())
        self.weights = np.array([term.weight for term in self.terms])[:, None, None]

    def draw(self, name: str, ids: IntArray, dice: Dice, size: int) -> Array:
        """Draw `[n, size]` numbers from the range called `name`, for the worlds `ids`."""
        drawn: Array = self.draw_all((name,), ids, dice, size)[0]
        return drawn

    def draw_all(self, names: Sequence[str], ids: IntArray, dice: Dice, size: int) -> Array:
        """Draw `size` numbers from each of these ranges, one after another, at once: `[names, n, size]`."""
        low, high = np.array([self.ranges[name] for name in names]).T[:, :, None, None]
        share = dice.uniform(ids, 0, 1, len(names) * size).reshape(len(ids), len(names), size)
        drawn: Array = low + (high - low) * share.swapaxes(0, 1)
        return drawn

    def model(self, world: int) -> mujoco.MjModel:
        """Return the scene's model."""
        return self.scene.model


class BaseArena(Ground):
    """A start for the rules of an arena; see `dohyo.arenas.rules.arena.Arena` for what is still to be written.

    A subclass also says what it adds to an observation: `points` are vectors from a seat's root, `numbers` are shown
    as they are.
    """

    points: ClassVar[tuple[Entry, ...]] = ()
    numbers: tuple[Entry, ...] = ()

    def __init__(
        self,
        bodies: Sequence[Body],
        worlds: int,
        drive: str,
        max_cycles: int,
        furnish: Callable[[mujoco.MjSpec], None] | None = None,
    ) -> None:
        super().__init__(bodies, worlds, max_cycles, compose(bodies, drive, furnish, self.sides))
        self.sight = Sight(self.scene, worlds, self.points, self.numbers, self.sides)
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
        """Fill in the terms that arenas share, and return all of them weighted, `[T, W, S]`.

        They are `control`, the sum of squared actions, and `standing`, 1 while a seat is `standing` `[W, S]` and -1
        when not.
        """
        effort(self.scene, action, self.term["control"])
        np.subtract(2.0 * standing, 1.0, out=self.term["standing"])
        self.worth *= self.weights
        return self.worth

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation: own body, what the arena adds, then the other seats."""
        return self.sight.entries(seat)


def effort(scene: Scene, action: Array, out: Array) -> None:
    """Write every seat's sum of squared actions `[W, S]`, from actions `[W, nu]`."""
    for s, seat in enumerate(scene.seats):
        own = action[:, seat.ctrl]
        np.vecdot(own, own, out=out[:, s])
