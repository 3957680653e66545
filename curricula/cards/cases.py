"""The cases of a card: matches on each engine, in changed worlds and with the opponent out of sight."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.players import built_in
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.cards.subject import Opponent, Subject, opponents, opposite
from dohyo.curricula.evaluation.masked import blinded
from dohyo.curricula.matches.match import Bout, match_seed
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.matches.score import Score
from dohyo.curricula.matches.seating import play_roles

WORLDS = 32
"""Most worlds of a match; its bouts repeat only with the same number."""
MATCHES, BLIND, CHANGED = "matches", "blind", "worlds"
CHANGES = {"heavier": ("mass", 1.5), "slippier": ("friction", 0.5), "weaker": ("torque", 0.6)}
"""Changed worlds by name: a field of `Randomisation` and its factor, in all bouts and for all seats.

The factors are chosen here: large enough to show, small enough to stand and move."""


@dataclass(frozen=True)
class Case:
    """A match of the subject, in one role against one opponent."""

    part: str
    """The part of the card: `MATCHES`, `BLIND` or `CHANGED`."""
    role: Role
    opponent: Opponent
    engine: str
    physics: str
    change: str = ""
    """A key of `CHANGES`; empty for the unchanged world."""

    @property
    def key(self) -> str:
        """The name under which its result is kept."""
        return "/".join((self.part, self.role.name, self.opponent.name, self.engine, self.physics, self.change))


def cases(subject: Subject, engines: Sequence[tuple[str, str]], named: Sequence[str] = ()) -> list[Case]:
    """Return the cases of a card: every opponent on every engine, and on the first engine what may break the subject.

    In changed worlds it meets `zero`; blind it meets `zero` and its newest past.
    """
    found, first = [], engines[0]
    for role in subject.roles:
        met = opponents(subject, role, named)
        past = [one for one in met if one.past][-1:]
        found += [Case(MATCHES, role, one, *engine) for engine in engines for one in met]
        found += [Case(BLIND, role, one, *first) for one in (met[0], *past)]
        found += [Case(CHANGED, role, met[0], *first, change) for change in CHANGES]
    return found


def play(subject: Subject, case: Case, bouts: int, seed: int, watch: Callable[[Bout], None]) -> dict[str, Any]:
    """Play a case and return its result for the card; the same seed and number of bouts give the same result."""
    setup, arena = subject.setup, subject.arena
    seed = match_seed(seed, subject.snapshot.name, case.key, 0)
    batch = make_batch(
        arena.name,
        setup.body,
        case.engine,
        min(WORLDS, bouts),
        drive=setup.drive,
        physics=case.physics,
        randomisation=_changed(case.change),
    )
    with closing(batch):
        pair = _own(subject, case, batch, seed), _other(case, batch, seed + 1)
        played = play_roles(batch, pair, case.role, bouts, seed, watch)
    return {
        "opponent": case.opponent.title,
        "player": case.opponent.name,
        "past": case.opponent.past,
        "engine": case.engine,
        "physics": case.physics,
        "change": case.change,
        "role": case.role.name,
        **figures(played),
        "sides": list(_by_side(subject, played)) if case.role.mirrored else [],
    }


def figures(bouts: Sequence[Bout]) -> dict[str, Any]:
    """Return the score of bouts with its interval, their mean length in control steps, and endings by number."""
    return scored(Score.of(bouts)) | {
        "mean_steps": float(np.mean([bout.steps for bout in bouts])),
        "endings": dict(Counter(bout.ending for bout in bouts).most_common()),
    }


def scored(score: Score) -> dict[str, Any]:
    """Return a score with the 95 % interval of its share of wins."""
    low, high = score.interval
    counts = {"bouts": score.bouts, "wins": score.wins, "draws": score.draws, "losses": score.losses}
    return counts | {"win_rate": score.win_rate, "low": low, "high": high}


def _by_side(subject: Subject, bouts: Sequence[Bout]) -> Iterator[dict[str, Any]]:
    """Yield the score on each side, named by its seats."""
    for side, seats in enumerate(seats_of_sides(subject.arena.sides)):
        taken = [bout for bout in bouts if bout.seat == side]
        if taken:
            yield {"side": "+".join(subject.arena.seats[seat] for seat in seats), **scored(Score.of(taken))}


def _changed(change: str) -> Randomisation:
    if not change:
        return OFF
    field, factor = CHANGES[change]
    changed: dict[str, Any] = {field: (factor, factor)}
    return Randomisation(**changed)


def _own(subject: Subject, case: Case, batch: Batch, seed: int) -> Policy:
    policy = subject.snapshot.policy(stochastic=True, seed=seed)
    if case.part != BLIND:
        return policy
    return blinded(subject.snapshot, policy, batch.arena.entries(case.role.seats[0]))


def _other(case: Case, batch: Batch, seed: int) -> Policy:
    player = case.opponent.player
    if isinstance(player, Snapshot):
        return player.policy(stochastic=True, seed=seed)
    return built_in(player, batch, opposite(batch.arena, case.role), seed)
