"""Casting: the player in each seat of each bout, for any number of seats and sides."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.players import AnyPlayer, Player, find_player
from dohyo.arenas.sides import seats_of_sides


def turns_of(sides: Sequence[int], *, swap: bool) -> IntArray:
    """Return each team's side in each turn, `[turns, teams]`; without `swap` there is one turn.

    Every order of the sides is a turn. The first turns only move all teams on by one side, so that few bouts are also
    fair.
    """
    count = max(sides) + 1
    orders = permutations(range(1, count)) if swap else [tuple(range(1, count))]
    moves = range(count if swap else 1)
    return np.array([[(side + move) % count for side in (0, *order)] for order in orders for move in moves], np.intp)


@dataclass(frozen=True)
class Teams:
    """The teams of a match: each fills one side, and has one chair per seat of that side.

    Raises `ConfigError` if the number of players or partners does not fit the sides.
    """

    players: Sequence[AnyPlayer]
    """The players, one per team and at least two; the last one also has the teams that are left."""
    sides: Sequence[int]
    """The side of each seat."""
    partners: Sequence[AnyPlayer] = ()
    """Partner k has all chairs but the first of player k's team; without a partner the player has them itself."""

    def __post_init__(self) -> None:
        count = max(self.sides) + 1
        if count < 2:
            raise ConfigError("this arena has one side: it has no opponents")
        if not 2 <= len(self.players) <= count:
            many = "two" if count == 2 else f"2 to {count}"
            raise ConfigError(f"give {many} players for the {count} sides of this arena, not {len(self.players)}")
        if self.partners and len(self.sides) == count:
            raise ConfigError("a side of this arena has one seat: leave out partners")
        if len(self.partners) > len(self.players):
            raise ConfigError(f"{len(self.partners)} partners for {len(self.players)} players: give one each at most")

    @property
    def cast(self) -> list[AnyPlayer]:
        """The players, then their partners."""
        return [*self.players, *self.partners]

    def player_of(self, team: int) -> int:
        """Return the number of the player that has this team."""
        return min(team, len(self.players) - 1)

    def chairs(self) -> list[int]:
        """Return the index in `cast` of each chair's player, team by team, `[S]`."""
        chosen = []
        for team, seats in enumerate(seats_of_sides(self.sides)):
            player = self.player_of(team)
            partner = len(self.players) + player if player < len(self.partners) else player
            chosen += [player, *[partner] * (len(seats) - 1)]
        return chosen


class Casting:
    """The players of a match in the worlds of a batch: it gives them their observations and the seats their actions.

    A player on several chairs acts once for all of them: on the rows of its first chair, then of the second, and so on.
    """

    def __init__(self, batch: Batch, teams: Teams, seed: int, *, swap: bool) -> None:
        self.turns, self._worlds = turns_of(teams.sides, swap=swap), np.arange(batch.worlds)
        seats = seats_of_sides(teams.sides)
        if swap and len({len(group) for group in seats}) > 1:
            raise ConfigError("players cannot swap sides with different numbers of seats")
        self._seats = np.array([[s for side in turn for s in seats[side]] for turn in self.turns], np.intp)
        """The seat that each chair takes in each turn, `[turns, S]`."""
        chairs = np.array(teams.chairs())
        self._chairs = [np.flatnonzero(chairs == k) for k in range(len(teams.cast))]
        self._players = [
            self._seat(player, batch, [int(s) for s in self._seats[0, own]], seed + k, f"player {k}")
            for k, (player, own) in enumerate(zip(teams.cast, self._chairs, strict=True))
        ]

    @staticmethod
    def _seat(player: AnyPlayer, batch: Batch, seats: Sequence[int], seed: int, name: str) -> Player:
        """Return the player that acts for `seats` of a batch; it must be able to play each of them."""
        found = [find_player(player, batch, seat, seed=seed) for seat in seats]
        return Player(found[0], batch.worlds * len(seats), batch.action_spaces[seats[0]].shape[0], name)

    def forget(self, worlds: IntArray) -> None:
        """Begin new bouts in `worlds`."""
        for player, chairs in zip(self._players, self._chairs, strict=True):
            rows = np.arange(len(chairs))[:, None] * len(self._worlds) + worlds
            player.forget(rows.ravel())

    def act(self, observation: Sequence[FloatArray], turn: IntArray) -> list[FloatArray]:
        """Return the actions `[W, act]` of each seat for the seats' observations `[W, obs]` in turn `turn` `[W]`."""
        seats = self._seats[turn].T
        seen = self._reorder(observation, seats)
        acted: list[FloatArray] = list(seen)  # to be replaced, chair by chair
        for player, chairs in zip(self._players, self._chairs, strict=True):
            action = player.act(
                np.concatenate([seen[chair] for chair in chairs]) if len(chairs) > 1 else seen[chairs[0]]
            )
            for chair, part in zip(chairs, np.split(action, len(chairs)), strict=True):
                acted[chair] = part
        return self._reorder(acted, np.argsort(seats, axis=0))

    def _reorder(self, arrays: Sequence[FloatArray], order: IntArray) -> list[FloatArray]:
        """Return arrays, with row w of array k taken from array `order[k, w]`; widths may differ if no row moves."""
        if (order == np.arange(len(arrays))[:, None]).all():
            return list(arrays)
        return list(np.stack(arrays)[order, self._worlds])
