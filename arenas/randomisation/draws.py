"""Draws from each world's own streams: at the start of a bout, and for every control step."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.arenas.randomisation.config import Randomisation
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.saved import AnyArray, Saved, copies, nested, put_back, under

BLOCK = 16
"""Control steps whose numbers are drawn together, because reading a stream per world costs (ours)."""


class StepDraws:
    """Draws `[W, size]` from one law for every control step of W worlds; `law` is a key of `rules.dice.LAWS`.

    A step's numbers depend only on the world's seed and on the steps of its bouts so far.
    """

    def __init__(self, worlds: int, size: int, law: str, stream: int) -> None:
        self._law, self._stream = law, stream
        self._dice = Dice([])
        self._numbers = np.zeros((worlds, BLOCK, size))
        self._block = np.zeros(worlds, np.intp)
        """The block of its bout that each world's numbers are for."""
        self._all = np.arange(worlds)

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin all streams anew."""
        self._dice = Dice([(seed, self._stream) for seed in seeds])

    def begin(self, ids: IntArray) -> None:
        """Draw for bouts that begin in the worlds `ids`."""
        self._block[ids] = 0
        self._fill(ids)

    def at(self, steps: NDArray[np.intp]) -> Array:
        """Return the numbers `[W, size]` of the control steps that follow `steps` `[W]` of the bouts under way."""
        block = steps // BLOCK
        due = np.flatnonzero(block != self._block)
        if len(due):
            self._block[due] = block[due]
            self._fill(due)
        numbers: Array = self._numbers[self._all, steps % BLOCK]
        return numbers

    def _fill(self, ids: IntArray) -> None:
        _, steps, size = self._numbers.shape
        self._numbers[ids] = self._dice.standard(ids, self._law, steps * size).reshape(len(ids), steps, size)

    def save(self) -> Saved:
        """Return the state for `restore`."""
        return copies(self._arrays()) | {"dice": self._dice.save()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` for anything else."""
        rest = dict(saved)
        self._dice = restored(rest.pop("dice"), len(self._all))
        put_back(self._arrays(), rest)

    def _arrays(self) -> Saved:
        return {"numbers": self._numbers, "block": self._block}


class Draws:
    """Base of the parts of a randomisation, which each draw some of its fields; `config` may change between bouts.

    `stream` is the part of the seed of its own random streams, `steps` what is drawn for every control step.
    """

    def __init__(self, config: Randomisation, worlds: int, stream: int, steps: Mapping[str, StepDraws]) -> None:
        self.config = config
        self.factors: dict[str, Array] = {}
        """What was drawn for the current bouts, by field, `[W, ...]`."""
        self._dice, self._worlds, self._stream, self._steps = Dice([]), worlds, stream, steps

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the random streams of all worlds anew."""
        self._dice = Dice([(seed, self._stream) for seed in seeds])
        for draws in self._steps.values():
            draws.seed(seeds)

    def begin(self, ids: IntArray) -> None:
        """Draw for bouts that begin in the worlds `ids`."""
        for draws in self._steps.values():
            draws.begin(ids)

    def save(self) -> Saved:
        """Return the state for `restore`."""
        steps = {name: array for key, draws in self._steps.items() for name, array in nested(key, draws.save()).items()}
        return nested("own", copies(self._arrays())) | nested("steps", steps) | {"dice": self._dice.save()}

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` for anything else."""
        self._dice = restored(saved["dice"], self._worlds)
        put_back(self._arrays(), under("own", saved))
        for key, draws in self._steps.items():
            draws.restore(under(f"steps/{key}", saved))

    def _arrays(self) -> Saved:
        """Return the live arrays that the next control step depends on, by name."""
        return dict(self.factors)


def restored(states: AnyArray, worlds: int) -> Dice:
    """Return the dice of `worlds` worlds in states that `Dice.save` returned."""
    dice = Dice([0] * worlds)
    dice.restore(states)
    return dice
