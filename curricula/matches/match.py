"""Matches: bouts between players, sides swapped, each counted once."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dohyo.arenas.arrays import IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.players import AnyPlayer
from dohyo.arenas.rules.arena import NOBODY
from dohyo.arenas.step import Finished
from dohyo.curricula.matches.casting import Casting, Teams, seats_of_sides

APART = 1_000_003
"""Between the seeds of batches, since world w of seed s starts as world 0 of seed s + w does: without it, matches of
neighbouring seeds would have most of their starts in common, and pooling them would promise more than it holds."""


@dataclass(frozen=True)
class Bout:
    """One finished bout, from the first player's side."""

    index: int
    seat: int
    """The side that the first player took; with two seats sides are seats."""
    winner: int
    """The number of the player who won, 0 for the first, or -1 for a draw."""
    steps: int
    ending: str
    teams: tuple[tuple[int, int], ...] = ()
    """With more than two sides, the side and the place (see `places`) of every team: the first player's first."""

    @property
    def ranks(self) -> tuple[int, ...]:
        """The place of every team, the first player's first; 0 is the best, equal places are a draw."""
        if self.teams:
            return tuple(place for _, place in self.teams)
        return {0: (0, 1), 1: (1, 0)}.get(self.winner, (0, 0))

    def side_of(self, team: int) -> int:
        """Return the side that a team took."""
        return self.teams[team][0] if self.teams else self.seat ^ team

    @property
    def winning_side(self) -> int:
        """The side that won, or -1 for a draw."""
        return NOBODY if self.winner == NOBODY else self.side_of(self.ranks.index(0))

    def turned(self) -> "Bout":
        """Return a bout of two sides as its second player sees it."""
        return replace(self, seat=1 - self.seat, winner=self.winner if self.winner < 0 else 1 - self.winner)


def places(left: IntArray, steps: IntArray, winner: IntArray, sides: Sequence[int]) -> IntArray:
    """Return the place of every side in bouts that are over, `[n, sides]`; 0 is the best, equal places are a draw.

    Who stays longer is placed higher, a side for as long as any of its seats; where nobody won, those that were there
    in the last step drew. `left` `[n, S]` is when seats left, `steps` and `winner` `[n]` the bouts'.
    """
    stayed = np.stack([left[:, seats].max(axis=1) for seats in seats_of_sides(sides)], axis=1)
    stayed[winner != NOBODY, winner[winner != NOBODY]] = steps[winner != NOBODY] + 1
    placed: IntArray = (stayed[:, None] > stayed[:, :, None]).sum(axis=2)
    return placed


def share_out(total: int, parts: int, k: int) -> int:
    """Return part k of `total`, cut into whole `parts` as even as possible."""
    return total // parts + (k < total % parts)


def play_match(
    batch: Batch,
    players: Sequence[AnyPlayer],
    bouts: int,
    seed: int,
    watch: Callable[[Bout], None] | None = None,
    *,
    swap: bool = True,
    partners: Sequence[AnyPlayer] = (),
) -> list[Bout]:
    """Play exactly `bouts` bouts between players in a batch; `watch` is told of each.

    Every player takes one side, with all of its seats; where there are more sides than players the last one takes the
    rest. `partners` take the seats but the first on the first player's side, on the second one's, and so on. A player
    is an object with `act` or a name, see `dohyo.arenas.players.find_player`. One with a name acts with its own noise,
    seeded by `seed`. Raises `PolicyError` for a player that cannot act, `ConfigError` for a number of players or
    partners that does not fit.

    Every world plays its share to the end, so short bouts are not favoured; players change sides from bout to bout,
    unless `swap` is off: then the first takes side 0 throughout. The same batch size and seed give the same bouts;
    with another seed no bout starts the same.
    """
    worlds = np.arange(batch.worlds)
    quota = np.array([share_out(bouts, batch.worlds, world) for world in range(batch.worlds)])
    teams = Teams(players, batch.arena.sides, partners)
    cast = Casting(batch, teams, seed, swap=swap)
    played, turn = np.zeros(batch.worlds, np.intp), worlds % len(cast.turns)
    results: list[Bout] = []
    observation = batch.reset(APART * seed)
    cast.forget(worlds)
    batch.halt(worlds[quota == 0])
    while len(results) < bouts:
        step = batch.step(cast.act(observation, turn))
        observation, finished = step.observation, step.finished
        over = finished.ids
        if not len(over):
            continue
        cast.forget(over)
        for bout in _bouts(batch, finished, teams, cast.turns[turn[over]], played[over] * batch.worlds + over):
            results.append(bout)
            if watch is not None:
                watch(bout)
        played[over] += 1
        turn[over] = (turn[over] + 1) % len(cast.turns)
        batch.halt(over[played[over] == quota[over]])
    return sorted(results, key=lambda bout: bout.index)


def _bouts(batch: Batch, finished: Finished, teams: Teams, side: IntArray, index: IntArray) -> list[Bout]:
    """Return the bouts that are over; `side` `[n, teams]` is the side of every team."""
    ranks = np.take_along_axis(places(finished.left, finished.steps, finished.winner, teams.sides), side, axis=1)
    pairs = np.stack([side, ranks], axis=2).tolist()
    return [
        Bout(
            index=int(index[k]),
            seat=int(side[k, 0]),
            winner=NOBODY if winner == NOBODY else teams.player_of(side[k].tolist().index(winner)),
            steps=int(finished.steps[k]),
            ending=batch.endings[finished.ending[k]],
            teams=tuple((taken, place) for taken, place in pairs[k]) if len(pairs[k]) > 2 else (),
        )
        for k, winner in enumerate(finished.winner.tolist())
    ]


def match_seed(seed: int, player: str, opponent: str, round_: int) -> int:
    """Return the seed of a match, which follows from the run's and from who plays for which time."""
    key = f"{seed}/{player}/{opponent}/{round_}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
