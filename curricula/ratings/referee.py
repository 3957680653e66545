"""Rated bouts of a run's snapshots against its frozen references."""

from collections.abc import Callable

from dohyo.agents.policies.policy import Policy
from dohyo.arenas.batch import Batch
from dohyo.arenas.players import BUILT_IN, built_in
from dohyo.curricula.matches.match import Bout, match_seed
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.matches.seating import play_roles
from dohyo.curricula.ratings.references import (
    references,
)
from dohyo.curricula.run.folder import RunFolder

MATCH_WORLDS = 20
"""Worlds in which a match is played; a match repeats only with the same number."""


class Referee:
    """Plays and records the rated bouts of one run, with one batch for all of them."""

    def __init__(self, run: RunFolder, engine: str | None = None) -> None:
        config = run.config
        self._run, self.engine = run, engine or config.engine
        self._batch: Batch = config.make_batch(MATCH_WORLDS, self.engine)

    def references(self) -> dict[str, Role]:
        """Return the run's references so far and their roles."""
        return references(self._run)

    def opponents(self, player: str) -> list[str]:
        """Return the references against which `player` is rated: those that it can meet.

        A reference is rated only against those before it in the list.
        """
        known, role = self.references(), self._role(player)
        names = list(known)
        before = names[: names.index(player)] if player in known else names
        return [name for name in before if known[name].meets(role)]

    def previous(self, player: str) -> str | None:
        """Return the last rated snapshot of the same learner before `player`, or None if the two cannot meet."""
        chain = self._run.record.generations()
        own = next((link for link in chain if link.snapshot == player), None)
        if own is None or not (role := self._role(player)).meets(role):
            return None
        rated = {match.player for match in self._run.record.matches(self.engine)}
        before = [link for link in chain if link.learner == own.learner and link.generation < own.generation]
        return next((link.snapshot for link in reversed(before) if link.snapshot in rated), None)

    def rate(self, player: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> int:
        """Play and record `bouts` bouts of `player` against every unmet reference; return the number of matches.

        It also plays its learner's previous snapshot. That match does not count for ratings, but shows progress or
        cycles (`dohyo.curricula.ratings.warning_signs`).
        """
        previous = self.previous(player)
        rivals = dict.fromkeys([*self.opponents(player), *([previous] if previous else [])])
        unmet = [rival for rival in rivals if self._run.record.rounds(player, rival, self.engine) == 0]
        for rival in unmet:
            self.play(player, rival, bouts, watch)
        return len(unmet)

    def rate_references(self, bouts: int) -> None:
        """Play and record the bouts that rate the references."""
        for player in list(self.references()):
            self.rate(player, bouts)

    def play(self, player: str, opponent: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play and record the next round of a match; its seed follows from the run's seed and the two names."""
        round_ = self._run.record.rounds(player, opponent, self.engine)
        seed = match_seed(self._run.config.seed, player, opponent, round_)
        role = self._role(player)
        own, other = role.seats[0], self._role(opponent).seats[-1]
        pair = self._policy(player, own, seed), self._policy(opponent, other, seed + 1)
        results = play_roles(self._batch, pair, role, bouts, seed, watch)
        self._run.record.add_match(player, opponent, self.engine, round_, results)

    def _role(self, name: str) -> Role:
        known = self.references()
        if name in known:
            return known[name]
        learner = next(link.learner for link in self._run.record.generations() if link.snapshot == name)
        return self._run.learners[learner]

    def _policy(self, name: str, seat: int, seed: int) -> Policy:
        plain = name.partition("@")[0]
        if plain in BUILT_IN:
            return built_in(plain, self._batch, seat, seed)
        return self._run.fitted(name, seat).policy(stochastic=True, seed=seed)

    def close(self) -> None:
        """Release the batch."""
        self._batch.close()
