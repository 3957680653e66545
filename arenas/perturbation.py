"""Perturbations: pushes on seats, and factors of gravity, friction, mass and torque that change from bout to bout.

`Perturbation` is the config. `Perturber` draws from it for each world and sets the engine. Every engine supports it:
docs/reference/perturbation.md.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.physics import Engine
from dohyo.arenas.physics.engine import QUANTITIES
from dohyo.arenas.rules.dice import Dice

Range = tuple[float, float]
"""Lowest and highest factor; (x, x) is a constant."""
STREAM = 1
"""Part of the seed of a separate random stream, so that perturbed bouts start from the same states as others."""


LEAST_MASS, MOST_TORQUE = 0.001, 1000.0
"""Least factor of mass, and largest ratio of torque to mass: PyBullet divides its physics steps by that ratio."""


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


@dataclass(frozen=True)
class Perturbation:
    """Factors of the physics, each drawn from U(low, high) per world and bout, and a push.

    Raises `ConfigError` for a range that is not two numbers in order, or that reaches below 0 (mass: `LEAST_MASS`),
    and if torque can exceed mass by more than the factor `MOST_TORQUE`.
    """

    gravity: Range = (1.0, 1.0)
    """Factor of gravity."""
    friction: Range = (1.0, 1.0)
    """Factor of the friction of every contact, with the floor and between bodies."""
    mass: Range = (1.0, 1.0)
    """Factor of mass and inertia of everything that moves."""
    torque: Range = (1.0, 1.0)
    """Factor of the actuators' whole law: gain, stiffness, damping and strength."""
    push: Push | None = None
    """The push on seats; None for no push."""

    def __post_init__(self) -> None:
        for name in QUANTITIES:
            pair = getattr(self, name)
            if not isinstance(pair, Sequence) or len(pair) != 2 or not all(map(_finite, pair)):
                raise ConfigError(f"perturbation: {name} must be a pair of numbers (low, high), not {pair!r}")
            low, high = pair
            if low > high:
                raise ConfigError(f"perturbation: {name} has low {low!r} above high {high!r}")
            least = LEAST_MASS if name == "mass" else 0
            if low < least:
                raise ConfigError(f"perturbation: factors of {name} must be {least} or more, not {low!r}")
        if self.torque[1] / self.mass[0] > MOST_TORQUE:
            raise ConfigError(
                f"perturbation: torque can be at most {MOST_TORQUE:g} times mass, but its factor reaches "
                f"{self.torque[1]!r} and that of mass {self.mass[0]!r}"
            )

    @property
    def scaled(self) -> tuple[str, ...]:
        """The quantities whose factor can be other than 1."""
        return tuple(name for name in QUANTITIES if tuple(getattr(self, name)) != (1, 1))


def _finite(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and math.isfinite(value)


class Perturber:
    """Applies a `Perturbation` to W worlds whose bouts last at most `max_cycles` control steps."""

    def __init__(self, perturbation: Perturbation, seats: Sequence[str], max_cycles: int, worlds: int) -> None:
        self.factors: dict[str, Array] = {name: np.ones(worlds) for name in QUANTITIES}
        """Factors of the current bouts, `[W]` by quantity."""
        self.force = np.zeros((worlds, len(seats), 3))
        """The push in the last control step, N, world axes, `[W, S, 3]`."""
        self.push = perturbation.push
        self.active = self.push is not None or bool(perturbation.scaled)
        self._scaled = perturbation.scaled
        self._ranges = np.array([getattr(perturbation, name) for name in QUANTITIES], float)
        self._dice: Dice | None = None
        if self.push is not None:
            self._pushed = self.push.mask(seats)
            self._direct = DIRECTIONS[self.push.direction]
            self._draws = np.zeros((worlds, -(-max_cycles // self.push.every), len(seats)))

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the random streams of all worlds anew."""
        if self.active:
            self._dice = Dice([(seed, STREAM) for seed in seeds])

    def begin(self, ids: IntArray, engine: Engine) -> None:
        """Draw factors and pushes for bouts that begin in the worlds `ids`, and set the factors; call before reset."""
        if self._dice is None:
            return
        pushes = 0 if self.push is None else self._draws[0].size
        # Everything is drawn, used or not, so that a quantity's factors do not depend on what else is perturbed.
        draws = self._dice.uniform(ids, 0, 1, len(QUANTITIES) + pushes)
        low, high = self._ranges.T
        drawn = np.minimum(low + draws[:, : len(QUANTITIES)] * (high - low), high)  # rounding may exceed `high`
        for name, column in zip(QUANTITIES, drawn.T, strict=True):
            self.factors[name][ids] = column
        if self._scaled:
            engine.scale(ids, {name: self.factors[name][ids] for name in self._scaled})
        if self.push is not None:
            self._draws[ids] = draws[:, len(QUANTITIES) :].reshape(len(ids), *self._draws.shape[1:])

    def blow(self, engine: Engine, steps: NDArray[np.intp]) -> None:
        """Set the push for the next control step; the bouts have lasted `steps` `[W]` control steps so far."""
        assert self.push is not None
        self.force *= self.push.decay
        due = np.flatnonzero(steps % self.push.every == 0)
        if len(due):
            turn = steps[due] // self.push.every % self._draws.shape[1]
            unit = self._direct(_away(engine.frame.root_position[due]), self._draws[due, turn])
            self.force[due] = self.push.force * unit * self._pushed[:, None]
        engine.push(self.force)


def _away(position: Array) -> Array:
    """Return horizontal unit vectors `[n, S, 3]` away from the centre; along x for a root at the centre."""
    flat = position * (1, 1, 0)
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    unit: Array = np.where(length > 0, flat / np.where(length > 0, length, 1), (1.0, 0.0, 0.0))
    return unit
