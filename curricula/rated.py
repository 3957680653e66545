"""Rated bouts of a run's snapshots against its frozen references."""

from collections.abc import Callable, Mapping, Sequence

from dohyo.agents.policy import BUILT_IN, Policy, built_in
from dohyo.arenas.batch import Batch, make_batch
from dohyo.curricula.league import Generation
from dohyo.curricula.match import Bout, match_seed, play_match
from dohyo.curricula.ratings import BUILT_IN_REFERENCES
from dohyo.curricula.roles import Role, tagged
from dohyo.curricula.run import RunFolder

REFERENCE_GENERATIONS = (1, 10, 30, 100, 300, 1000, 3000)
"""The run's own snapshots that become references: early ones, about evenly spaced in strength."""
MATCH_WORLDS = 20
"""Worlds in which a match is played; part of what makes it repeatable."""
GUEST_DIGITS = 6
"""Of a guest's digest, that tell it from others where a name of sixteen would fill the line."""


def references(run: RunFolder) -> dict[str, Role]:
    """Return a run's references so far, in order, with their roles.

    The built-in ones in each role, other guests, then early snapshots of the first learner of each role.
    """
    known: dict[str, Role] = {}
    for name in BUILT_IN_REFERENCES:
        known |= tagged(name, run.roles)
    for name, roles in run.guests.items():
        if name in BUILT_IN:
            continue
        known[name] = next(r for r in roles if any(r.meets(learning) for learning in run.learners.values()))
    return known | early(run.learners, run.league.generations())


def early(learners: Mapping[str, Role], generations: Sequence[Generation]) -> dict[str, Role]:
    """Return the early snapshots of the first learner of each role."""
    firsts = {role: next(name for name in learners if learners[name] == role) for role in learners.values()}
    return {
        link.snapshot: learners[link.learner]
        for link in generations
        if link.generation in REFERENCE_GENERATIONS and firsts[learners[link.learner]] == link.learner
    }


def titles(known: Mapping[str, Role], generations: Sequence[Generation]) -> dict[str, str]:
    """Return what to call a run's references, by name."""
    born = {link.snapshot: link.generation for link in generations}
    several = len({role.name for role in known.values()}) > 1
    return {name: title(name, role.name, born.get(name), several) for name, role in known.items()}


def title(name: str, role: str, generation: int | None, several: bool) -> str:
    """Return what to call a reference: built-in policies as they are, a run's own by generation, others guests.

    Where there are references of `several` roles, it says which.
    """
    if generation is not None:
        return f"{role if several else 'gen'} {generation}"
    plain = name.partition("@")[0]
    if plain in BUILT_IN:
        return name if several else plain
    return f"guest {name[:GUEST_DIGITS]}"


class Referee:
    """Plays and records the rated bouts of one run; holds one batch for all of them."""

    def __init__(self, run: RunFolder, engine: str | None = None) -> None:
        config = run.config
        self._run, self.engine = run, engine or config.engine
        self._batch: Batch = make_batch(
            config.arena, config.body, self.engine, MATCH_WORLDS, workers=config.workers, drive=config.drive
        )

    def references(self) -> dict[str, Role]:
        """Return the run's references so far, with their roles."""
        return references(self._run)

    def opponents(self, player: str) -> list[str]:
        """Return the references that rate `player`: those that can meet it.

        References meet only those before them in the list, which is what their own ratings rest on.
        """
        known, role = self.references(), self._role(player)
        names = list(known)
        before = names[: names.index(player)] if player in known else names
        return [name for name in before if known[name].meets(role)]

    def previous(self, player: str) -> str | None:
        """Return the snapshot of the same learner that was rated before `player`, if the two can sit down to a bout."""
        chain = self._run.league.generations()
        own = next((link for link in chain if link.snapshot == player), None)
        if own is None or not (role := self._role(player)).meets(role):
            return None
        rated = {match.player for match in self._run.league.matches(self.engine)}
        before = [link for link in chain if link.learner == own.learner and link.generation < own.generation]
        return next((link.snapshot for link in reversed(before) if link.snapshot in rated), None)

    def rate(self, player: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play `bouts` bouts of `player` against every reference that it has not met, each match recorded whole.

        So it does against its learner's previous one, which counts for no rating, but tells progress from going round
        in circles (`dohyo.curricula.signs`).
        """
        previous = self.previous(player)
        for opponent in dict.fromkeys([*self.opponents(player), *([previous] if previous else [])]):
            if self._run.league.rounds(player, opponent, self.engine) == 0:
                self.play(player, opponent, bouts, watch)

    def rate_references(self, bouts: int) -> None:
        """Play what the ratings of the built-in references rest on."""
        for player in list(self.references()):
            self.rate(player, bouts)

    def play(self, player: str, opponent: str, bouts: int, watch: Callable[[Bout], None] | None = None) -> None:
        """Play and record the next round of a match; its seed follows from the run's and from who plays."""
        round_ = self._run.league.rounds(player, opponent, self.engine)
        seed = match_seed(self._run.config.seed, player, opponent, round_)
        role = self._role(player)
        own, other = role.seats[0], self._role(opponent).seats[-1]
        pair = self._policy(player, own, seed), self._policy(opponent, other, seed + 1)
        if len(role.seats) == 2:
            results = play_match(self._batch, pair, bouts, seed, watch)
        else:
            ordered = pair if own == 0 else pair[::-1]
            results = play_match(self._batch, ordered, bouts, seed, watch, swap=False)
            results = results if own == 0 else [bout.turned() for bout in results]
        self._run.league.add_match(player, opponent, self.engine, round_, results)

    def _role(self, name: str) -> Role:
        known = self.references()
        if name in known:
            return known[name]
        learner = next(link.learner for link in self._run.league.generations() if link.snapshot == name)
        return self._run.learners[learner]

    def _policy(self, name: str, seat: int, seed: int) -> Policy:
        plain = name.partition("@")[0]
        if plain in BUILT_IN:
            return built_in(plain, self._batch, seat, seed)
        return self._run.load(name).policy(stochastic=True, seed=seed)

    def close(self) -> None:
        """Release the batch."""
        self._batch.close()
