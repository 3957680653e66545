"""Matches: a fixed number of bouts between players, with sides swapped."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dohyo.arenas.arrays import IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.players import AnyPlayer
from dohyo.arenas.rules.arena import NOBODY
from dohyo.arenas.sides import places
from dohyo.arenas.step import Finished
from dohyo.curricula.matches.casting import Casting, Teams

APART = 1_000_003
"""Distance between the seeds of batches. World w of seed s starts like world 0 of seed s + w, so matches of
neighbouring seeds would otherwise share most of their starts, and sums of their results would overstate certainty."""


@dataclass(frozen=True)
class Bout:
    """One finished bout, from the first player's side."""

    index: int
    seat: int
    """The first player's side; with two seats this is its seat."""
    winner: int
    """The number of the player that won, 0 for the first, or -1 for a draw."""
    steps: int
    ending: str
    teams: tuple[tuple[int, int], ...] = ()
    """With more than two sides, the side and place of every team, the first player's first, see `sides.places`."""

    @property
    def ranks(self) -> tuple[int, ...]:
        """The place of every team, the first player's first; 0 is the best, equal places are a draw."""
        if self.teams:
            return tuple(place for _, place in self.teams)
        return {0: (0, 1), 1: (1, 0)}.get(self.winner, (0, 0))

    def side_of(self, team: int) -> int:
        """Return a team's side."""
        return self.teams[team][0] if self.teams else self.seat ^ team

    @property
    def winning_side(self) -> int:
        """The side that won, or -1 for a draw."""
        return NOBODY if self.winner == NOBODY else self.side_of(self.ranks.index(0))

    def turned(self) -> "Bout":
        """Return a bout of two players from the second one's side, whose first team then comes first."""
        winner = self.winner if self.winner == NOBODY else 1 - self.winner
        return replace(self, seat=self.side_of(1), winner=winner, teams=self.teams[1:] + self.teams[:1])


def share_out(total: int, parts: int, k: int) -> int:
    """Return part k of `total`, divided into `parts` whole numbers as evenly as possible."""
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
    """Play exactly `bouts` bouts between players in a batch; `watch` is called with each bout.

    Every player fills all seats of one side; the last player also fills the sides that are left. `partners[k]` fills
    all seats but the first on player k's side. A player is an object with `act` or a name, see
    `dohyo.arenas.players.find_player`; one given by name acts with its noise, seeded by `seed`. Raises `PolicyError`
    for a player that cannot act, `ConfigError` for a wrong number of players or partners.

    Every world plays a fixed share, so short bouts are not favoured. Players swap sides from bout to bout; without
    `swap` the first player always has side 0. The same batch size and seed give the same bouts; with another seed no
    bout has the same start.
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
    """Return the n bouts that have ended; `side` `[n, teams]` is the side of every team."""
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
    """Return the seed of a match, computed from the run's seed, the two names and the number of the round."""
    key = f"{seed}/{player}/{opponent}/{round_}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
