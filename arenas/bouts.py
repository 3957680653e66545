"""The bouts under way in all worlds: how long they have lasted, what they have paid, and which seats have left them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray, IntArray, Movable, maybe_any, namespace
from dohyo.arenas.rules.arena import Arena, Verdict
from dohyo.arenas.step import STAYS


class Bouts(Movable):
    """The bouts under way in W worlds of S seats, over numpy arrays or, in a device batch, torch tensors."""

    def __init__(self, worlds: int, seats: int) -> None:
        self.length: NDArray[np.intp] = np.zeros(worlds, np.intp)
        """Control steps so far, `[W]`."""
        self.dense = np.zeros((worlds, seats))
        """Sum of the dense reward so far, `[W, S]`."""
        self.left = np.full((worlds, seats), STAYS)
        """Control steps after which each seat has left its bout, `[W, S]`."""
        self.halted: BoolArray = np.zeros(worlds, bool)
        """Which worlds are halted, `[W]`: their bouts do not end."""
        self.diverged = np.array(0)
        """Number of bouts so far whose physics diverged."""
        self._leave = seats > 2
        """Whether a bout can go on after a seat has left it."""

    @property
    def out(self) -> BoolArray:
        """Which seats have left the bouts under way, `[W, S]`."""
        return self.left < STAYS

    @property
    def idle(self) -> BoolArray | None:
        """The same as `out`; None where no seat can have left."""
        return self.out if self._leave else None

    def begin(self, worlds: IntArray | BoolArray) -> None:
        """Begin bouts in `worlds`, ids `[n]` or a mask `[W]`."""
        self.halted[worlds] = False
        self.length[worlds], self.dense[worlds], self.left[worlds] = 0, 0, STAYS

    def record(self, verdict: Verdict, failed: BoolArray, ending: int) -> Array:
        """Take down a control step that was judged; return its dense reward, `[W, S]`.

        Halted worlds end no bout. Where `failed` `[W]` holds, the physics diverged: the bout ends with `ending`, nobody
        wins and nothing is paid.
        """
        xp, failed = namespace(failed), failed & ~self.halted
        if maybe_any(failed):
            self.diverged += xp.count_nonzero(failed)
            verdict.void(failed, ending)
        verdict.done = verdict.done & ~self.halted
        if self._leave:
            now = xp.minimum(self.left, self.length[:, None] + 1)
            self.left[:] = xp.where(verdict.out, now, self.left)
        dense: Array = verdict.terms.sum(axis=0)
        self.length += 1
        self.dense += dense
        return dense


class Limits(Movable):
    """The limits of all seats' actions, side by side."""

    def __init__(self, arena: Arena) -> None:
        self.low, self.high = arena.scene.model.actuator_ctrlrange.T.astype(float)
        self._bounded, self._columns = arena.bounded, [seat.ctrl for seat in arena.scene.seats]

    def keep(self, action: Array, out: BoolArray | None) -> Array:
        """Clip actions `[W, nu]` in place if the arena is `bounded`, set those of seats in `out` to 0, and return them.

        `out` `[W, S]` may be None if no seat can have left its bout.
        """
        if self._bounded:
            xp = namespace(action)
            xp.maximum(action, self.low, out=action)
            xp.minimum(action, self.high, out=action)
        if out is not None and maybe_any(out):
            for seat, columns in enumerate(self._columns):
                action[out[:, seat], columns] = 0
        return action


def paid(dense: Array, outcome: Array, alpha: float) -> Array:
    """Return the reward, `[W, S]`: the dense one with weight `alpha`, the outcome with the rest."""
    return alpha * dense + (1 - alpha) * outcome


def named(arena: Arena, terms: Iterable[Array]) -> dict[str, Array]:
    """Return the dense reward's terms `[T, W, S]` by name, `[W, S]` each."""
    return {term.name: worth for term, worth in zip(arena.terms, terms, strict=True)}
