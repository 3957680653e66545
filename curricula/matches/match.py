"""Matches: bouts between two policies, seats swapped, each counted once."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.players import AnyPlayer, seat_players

APART = 1_000_003
"""Between the seeds of batches, since world w of seed s starts as world 0 of seed s + w does: without it, matches of
neighbouring seeds would have most of their starts in common, and pooling them would promise more than it holds."""


@dataclass(frozen=True)
class Bout:
    """One finished bout, from the first player's side."""

    index: int
    seat: int
    """The first player's seat."""
    winner: int
    """0 for the first player, 1 for the second, -1 for a draw."""
    steps: int
    ending: str

    def turned(self) -> "Bout":
        """Return the bout as its second player sees it."""
        return replace(self, seat=1 - self.seat, winner=self.winner if self.winner < 0 else 1 - self.winner)


def share_out(total: int, parts: int, k: int) -> int:
    """Return part k of `total`, cut into whole `parts` as even as possible."""
    return total // parts + (k < total % parts)


def play_match(
    batch: Batch,
    players: tuple[AnyPlayer, AnyPlayer],
    bouts: int,
    seed: int,
    watch: Callable[[Bout], None] | None = None,
    *,
    swap: bool = True,
) -> list[Bout]:
    """Play exactly `bouts` bouts between two players in a two-seat batch; `watch` is told of each.

    A player is an object with `act` or a name, see `dohyo.arenas.players.find_player`. One with a name acts with its
    own noise, seeded by `seed`. Raises `PolicyError` for a player that cannot act.

    Every world plays its share to the end, so short bouts are not favoured; players change sides from bout to bout,
    unless `swap` is off: then the first takes seat 0 throughout. The same batch size and seed give the same bouts;
    with another seed no bout starts the same.
    """
    worlds = batch.worlds
    quota = [share_out(bouts, worlds, world) for world in range(worlds)]
    played = np.zeros(worlds, np.intp)
    seat = np.arange(worlds) % 2 if swap else np.zeros(worlds, np.intp)
    results: list[Bout] = []
    one, two = seat_players(players, batch, seed)
    observation = batch.reset(APART * seed)
    for player in (one, two):
        player.forget(np.arange(worlds))
    while len(results) < bouts:
        swapped = (seat == 1)[:, None]
        first, second = _exchange(swapped, *observation)
        step = batch.step(_exchange(swapped, one.act(first), two.act(second)))
        observation, finished = step.observation, step.finished
        one.forget(finished.ids)
        two.forget(finished.ids)
        for k, world in enumerate(finished.ids):
            if played[world] < quota[world]:
                winner = int(finished.winner[k])
                bout = Bout(
                    index=int(played[world]) * worlds + int(world),
                    seat=int(seat[world]),
                    winner=winner if winner < 0 else int(winner != seat[world]),
                    steps=int(finished.steps[k]),
                    ending=batch.endings[finished.ending[k]],
                )
                results.append(bout)
                if watch is not None:
                    watch(bout)
            played[world] += 1
            seat[world] = 1 - seat[world] if swap else 0
    return sorted(results, key=lambda bout: bout.index)


def _exchange(swapped: NDArray[np.bool_], one: FloatArray, two: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Exchange the rows of two arrays where `swapped` `[W, 1]`; where nothing is, they need not be of one width."""
    if not swapped.any():
        return one, two
    return np.where(swapped, two, one), np.where(swapped, one, two)


def match_seed(seed: int, player: str, opponent: str, round_: int) -> int:
    """Return the seed of a match, which follows from the run's and from who plays for which time."""
    key = f"{seed}/{player}/{opponent}/{round_}"
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
