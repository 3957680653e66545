"""Starts of bouts for a device batch, drawn by the host ahead of time, so that the device waits for no draw."""

from collections import deque
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dohyo.arenas.arrays import IntArray
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.saved import AnyArray

AHEAD = 4
"""Starts of each world that are ready, and so the control steps by which a device may be behind the host (ours)."""

PER_TERM = ("worth", "weights")
"""Arrays of `dohyo.arenas.rules.base.Ground` with a row per term, which may be as many as worlds."""


class Starts:
    """Draws the starts of the bouts in W worlds of an arena.

    World by world these are the starts that `Batch` draws, in the same order. A start is the state that `Arena.spawn`
    returns, and the rows that it leaves in the arena's arrays with a row per world. New `ranges` of the arena count for
    all starts that are taken afterwards.
    """

    def __init__(self, arena: Arena, worlds: int, device: torch.device) -> None:
        self._arena, self._device, self._dice = arena, device, Dice([])
        self._rows = rows_of(arena, worlds)
        model = arena.scene.model
        shapes = {"qpos": (model.nq,), "qvel": (model.nv,)} | {name: a.shape[1:] for name, a in self._rows.items()}
        self._shapes = {name: (worlds, *shape) for name, shape in shapes.items()}
        self._ends = np.cumsum([int(np.prod(shape)) for shape in shapes.values()]).tolist()
        # 64 bits hold all numbers of an arena, the whole ones and those of an engine in C, without error.
        self._ready = torch.zeros((AHEAD, worlds, self._ends[-1]), dtype=torch.float64, device=device)
        self._before = np.zeros((AHEAD, worlds, 6), np.uint64)
        """State of the world's stream before each start that is ready."""
        self._every = np.arange(worlds)
        self._worlds = torch.arange(worlds, device=device)
        self._next = torch.zeros(worlds, dtype=torch.int64, device=device)
        """Place of each world's next start in `_ready`."""
        self._free = np.zeros(worlds, np.intp)
        """The place to fill next; on the host, and so behind the device."""
        self._taken: deque[Taken] = deque()
        self._ranges = dict(arena.ranges)

    def seed(self, seeds: Sequence[int]) -> None:
        """Begin the streams of all worlds anew."""
        self._dice = Dice(seeds)
        self._draw_all()

    def take(self, worlds: Tensor) -> dict[str, Tensor]:
        """Return the next start of every world, `[W, ...]` by name, and use up those of `worlds`, a mask `[W]`."""
        if self._arena.ranges != self._ranges:
            self.restore(self.save())
        while len(self._taken) >= AHEAD:
            self._draw(self._taken.popleft().ids())
        rows = self._ready[self._next, self._worlds]
        self._next = torch.where(worlds, (self._next + 1) % AHEAD, self._next)
        self._taken.append(Taken(worlds))
        parts = rows.tensor_split(self._ends[:-1], dim=1)
        return {name: part.reshape(shape) for (name, shape), part in zip(self._shapes.items(), parts, strict=True)}

    def save(self) -> AnyArray:
        """Return the states of all streams before the next starts, as `Dice.save` does; the host waits for them."""
        while self._taken:
            self._draw(self._taken.popleft().ids())
        return self._before[self._free, self._every]  # all places are full: the next to fill is the next to take

    def restore(self, states: AnyArray) -> None:
        """Put all streams into states that `save` returned; raises `StateError` for anything else."""
        self._dice = Dice([0] * len(self._every))
        self._dice.restore(states)
        self._draw_all()

    def _draw_all(self) -> None:
        self._taken.clear()
        self._free[:], self._ranges = 0, dict(self._arena.ranges)
        self._next = torch.zeros_like(self._next)
        for _ in range(AHEAD):
            self._draw(self._every)

    def _draw(self, ids: IntArray) -> None:
        """Draw one more start for each of the worlds `ids` `[n]`."""
        if not len(ids):
            return
        place = self._free[ids]
        self._before[place, ids] = self._dice.save(ids)
        drawn = [*self._arena.spawn(ids, self._dice), *(array[ids] for array in self._rows.values())]
        rows = np.concatenate([part.reshape(len(ids), -1) for part in drawn], axis=1, dtype=np.float64)
        self._ready[self._sent(place), self._sent(ids)] = self._sent(rows)
        self._free[ids] = (place + 1) % AHEAD

    def _sent(self, array: NDArray[np.float64] | IntArray) -> Tensor:
        """Return a tensor on the device; a GPU copies from locked memory, for which the host need not wait."""
        tensor = torch.from_numpy(array)
        return (
            tensor.pin_memory().to(self._device, non_blocking=True) if self._device.type == "cuda" else tensor.clone()
        )


def rows_of(arena: Arena, worlds: int) -> dict[str, AnyArray]:
    """Return the arrays of an arena that have a row per world, by name: what its rules remember between steps."""
    arrays = {name: array for name, array in vars(arena).items() if isinstance(array, np.ndarray)}
    return {name: a for name, a in arrays.items() if a.ndim and len(a) == worlds and name not in PER_TERM}


class Taken:
    """Which worlds took a start in a control step, on its way from the device to the host."""

    def __init__(self, worlds: Tensor) -> None:
        self._mask, self._event = worlds.clone(), None
        if worlds.is_cuda:
            self._mask = torch.empty(worlds.shape, dtype=torch.bool, pin_memory=True)
            self._mask.copy_(worlds, non_blocking=True)
            self._event = torch.cuda.current_stream(worlds.device).record_event()

    def ids(self) -> IntArray:
        """Return the worlds, `[n]`, once they have arrived."""
        if self._event is not None:
            self._event.synchronize()
        return np.flatnonzero(self._mask.numpy())
