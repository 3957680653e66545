"""The interface that an arena implements: starts of bouts, observations, and the judgement of each control step."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray, namespace
from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mirror import Mirror
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark

Ranges = dict[str, tuple[float, float]]
"""Lowest and highest value of each quantity that the start of a bout is drawn from, by name."""
NOBODY = -1
"""The `winner` of a draw, and of a bout that goes on."""
TIME_OUT = "time-out"
"""The ending of a bout that has lasted `max_cycles` control steps, in every arena."""


@dataclass(frozen=True)
class Entry:
    """The description of `size` consecutive numbers in an observation."""

    name: str
    size: int
    unit: str
    frame: str
    """The frame of reference: `own` (the seat's root), `world` or `joint`."""
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    """Bounds of all its numbers; infinite if the physics sets none."""
    mirror: Mirror = ()
    """What its numbers become in the mirror image of a bout, see `dohyo.arenas.physics.mirror`; empty if unknown."""


@dataclass(frozen=True)
class Term:
    """One named term of the dense reward; it pays `weight * quantity` per control step."""

    name: str
    weight: float
    quantity: str
    """What is measured, with its unit."""
    source: str
    """Where term and weight are from."""


@dataclass
class Verdict:
    """An arena's judgement of one control step, for T terms, W worlds and S seats."""

    terms: Array
    """The dense reward's weighted terms in the arena's order, `[T, W, S]`; the next step may overwrite them."""
    outcome: Array
    """What the end of a bout pays, `[W, S]`; 0 while the bout goes on."""
    done: NDArray[np.bool_]
    """Whether the bout is over, `[W]`."""
    winner: IntArray
    """The winning side, or `NOBODY`, `[W]`; with two seats each seat is a side."""
    ending: IntArray
    """Index into the arena's `endings`, `[W]`; meaningless while the bout goes on."""
    out: NDArray[np.bool_]
    """Whether a seat leaves a bout that goes on without it, `[W, S]`; never in arenas of two seats."""

    @classmethod
    def going_on(cls, terms: Array) -> "Verdict":
        """Return a verdict with `terms` `[T, W, S]` in which all bouts go on."""
        _, worlds, seats = terms.shape
        xp, device = namespace(terms), terms.device
        return cls(
            terms=terms,
            outcome=xp.zeros((worlds, seats), dtype=terms.dtype, device=device),
            done=xp.zeros(worlds, dtype=xp.bool, device=device),
            winner=xp.full(worlds, NOBODY, dtype=xp.int64, device=device),
            ending=xp.zeros(worlds, dtype=xp.int64, device=device),
            out=xp.zeros((worlds, seats), dtype=xp.bool, device=device),
        )

    def void(self, worlds: NDArray[np.bool_], ending: int) -> None:
        """End the bouts where `worlds` `[W]` holds with `ending`: nobody wins, and nothing is paid."""
        where, both = namespace(worlds).where, worlds[:, None]
        self.terms, self.outcome = where(both, 0.0, self.terms), where(both, 0.0, self.outcome)
        self.done, self.winner = self.done | worlds, where(worlds, NOBODY, self.winner)
        self.ending = where(worlds, ending, self.ending)


class Arena(Protocol):
    """The rules of an arena over a batch of W worlds.

    All state between steps is in attributes that are arrays with a row per world: `Batch.save` collects them.
    """

    name: str
    scene: Scene
    physics: str
    """The preset of the physics: how finely the scene is simulated, see `dohyo.arenas.physics.presets`."""
    seats: tuple[str, ...]
    """Names of the seats, in order."""
    roles: tuple[str, ...]
    """The role of each seat; a policy can fill any seat of its role."""
    bodies: tuple[Body, ...]
    """The body of each seat."""
    sides: tuple[int, ...]
    """The side of each seat, numbered from 0; seats of a side win together."""
    endings: tuple[str, ...]
    """The reasons why bouts end; `Verdict.ending` indexes them."""
    terms: tuple[Term, ...]
    """The terms of the dense reward."""
    max_cycles: int
    """Control steps after which a bout is over."""
    ranges: Ranges
    """Ranges of the starts of bouts; a curriculum may set them between bouts."""
    dtype: type[np.floating[Any]]
    """The type of the numbers in observations."""
    bounded: bool
    """Whether the batch clips actions to their space; if not, the engine may still limit the motors."""

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """Change the weights of the named terms; raises `UnknownName` for an unknown term."""

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin bouts in the worlds `ids` `[n]`: draw and return their first states `[n, nq]`, `[n, nv]`.

        Any further arrays are for the arena's own engine, whose `reset` takes them.
        """

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the control step that has just run under `action` `[W, nu]`."""

    def observe(self, frame: Frame, out: Sequence[NDArray[Any]]) -> None:
        """Write the observations into `out`, per seat `[W, obs]`."""

    def model(self, world: int) -> mujoco.MjModel:
        """Return the model of `world`, for pictures."""

    def marks(self, world: int) -> list[Mark]:
        """Return the shapes to paint on the floor in pictures of `world`."""


def observation_size(entries: Sequence[Entry]) -> int:
    """Return the length of an observation made of `entries`."""
    return sum(entry.size for entry in entries)


def observation_bounds(entries: Sequence[Entry]) -> tuple[Array, Array]:
    """Return the lowest and the highest value of each number of an observation made of `entries`, `[obs]` each."""
    sizes = [entry.size for entry in entries]
    return np.repeat([entry.low for entry in entries], sizes), np.repeat([entry.high for entry in entries], sizes)


def digest(entries: Sequence[Entry]) -> str:
    """Return 8 hexadecimal digits that change with the names, sizes, units, frames or order of the entries."""
    text = "\n".join(f"{entry.name} {entry.size} {entry.unit} {entry.frame}" for entry in entries)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def layout(entries: Sequence[Entry]) -> dict[str, slice]:
    """Return the slice of the observation that each entry takes, by the entry's name."""
    ends = np.cumsum([entry.size for entry in entries]).tolist()
    return {entry.name: slice(end - entry.size, end) for entry, end in zip(entries, ends, strict=True)}
