"""What an arena is to the batch: where a bout starts, what a seat sees, and what a control step was worth."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.bodies import Body
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Mark

Ranges = dict[str, tuple[float, float]]
"""By name, lowest and highest of what the start of a bout is drawn from."""
NOBODY = -1
"""The winner of a draw, and of a bout that goes on."""
TIME_OUT = "time-out"
"""The ending, in every arena, of a bout that has lasted `max_cycles` control steps."""


@dataclass(frozen=True)
class Entry:
    """A run of numbers in an observation."""

    name: str
    size: int
    unit: str
    frame: str
    meaning: str
    low: float = -math.inf
    high: float = math.inf
    """Bounds that all its numbers keep; infinite where the physics sets none."""


@dataclass(frozen=True)
class Term:
    """One named term of the dense reward; what it pays is `weight * quantity` per control step."""

    name: str
    weight: float
    quantity: str
    source: str


@dataclass
class Verdict:
    """What one control step brought, per world; seats in the second axis."""

    terms: Array
    """The dense reward's weighted terms in the arena's order, `[T, W, S]`; they change at the next step."""
    outcome: Array
    """What the end of a bout pays, `[W, S]`; 0 while the bout goes on."""
    done: NDArray[np.bool_]
    """The bout is over, `[W]`."""
    winner: IntArray
    """The winning side, or `NOBODY`, `[W]`; with two seats sides are seats."""
    ending: IntArray
    """Index into the arena's `endings`, `[W]`; meaningless while the bout goes on."""
    out: NDArray[np.bool_]
    """Seats that leave a bout which goes on without them, `[W, S]`; arenas of two seats never set it."""

    @classmethod
    def going_on(cls, terms: Array) -> "Verdict":
        """Return the verdict on worlds in which no bout has ended."""
        _, worlds, seats = terms.shape
        return cls(
            terms=terms,
            outcome=np.zeros((worlds, seats)),
            done=np.zeros(worlds, bool),
            winner=np.full(worlds, NOBODY, np.intp),
            ending=np.zeros(worlds, np.intp),
            out=np.zeros((worlds, seats), bool),
        )


class Arena(Protocol):
    """Rules over a batch of worlds.

    All state between steps is in arrays with a row per world, attributes that `Batch.save` can find.
    """

    name: str
    scene: Scene
    physics: str
    """How finely the scene is simulated, see `dohyo.arenas.physics.presets`."""
    seats: tuple[str, ...]
    """The agents' names, in the order of the seats."""
    roles: tuple[str, ...]
    """What each seat plays; a policy can take any seat of its role."""
    bodies: tuple[Body, ...]
    """What each seat plays it with."""
    sides: tuple[int, ...]
    """The side of each seat, numbered from 0; seats of a side win together."""
    endings: tuple[str, ...]
    """Why bouts end; `ending` indexes it."""
    terms: tuple[Term, ...]
    max_cycles: int
    """Control steps after which a bout is over."""
    ranges: Ranges
    """What bouts start from; a curriculum may set them between bouts."""
    dtype: type[np.floating[Any]]
    """Of observations."""
    bounded: bool
    """Whether actions are clipped to their space before anything else; if not, the engine may clamp what it drives."""

    def reweigh(self, weights: Mapping[str, float]) -> None:
        """Give some of `terms` other weights, by name; raises `UnknownName` for one that is not there."""

    def entries(self, seat: int) -> list[Entry]:
        """Describe the observation of a seat, in order."""

    def spawn(self, ids: IntArray, dice: Dice) -> tuple[Array, ...]:
        """Begin a bout in the worlds `ids`: draw its parameters, return its first states `[n, nq]`, `[n, nv]`.

        What follows them is for an engine of the arena's own, whose `reset` takes it.
        """

    def judge(self, frame: Frame, action: Array) -> Verdict:
        """Judge the control step that `action` `[W, nu]` brought about."""

    def observe(self, frame: Frame, out: Sequence[NDArray[Any]]) -> None:
        """Write what the seats see into `out`, per seat `[W, obs]`."""

    def model(self, world: int) -> mujoco.MjModel:
        """Return the scene as `world` has it, for pictures."""

    def marks(self, world: int) -> list[Mark]:
        """Return what to paint on the floor when the world is rendered."""


def observation_size(entries: list[Entry]) -> int:
    """Return the length of an observation made of `entries`."""
    return sum(entry.size for entry in entries)


def observation_bounds(entries: list[Entry]) -> tuple[Array, Array]:
    """Return the lowest and the highest value of each number of an observation made of `entries`, `[obs]` each."""
    sizes = [entry.size for entry in entries]
    return np.repeat([entry.low for entry in entries], sizes), np.repeat([entry.high for entry in entries], sizes)


def digest(entries: list[Entry]) -> str:
    """Return 8 hexadecimal digits that change when an entry's name, size, unit or place does."""
    text = "\n".join(f"{entry.name} {entry.size} {entry.unit} {entry.frame}" for entry in entries)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def layout(entries: list[Entry]) -> dict[str, slice]:
    """Return where each entry of an observation stands."""
    ends = np.cumsum([entry.size for entry in entries]).tolist()
    return {entry.name: slice(end - entry.size, end) for entry, end in zip(entries, ends, strict=True)}
