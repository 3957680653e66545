"""A run's learners, and which of them can meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dohyo.curricula.matches.roles import Role
from dohyo.curricula.opponents.league import MAIN


@dataclass(frozen=True)
class LearnerSpec:
    """One learner of a run: the role it takes, its kind, and its number in a population (None where it is alone)."""

    role: Role
    kind: str = MAIN
    """One of `dohyo.curricula.opponents.league.KINDS`; outside of a league all are main agents."""
    index: int | None = None
    """From 1."""

    @property
    def name(self) -> str:
        """What the learner is called in files and on the command line, e.g. `sumo`, `kicker-2-main-exploiter`."""
        number = "" if self.index is None else f"-{self.index}"
        return f"{self.role.name}{number}{'' if self.kind == MAIN else f'-{self.kind}'}"


def plan_learners(roles: Sequence[Role], population: int, kinds: Sequence[str] = (MAIN,)) -> list[LearnerSpec]:
    """Return a run's learners: `population` of them for each role and kind, in the order of `kinds`."""
    numbers = [None] if population == 1 else range(1, population + 1)
    return [LearnerSpec(role, kind, number) for kind in kinds for number in numbers for role in roles]


def by_name(specs: Iterable[LearnerSpec]) -> dict[str, LearnerSpec]:
    """Return learners by the names that files and the command line have for them."""
    return {spec.name: spec for spec in specs}


def rivals(learners: Mapping[str, Role], name: str) -> list[str]:
    """Return the learners that the one called `name` meets, itself included where it plays both seats."""
    return [other for other, role in learners.items() if role.meets(learners[name])]
