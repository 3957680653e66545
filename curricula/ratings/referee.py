"""Rated bouts of a run's snapshots against its frozen references."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from dohyo.agents.policies.policy import Policy
from dohyo.arenas.batch import Batch
from dohyo.arenas.players import BUILT_IN, built_in
from dohyo.curricula.matches.match import Bout, match_seed
from dohyo.curricula.matches.relay import Relay
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.matches.seating import play_roles
from dohyo.curricula.ratings.references import references
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Round

Pair = tuple[str, str]
"""A player and its opponent."""

MATCH_WORLDS = 20
"""Worlds in which rated bouts are played; they repeat only with the same number."""


class Referee:
    """Plays and records the rated bouts of one run, with one batch for all of them."""

    def __init__(self, run: RunFolder, engine: str | None = None) -> None:
        config = run.config
        self._run, self.engine = run, engine or config.engine
        self._batch: Batch = config.make_batch(MATCH_WORLDS, self.engine, randomised=False)

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

    def unmet(self, player: str) -> list[Pair]:
        """Return the pairs that have to play so that `player` is rated, and none if it has met all its opponents.

        Its opponents are the references and its learner's previous rated snapshot. Bouts against the latter do not
        count for ratings, but show progress or cycles (`dohyo.curricula.ratings.warning_signs`). References that have
        not met each other are among the pairs.
        """
        previous = self.previous(player)
        own = [(player, rival) for rival in [*self.opponents(player), *([previous] if previous else [])]]
        if not self._new(own):
            return []
        return self._new([(name, rival) for name in self.references() for rival in self.opponents(name)] + own)

    def _new(self, pairs: Sequence[Pair]) -> list[Pair]:
        return [pair for pair in dict.fromkeys(pairs) if self._run.record.rounds(*pair, self.engine) == 0]

    def play(self, pairs: Sequence[Pair], bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play the next round of `bouts` bouts of every pair, all together, and record them at once.

        Seeds follow from the run's seed, the names and the rounds.
        """
        rounds: list[Round] = []
        for role in dict.fromkeys(self._role(player) for player, _ in pairs):
            rounds += self._play(role, [pair for pair in pairs if self._role(pair[0]) == role], bouts, watch)
        self._run.record.add_rounds(rounds)

    def _play(self, role: Role, pairs: Sequence[Pair], bouts: int, watch: Callable[[Bout], None] | None) -> list[Round]:
        """Play the next round of pairs whose first players have the same role; bout i is one of pair i // `bouts`."""
        rounds = [self._run.record.rounds(*pair, self.engine) for pair in pairs]
        players, opponents = ([pair[k] for pair in pairs] for k in (0, 1))
        seed = match_seed(self._run.config.seed, " ".join(players), " ".join(opponents), sum(rounds))
        other = self._role(opponents[0]).seats[-1]
        sides = (
            self._relay(players, role.seats[0], bouts, seed),
            self._relay(opponents, other, bouts, seed + len(pairs)),
        )
        played = play_roles(self._batch, sides, role, bouts * len(pairs), seed, watch)
        return [
            Round(*pair, self.engine, round_, [replace(played[k * bouts + i], index=i) for i in range(bouts)])
            for k, (pair, round_) in enumerate(zip(pairs, rounds, strict=True))
        ]

    def _relay(self, names: Sequence[str], seat: int, bouts: int, seed: int) -> Relay:
        """Return the players `names` as one; each acts in `bouts` bouts for each time that its name occurs."""
        order = list(dict.fromkeys(names))
        policies = [self._policy(name, seat, seed + k) for k, name in enumerate(order)]
        turns = [order.index(name) for name in names for _ in range(bouts)]
        return Relay(policies, turns, self._batch.worlds, len(self._batch.seats))

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
