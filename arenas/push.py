"""Pushes: repeated horizontal forces on seats that fade, as in a wind test. docs/reference/push.md has the details."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.rules.dice import Dice

STREAM = 1
"""Part of the seed of a separate random stream, so that pushed bouts start from the same states as others."""
UNUSED = 4
"""Numbers that a bout draws before its pushes: earlier versions drew factors of the physics there, and the pushes of a
seed stay the same."""


def _inwards(outwards: Array, draw: Array) -> Array:
    return -outwards


def _outwards(outwards: Array, draw: Array) -> Array:
    return outwards


def _radial(outwards: Array, draw: Array) -> Array:
    return np.where(draw[..., None] < 0.5, -outwards, outwards)


def _level(outwards: Array, draw: Array) -> Array:
    heading = 2 * np.pi * draw
    return np.stack([np.cos(heading), np.sin(heading), np.zeros_like(heading)], axis=-1)


DIRECTIONS: dict[str, Callable[[Array, Array], Array]] = {
    "radial": _radial,
    "inwards": _inwards,
    "outwards": _outwards,
    "level": _level,
}
"""Each maps unit vectors away from the centre `[n, S, 3]` and draws of U(0, 1) `[n, S]` to directions `[n, S, 3]`.

`inwards`: towards the arena's centre; `outwards`: away from it; `radial`: one of the two at random for each push, as in
the wind test of arXiv 1710.03748; `level`: any horizontal direction."""


@dataclass(frozen=True)
class Push:
    """A repeated horizontal push on the root of a seat, at its centre of mass; each push fades.

    The defaults are those of the wind test in arXiv 1710.03748. Raises `ConfigError` for impossible values,
    `UnknownName` for a direction that is not in `DIRECTIONS`.
    """

    force: float
    """Force in the first control step of each push, N."""
    every: int = 50
    """Control steps from one push to the next; the first comes with the first step of a bout."""
    decay: float = 0.9
    """Factor of the force from one control step to the next, 0 to 1."""
    direction: str = "radial"
    """One of `DIRECTIONS`. It is drawn for each seat when a push begins, and stays until the next push."""
    seat: str | None = None
    """Name of the seat that is pushed, such as `sumo_0`; None pushes every seat."""

    def __post_init__(self) -> None:
        if not _finite(self.force) or self.force < 0:
            raise ConfigError(f"push: force must be a number of N, 0 or more, not {self.force!r}")
        if not isinstance(self.every, int) or self.every < 1:
            raise ConfigError(f"push: every must be a whole number of control steps, 1 or more, not {self.every!r}")
        if not _finite(self.decay) or not 0 <= self.decay <= 1:
            raise ConfigError(f"push: decay must be a number from 0 to 1, not {self.decay!r}")
        lookup(DIRECTIONS, self.direction, "direction")

    def mask(self, seats: Sequence[str]) -> Array:
        """Return 1 for each of `seats` that is pushed and 0 for the others, `[S]`; raises `UnknownName`."""
        if self.seat is None:
            return np.ones(len(seats))
        chosen = lookup({name: s for s, name in enumerate(seats)}, self.seat, "seat")
        mask: Array = (np.arange(len(seats)) == chosen).astype(float)
        return mask


def _finite(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


class Pusher:
    """Applies a `Push` to W worlds whose bouts last at most `max_cycles` control steps."""

    def __init__(self, push: Push, seats: Sequence[str], max_cycles: int, worlds: int) -> None:
        self.force = np.zeros((worlds, len(seats), 3))
        """The push in the last control step, N, world axes, `[W, S, 3]`."""
        self._push, self._pushed, self._direct = push, push.mask(seats), DIRECTIONS[push.direction]
        self._draws = np.zeros((worlds, -(-max_cycles // push.every), len(seats)))
        self._dice = Dice([])

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the random streams of all worlds anew."""
        self._dice = Dice([(seed, STREAM) for seed in seeds])

    def begin(self, ids: IntArray) -> None:
        """Draw the pushes of bouts that begin in the worlds `ids`."""
        drawn = self._dice.uniform(ids, 0, 1, UNUSED + self._draws[0].size)
        self._draws[ids] = drawn[:, UNUSED:].reshape(len(ids), *self._draws.shape[1:])

    def blow(self, position: Array, steps: NDArray[np.intp]) -> Array:
        """Return the push in the next control step, N, `[W, S, 3]`.

        The roots are at `position` `[W, S, 3]`, and the bouts have lasted `steps` `[W]` control steps so far.
        """
        self.force *= self._push.decay
        due = np.flatnonzero(steps % self._push.every == 0)
        if len(due):
            turn = steps[due] // self._push.every % self._draws.shape[1]
            unit = self._direct(_away(position[due]), self._draws[due, turn])
            self.force[due] = self._push.force * unit * self._pushed[:, None]
        return self.force


def _away(position: Array) -> Array:
    """Return horizontal unit vectors `[n, S, 3]` away from the centre; along x for a root at the centre."""
    flat = position * (1, 1, 0)
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    unit: Array = np.where(length > 0, flat / np.where(length > 0, length, 1), (1.0, 0.0, 0.0))
    return unit
