"""Relays: each bout of a match is played by the policy whose turn it is, with a memory of that bout alone."""

import numpy as np
from doubles import Constant, FloatArray, StubBatch

from dohyo.curricula.matches.match import play_match
from dohyo.curricula.matches.relay import Relay

STRONG, EVEN, WEAK = Constant(1), Constant(0), Constant(-1)


class Counter:
    """A policy that acts by the number of its steps in the bout, which it remembers."""

    memory = 1

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        assert memory is not None
        memory += 1
        return np.repeat(memory, 2, axis=1)


def test_each_bout_is_played_by_the_policy_whose_turn_it_is():
    """Worlds of different speed: bouts 0 to 3 are won, 4 to 6 even, 7 and 8 lost."""
    turns = [0, 0, 0, 0, 1, 1, 1, 2, 2]
    batch = StubBatch([[3], [1], [2]])
    bouts = play_match(batch, (Relay([STRONG, EVEN, WEAK], turns, 3, 2), EVEN), len(turns), seed=0)
    assert [bout.winner for bout in bouts] == [0, 0, 0, 0, -1, -1, -1, 1, 1]


def test_a_policy_is_chosen_for_every_seat_of_a_side():
    """Two seats a side: rows of the second seat follow those of the first."""
    batch = StubBatch([[1], [1]], sides=(0, 0, 1, 1))
    bouts = play_match(batch, (Relay([WEAK, STRONG], [0, 1, 1, 0], 2, 4), EVEN), 4, seed=0)
    assert [bout.winner for bout in bouts] == [1, 0, 0, 1]
    first = [
        batch.taken[0][side] for side in range(4)
    ]  # bout 0 in world 0: side 0 weak; bout 1 in world 1: side 1 strong
    assert [[rows[0, 0], rows[1, 0]] for rows in first] == [[-1, 0], [-1, 0], [0, 1], [0, 1]]


def test_memory_begins_with_the_bout():
    """In bouts of two steps the actions are 1 and 2 in each; the other policy's bouts between them do not count."""
    batch = StubBatch([[2]])
    play_match(batch, (Relay([Counter(), EVEN], [0, 1, 0], 1, 2), EVEN), 3, seed=0, swap=False)
    assert [float(step[0, 0, 0]) for step in batch.taken] == [1, 2, 0, 0, 1, 2]
