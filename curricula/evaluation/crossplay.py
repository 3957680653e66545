"""Cross-play: matches between any players of one arena, recorded in a folder."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.players import built_in
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.matches.match import Bout, match_seed, play_match
from dohyo.curricula.matches.roles import roles_of
from dohyo.curricula.matches.score import Score
from dohyo.curricula.matches.seating import play_evenly
from dohyo.curricula.run.record import RunRecord
from dohyo.curricula.run.results_folder import claim

WORLDS = 32
"""Most worlds of a match; a match repeats only with the same number of worlds."""

Player = Snapshot | str
"""A snapshot, or the name of a built-in policy."""


@dataclass(frozen=True)
class Entrant:
    """A participant of a cross-play, under the name that the user typed."""

    label: str
    seats: tuple[Player | None, Player | None]
    """The player that fills each seat for it; None for a seat that it cannot fill."""

    def key(self, seat: int) -> str:
        """Return the name under which its bouts in a seat are recorded."""
        player = self.seats[seat]
        return player.name if isinstance(player, Snapshot) else str(player)

    @property
    def complete(self) -> bool:
        """Whether it can fill both seats."""
        return None not in self.seats


@dataclass(frozen=True)
class CrossConfig:
    """The settings that all matches of a folder share; they are fixed once the folder exists."""

    arena: str
    body: str
    engine: str
    drive: str = "target"
    seed: int = 0
    physics: str = ACCURATE


Pair = tuple[Entrant, Entrant]


class Crossplay:
    """A folder of matches that one process at a time can use. A kill loses at most the match in play.

    Where the seats are alike (`symmetric`), the two swap seats from bout to bout; where they differ, the first fills
    seat 0 and the second seat 1. In a match of an entrant against itself, the first always fills seat 0, so that its
    wins are those of that seat. With more than two sides they share out the sides evenly, and in a match against itself
    the first fills side 0. Raises `DohyoError` if another process uses the folder or its settings differ.
    """

    def __init__(self, path: Path, config: CrossConfig, workers: int | None = None) -> None:
        self.config, self._workers = config, workers
        self._batch: Batch | None = None
        self._lock = claim("cross-play", path, asdict(config))
        try:
            self._record = RunRecord(path / "matches.sqlite")
        except BaseException:
            self._lock.close()
            raise

    @cached_property
    def arena(self) -> Arena:
        """The rules of all matches."""
        return build_arena(self.config.arena, self.config.body, drive=self.config.drive)

    @cached_property
    def symmetric(self) -> bool:
        """Whether one policy can fill both seats."""
        return len(roles_of(self.arena)) == 1

    def _batch_for(self, bouts: int) -> Batch:
        """Return a batch of `min(WORLDS, bouts)` worlds; it is reused while that number stays the same."""
        c, worlds = self.config, min(WORLDS, bouts)
        if self._batch is None or self._batch.worlds != worlds:
            self._release()
            self._batch = make_batch(
                c.arena, c.body, c.engine, worlds, workers=self._workers, drive=c.drive, physics=c.physics
            )
        return self._batch

    def _release(self) -> None:
        if self._batch is not None:
            self._batch.close()

    def pairs(self, entrants: Sequence[Entrant]) -> list[Pair]:
        """Return all pairs that meet: each pair once, with itself too; where seats differ, all that can fill 0 and 1.

        Raises `UnknownName` if no entrant can fill one of the seats.
        """
        if self.symmetric:
            return [(one, two) for k, one in enumerate(entrants) for two in entrants[k:]]
        rows, columns = ([e for e in entrants if e.seats[seat] is not None] for seat in (0, 1))
        for role, able in zip(self.arena.roles, (rows, columns), strict=True):
            if not able:
                raise UnknownName(f"no player here can play {role}: add one that can, or zero")
        return [(one, two) for one in rows for two in columns]

    def left(self, pair: Pair, bouts: int) -> int:
        """Return the number of bouts that a match of `bouts` bouts still lacks."""
        return max(0, bouts - len(self.bouts(pair)))

    def play(self, pair: Pair, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play the bouts that a match of `bouts` bouts still lacks, and record them; `watch` is called with each."""
        missing = self.left(pair, bouts)
        if not missing:
            return
        one, two = self._recorded(pair)
        names, engine = (one.key(0), two.key(1)), self.config.engine
        round_ = self._record.rounds(*names, engine)
        seed = match_seed(self.config.seed, *names, round_)
        batch = self._batch_for(missing)
        players = _policy(one, 0, batch, seed), _policy(two, 1, batch, seed + 1)
        if self.symmetric and one.key(0) != two.key(0):
            results = play_evenly(batch, players, missing, seed, watch)
        else:
            results = play_match(batch, players, missing, seed, watch, swap=False)
        self._record.add_match(*names, engine, round_, results)

    def bouts(self, pair: Pair) -> list[Bout]:
        """Return the bouts of a match so far, from the first entrant's side."""
        one, two = self._recorded(pair)
        found = self._record.bouts(one.key(0), two.key(1), self.config.engine)
        return found if one is pair[0] else [bout.turned() for bout in found]

    def score(self, pair: Pair) -> Score:
        """Return the score of a match so far, from the first entrant's side."""
        return Score.of(self.bouts(pair))

    def both_ways(self, pair: Pair) -> Score:
        """Return the score over both seats, for entrants that can fill both."""
        if self.symmetric:
            return self.score(pair)
        return self.score(pair) + self.score(pair[::-1]).turned()

    def _recorded(self, pair: Pair) -> Pair:
        """Return a pair in the order in which its match is recorded, which does not depend on the order of names."""
        if not self.symmetric:
            return pair
        one, two = pair
        return (one, two) if one.key(0) <= two.key(0) else (two, one)

    def close(self) -> None:
        """Release the engine and the folder."""
        self._release()
        self._record.close()
        self._lock.close()


def _policy(entrant: Entrant, seat: int, batch: Batch, seed: int) -> Policy:
    player = entrant.seats[seat]
    if isinstance(player, Snapshot):
        return player.policy(stochastic=True, seed=seed)
    first = seats_of_sides(batch.arena.sides)[seat][0]
    return built_in(str(player), batch, first, seed)
