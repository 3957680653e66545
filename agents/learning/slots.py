"""Slots: the learner's seats in the worlds of a batch, one row each of what a learner sees and does."""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.arrays import FloatArray, IntArray
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
    side by side from the one after the learner's on. Slots go world by world.
    """

    def __init__(self, batch: Batch, mirrored: int, side: int | None = None) -> None:
        sides, worlds, count = batch.arena.sides, np.arange(batch.worlds), len(batch.arena.sides)
        seats = seats_of_sides(sides)
        self._moves, self._worlds = side is None, batch.worlds
        self.past = worlds[mirrored:]
        """Worlds with opponents."""
        self.taken = list(range(len(seats))) if side is None else [side]
        """The sides that the learner takes in turn."""
        rest = [[(own + k) % len(seats) for k in range(1, len(seats))] for own in self.taken]
        self._own = np.array([seats[own] for own in self.taken], np.intp)
        self._rivals = np.array([[seat for other in others for seat in seats[other]] for others in rest], np.intp)
        self._turn = self.past % len(self.taken)
        size = self._own.shape[1]
        self.world = np.concatenate([np.repeat(worlds[:mirrored], count), np.repeat(self.past, size)])
        self._first = count * mirrored
        self.seat = np.concatenate([np.tile(np.arange(count), mirrored), self._own[self._turn].ravel()])
        """The seat of every slot."""
        numbers = np.arange(self._rivals.shape[1])
        self.chairs = (numbers[:, None] * batch.worlds + self.past).ravel()
        """All chairs."""
        self.order = np.array([[seat, *others_of(seat, sides)] for seat in range(count)])
        """For every seat itself and the others, in the order in which it sees them, `[S, S]`."""

    def side(self, worlds: IntArray) -> IntArray:
        """Return the side that the learner takes in each of `worlds`, all of them with opponents."""
        return np.array(self.taken)[self._turn[np.searchsorted(self.past, worlds)]]

    def move(self, worlds: IntArray) -> None:
        """Let the learner take the next side in `worlds`, all of them with opponents."""
        rows = np.searchsorted(self.past, worlds)
        self._turn[rows] = (self._turn[rows] + 1) % len(self.taken)
        self.seat[self._first :] = self._own[self._turn].ravel()

    def save(self) -> IntArray:
        """Return a copy of what `move` has changed."""
        return self._turn.copy()

    def restore(self, turn: IntArray) -> None:
        """Continue from what `save` returned; raises `StateError` for sides that do not exist."""
        if ((turn < 0) | (turn >= len(self.taken))).any():
            raise StateError("a saved state does not fit: it names sides that are not there")
        self._turn[:] = turn
        self.seat[self._first :] = self._own[self._turn].ravel()

    def gather(self, observation: Sequence[FloatArray], views: int) -> FloatArray:
        """Return what every slot sees, `[slots, obs]`: the first `views` of what the seats in its order see."""
        if self._moves:
            stacked = np.stack(observation)
            seen = [stacked[self.order[self.seat, view], self.world] for view in range(views)]
            return np.concatenate(seen, axis=1)
        rows = [np.concatenate([observation[s] for s in self.order[seat, :views]], axis=1) for seat in self._own[0]]
        return np.stack(rows, axis=1).reshape(len(self.world), -1)

    def rivals(self, observation: Sequence[FloatArray]) -> FloatArray:
        """Return what the chairs see, `[chairs, obs]`."""
        if not self._moves:
            return np.concatenate([observation[seat] for seat in self._rivals[0]])
        seats, rows = self._rivals[self._turn].T, np.arange(len(self.past))
        seen = np.stack([o[self.past] for o in observation])[seats, rows]
        return seen.reshape(-1, seen.shape[-1])

    def everyone(self, own: FloatArray, theirs: FloatArray) -> list[FloatArray]:
        """Return the actions per seat `[W, act]`, of the slots' `[slots, act]` and the chairs' `[chairs, act]`."""
        if not self._moves:
            parts = own.reshape(len(self.past), self._own.shape[1], -1).swapaxes(0, 1)
            acted = dict(zip(self._own[0].tolist(), parts, strict=True))
            acted |= zip(self._rivals[0].tolist(), np.split(theirs, self._rivals.shape[1]), strict=True)
            return [acted[seat] for seat in range(len(acted))]
        actions = np.zeros((len(self.order), self._worlds, own.shape[1]), np.float32)
        actions[self.seat, self.world] = own
        if len(self.past):
            seats = self._rivals[self._turn].T
            actions[seats, self.past] = theirs.reshape(*seats.shape, -1)
        return list(actions)
