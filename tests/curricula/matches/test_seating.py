"""Seating: each player fills its role's seat, and bouts are counted for the first player."""

import pytest
from doubles import Constant, StubBatch

from dohyo.curricula.matches.roles import Role
from dohyo.curricula.matches.seating import play_roles


@pytest.mark.parametrize(("seats", "taken"), [((0,), {0}), ((1,), {1}), ((0, 1), {0, 1})])
@pytest.mark.parametrize(("push", "winner"), [(1, 0), (-1, 1), (0, -1)])
def test_the_first_player_takes_the_seats_of_its_role(
    seats: tuple[int, ...], taken: set[int], push: float, winner: int
):
    """Who pushes harder wins, whichever seat it has."""
    bouts = play_roles(StubBatch([[1], [2]]), (Constant(push), Constant(0)), Role("any", seats, seats), 8, seed=0)
    assert {bout.seat for bout in bouts} == taken
    assert [bout.winner for bout in bouts] == [winner] * 8
