"""A run's learners, and which of them can meet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dohyo.curricula.matches.roles import Role
from dohyo.curricula.opponents.league import MAIN


@dataclass(frozen=True)
class LearnerSpec:
    """One learner of a run: its role, its kind, and its number in a population."""

    role: Role
    kind: str = MAIN
    """One of `dohyo.curricula.opponents.league.KINDS`; without a league all are main agents."""
    index: int | None = None
    """Its number in a population, from 1; None without a population."""

    @property
    def name(self) -> str:
        """The learner's name in files and on the command line, such as `sumo` or `kicker-2-main-exploiter`."""
        number = "" if self.index is None else f"-{self.index}"
        return f"{self.role.name}{number}{'' if self.kind == MAIN else f'-{self.kind}'}"


def plan_learners(roles: Sequence[Role], population: int, kinds: Sequence[str] = (MAIN,)) -> list[LearnerSpec]:
    """Return a run's learners, `population` for each role and kind, in the order of `kinds`."""
    numbers = [None] if population == 1 else range(1, population + 1)
    return [LearnerSpec(role, kind, number) for kind in kinds for number in numbers for role in roles]


def by_name(specs: Iterable[LearnerSpec]) -> dict[str, LearnerSpec]:
    """Return learners by name."""
    return {spec.name: spec for spec in specs}


def rivals(learners: Mapping[str, Role], name: str) -> list[str]:
    """Return the learners that the learner `name` meets, including itself if it fills both seats."""
    return [other for other, role in learners.items() if role.meets(learners[name])]
