"""Slots: the learner's seats in the worlds of a batch, one row each of what a learner sees and does."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dohyo.agents.devices import host, put
from dohyo.arenas.arrays import BoolArray, FloatArray, IntArray, namespace
from dohyo.arenas.batch import Batch
from dohyo.arenas.saved import StateError
from dohyo.arenas.sides import others_of, seats_of_sides


def opponents_of(sides: Sequence[int], side: int) -> list[int]:
    """Return which opponent takes each chair of a world in which the learner takes `side`; `sides` as in `Slots`."""
    seats = seats_of_sides(sides)
    return [k for k in range(len(seats) - 1) for _ in seats[(side + 1 + k) % len(seats)]]


class Slots:
    """Which seats the learner and its opponents take.

    In the first `mirrored` worlds the learner takes every seat. In each other one it takes all seats of one side, the
    next one in every bout, or always `side`. A seat of an opponent is a chair: chair k * W + w is the k-th of world w,
    side by side from the one after the learner's on. Slots go world by world. With a `device` of torch, what slots see
    and do are tensors there.
    """

    def __init__(self, batch: Batch, mirrored: int, side: int | None = None, device: Any = None) -> None:
        sides, worlds, count = batch.arena.sides, np.arange(batch.worlds), len(batch.arena.sides)
        seats, past = seats_of_sides(sides), np.arange(mirrored, batch.worlds)
        self._moves, self._worlds, self._mirrored = side is None, batch.worlds, mirrored
        self.taken = list(range(len(seats))) if side is None else [side]
        """The sides that the learner takes in turn."""
        rest = [[(own + k) % len(seats) for k in range(1, len(seats))] for own in self.taken]
        own = np.array([seats[own] for own in self.taken], np.intp)
        rivals = np.array([[seat for other in others for seat in seats[other]] for others in rest], np.intp)
        self._still = own[0].tolist(), rivals[0].tolist()
        """Seats of the learner and of its opponents, if these stay."""
        self.others = [[seat, *others_of(seat, sides)] for seat in range(count)]
        """For every seat itself and the others, in the order in which it sees them."""
        self.past: IntArray = put(past, device)
        """Worlds with opponents."""
        self._rows: IntArray = put(np.arange(len(past)), device)
        self._order: IntArray = put(np.array(self.others), device)
        self._own: IntArray = put(own, device)
        self._rivals: IntArray = put(rivals, device)
        self._turn: IntArray = put(past % len(self.taken), device)
        world = np.concatenate([np.repeat(worlds[:mirrored], count), np.repeat(past, own.shape[1])])
        seat = np.concatenate([np.tile(np.arange(count), mirrored), own[past % len(self.taken)].ravel()])
        self._first, self.count = count * mirrored, len(world)
        self.world: IntArray = put(world, device)
        self.seat: IntArray = put(seat, device)
        """The seat of every slot."""
        self.chairs: IntArray = put((np.arange(rivals.shape[1])[:, None] * batch.worlds + past).ravel(), device)
        """All chairs."""

    def side(self, worlds: IntArray) -> IntArray:
        """Return the side that the learner takes in each of `worlds`, all of them with opponents."""
        turn: IntArray = host(self._turn)
        return np.array(self.taken)[turn[worlds - self._mirrored]]

    def move(self, over: BoolArray) -> None:
        """Let the learner take the next side in the worlds of the mask `over` `[W]` that have opponents."""
        self._turn[:] = (self._turn + over[self._mirrored :]) % len(self.taken)
        self._sit()

    def _sit(self) -> None:
        self.seat[self._first :] = self._own[self._turn].reshape(-1)

    def save(self) -> IntArray:
        """Return a copy of what `move` has changed."""
        return np.array(host(self._turn))

    def restore(self, turn: IntArray) -> None:
        """Continue from what `save` returned; raises `StateError` for sides that do not exist."""
        if ((turn < 0) | (turn >= len(self.taken))).any():
            raise StateError("a saved state does not fit: it names sides that are not there")
        self._turn[:] = namespace(self._turn).asarray(turn, device=self._turn.device)
        self._sit()

    def gather(self, observation: Sequence[FloatArray], views: int) -> FloatArray:
        """Return what every slot sees, `[slots, obs]`: the first `views` of what the seats in its order see."""
        xp = namespace(observation[0])
        if self._moves:
            stacked = xp.stack(observation)
            seen = [stacked[self._order[self.seat, view], self.world] for view in range(views)]
            rows: FloatArray = seen[0] if views == 1 else xp.concat(seen, axis=1)
            return rows
        shown = [xp.concat([observation[s] for s in self.others[seat][:views]], axis=1) for seat in self._still[0]]
        rows = xp.stack(shown, axis=1)
        return rows.reshape(self.count, -1)

    def rivals(self, observation: Sequence[FloatArray]) -> FloatArray:
        """Return what the chairs see, `[chairs, obs]`."""
        xp = namespace(observation[0])
        if not self._moves:
            rows: FloatArray = xp.concat([observation[seat] for seat in self._still[1]])
            return rows
        seen: FloatArray = xp.stack([o[self._mirrored :] for o in observation])[self._rivals[self._turn].T, self._rows]
        return seen.reshape(-1, seen.shape[-1])

    def everyone(self, own: FloatArray, theirs: FloatArray) -> list[FloatArray]:
        """Return the actions per seat `[W, act]`, of the slots' `[slots, act]` and the chairs' `[chairs, act]`."""
        mine, others = self._still
        if not self._moves:
            parts = own.reshape(len(self.past), len(mine), -1).swapaxes(0, 1)
            acted = dict(zip(mine, parts, strict=True))
            acted |= zip(others, theirs.reshape(len(others), len(self.past), -1), strict=True)
            return [acted[seat] for seat in range(len(acted))]
        xp = namespace(own)
        actions = xp.zeros((len(self.others), self._worlds, own.shape[1]), dtype=xp.float32, device=own.device)
        actions[self.seat, self.world] = own
        if len(self.past):
            seats = self._rivals[self._turn].T
            actions[seats, self.past] = theirs.reshape(*seats.shape, -1)
        return list(actions)
