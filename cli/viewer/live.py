"""Bouts that are played one control step at a time, one after another."""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.batch import make_batch
from dohyo.arenas.push import Push
from dohyo.arenas.registry import Setup
from dohyo.arenas.sides import seats_of_sides
from dohyo.arenas.viewer.board import Board
from dohyo.arenas.views.replay import Recorder, Replay
from dohyo.curricula.matches.casting import Casting, Teams
from dohyo.curricula.matches.roles import roles_of


class LiveBouts:
    """One bout at a time in one world; `players` has a name per side, and the last also takes the sides that are left.

    Names are looked up anew for every bout, so that a run that goes on is seen at its newest snapshot. Raises
    `UnknownName` or `SnapshotError` for players that cannot take their seats.
    """

    def __init__(self, arena: str, setup: Setup, players: Sequence[str], seed: int = 0) -> None:
        self._setup = setup
        body, engine, drive, physics = setup
        self.batch = make_batch(arena, body, engine, 1, workers=1, drive=drive, physics=physics, autoreset=False)
        self.board = Board(self.batch)
        self.players, self.seed = list(players), seed
        self.can_swap = len(roles_of(self.batch.arena)) == 1
        """Whether players can trade sides."""
        self._dice = np.random.default_rng(seed)
        self.begin()

    def begin(self) -> None:
        """Begin the next bout; if its players cannot play, the error leaves the last bout in place."""
        arena = self.batch.arena
        self._cast = Casting(self.batch, Teams(self.players, arena.sides), self.seed, swap=False)
        self._observation = self.batch.reset(self.seed)
        players = [self.player_of_side(side) for side in arena.sides]
        body, engine, *_ = self._setup
        self._recorder = Recorder(self.batch, players, body=body, engine=engine, seed=self.seed)
        self.seed += 1
        self._force = np.zeros((1, len(arena.seats), 3))
        self.board.players = players
        self.board.begin()

    def step(self) -> None:
        """Play a control step; a bout that is over stays as it is."""
        if self.board.ending is not None:
            return
        if self._force.any():
            self.batch.engine.push(self._force)
            self._force *= Push.decay
            self._force[np.abs(self._force).max(axis=2) < 1] = 0
        step = self.batch.step(self._cast.act(self._observation, np.zeros(1, np.intp)))
        self._observation = step.observation
        self.board.add(step)
        self._recorder.add(step)

    def replay(self) -> Replay | None:
        """Return the replay of the bout so far; None before its first step."""
        return self._recorder.replay() if self.board.steps else None

    def swap(self) -> None:
        """Let the players move on by one side from the next bout on, if they can."""
        count = len(seats_of_sides(self.batch.arena.sides))
        players = [*self.players, *[self.players[-1]] * (count - len(self.players))]
        if self.can_swap:
            self.players = [players[-1], *players[:-1]]

    def push(self, seat: int, force: float) -> None:
        """Push a seat's root with `force` N in a random level direction; the push fades as in the wind test."""
        heading = self._dice.uniform(0, 2 * np.pi)
        self._force[0, seat] = force * np.array([np.cos(heading), np.sin(heading), 0])

    def player_of_side(self, side: int) -> str:
        """Return the name of the player on a side."""
        return self.players[min(side, len(self.players) - 1)]

    def close(self) -> None:
        """Release the engine."""
        self.batch.close()
