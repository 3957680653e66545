"""Rated bouts of a run's snapshots against its frozen references."""

import hashlib
from collections.abc import Callable, Sequence

from dohyo.agents.policy import BUILT_IN, Policy
from dohyo.arenas.batch import Batch, make_batch
from dohyo.curricula.league import Generation
from dohyo.curricula.match import Bout, play_match
from dohyo.curricula.ratings import BUILT_IN_REFERENCES
from dohyo.curricula.run import RunFolder

REFERENCE_GENERATIONS = (1, 10, 30, 100, 300)
"""The run's own snapshots that become references: early ones, about evenly spaced in strength."""
MATCH_WORLDS = 20
"""Worlds in which a match is played; part of what makes it repeatable."""


def references(generations: Sequence[Generation]) -> list[str]:
    """Return the names of a run's references so far: the built-in ones, then its early snapshots."""
    early = [g.snapshot for g in generations if g.generation in REFERENCE_GENERATIONS]
    return list(dict.fromkeys([*BUILT_IN_REFERENCES, *early]))


class Referee:
    """Plays and records the rated bouts of one run; holds one batch for all of them."""

    def __init__(self, run: RunFolder, engine: str | None = None) -> None:
        config = run.config
        self._run, self.engine = run, engine or config.engine
        self._batch: Batch = make_batch(
            config.arena, config.body, self.engine, MATCH_WORLDS, workers=config.workers, drive=config.drive
        )

    def rate(self, player: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play `bouts` bouts of `player` against every reference that it has not met, each match recorded whole.

        References meet only those before them in the list, which is what their own ratings rest on.
        """
        known = references(self._run.league.generations())
        opponents = known[: known.index(player)] if player in known else known
        for opponent in opponents:
            if self._run.league.rounds(player, opponent, self.engine) == 0:
                self.play(player, opponent, bouts, watch)

    def rate_references(self, bouts: int) -> None:
        """Play what the ratings of the built-in references rest on."""
        for player in BUILT_IN_REFERENCES[1:]:
            self.rate(player, bouts)

    def play(self, player: str, opponent: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play and record the next round of a match; its seed follows from the run's and from who plays."""
        round_ = self._run.league.rounds(player, opponent, self.engine)
        key = f"{self._run.config.seed}/{player}/{opponent}/{round_}"
        seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big")
        pair = self._policy(player, seed), self._policy(opponent, seed + 1)
        results = play_match(self._batch, pair, bouts, seed, watch)
        self._run.league.add_match(player, opponent, self.engine, round_, results)

    def _policy(self, name: str, seed: int) -> Policy:
        if name in BUILT_IN:
            return BUILT_IN[name](self._batch.action_spaces[0].shape[0], seed)
        return self._run.load(name).policy(stochastic=True, seed=seed)

    def close(self) -> None:
        """Release the batch."""
        self._batch.close()
