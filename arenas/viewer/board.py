"""The score of the bout that a batch of one world plays: clock, dense reward, who is out, and how it ended."""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.batch import Batch
from dohyo.arenas.step import Step
from dohyo.arenas.views.common import winners


class Board:
    """Keeps the score of world 0 of a batch; `players` says who takes each of the S seats, if that is known."""

    def __init__(self, batch: Batch, players: Sequence[str] = ()) -> None:
        self.batch, self.players = batch, list(players)
        self.begin()

    def begin(self) -> None:
        """Begin a bout."""
        seats = len(self.batch.arena.seats)
        self.steps = 0
        self.sums: Array = np.zeros(seats)
        """Sum of each seat's dense reward, `[S]`."""
        self.terms: list[Array] = []
        """The dense reward's terms in each control step so far, `[K, S]` each."""
        self.out = np.zeros(seats, bool)
        self.winner: str | None = None
        self.ending: str | None = None
        """Why the bout has ended; None while it goes on."""

    def add(self, step: Step) -> None:
        """Count a control step."""
        self.steps += 1
        self.sums = self.sums + step.dense[0]
        self.terms.append(np.array([term[0] for term in step.terms.values()]))
        self.out = step.out[0].copy()
        if step.done[0]:
            self.winner = winners(self.batch)[step.finished.winner[0]]
            self.ending = self.batch.endings[step.finished.ending[0]]

    @property
    def clock(self) -> float:
        """Time of the bout so far, s."""
        return self.steps * self.batch.arena.scene.control_step
