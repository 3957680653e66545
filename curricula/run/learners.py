"""Names of a run's learners, and who meets whom."""

from collections.abc import Mapping, Sequence

from dohyo.curricula.matches.roles import Role
from dohyo.curricula.opponents.league import KINDS, MAIN


def kind_of(learner: str) -> str:
    """Return the kind of a learner by its name, see `dohyo.curricula.run.learners.name_learners`."""
    return next((kind for kind in KINDS if learner.endswith(f"-{kind}")), MAIN)


def name_learners(roles: list[Role], population: int, kinds: Sequence[str] = (MAIN,)) -> dict[str, Role]:
    """Return the roles of a run's learners by name: `population` of them for each role and kind.

    Main agents, the kind of all learners outside a league, come first and bear the name of the role alone.
    """
    return {
        f"{role.name}{f'-{k}' if population > 1 else ''}{'' if kind == MAIN else f'-{kind}'}": role
        for kind in kinds
        for k in range(1, population + 1)
        for role in roles
    }


def rivals(learners: Mapping[str, Role], name: str) -> list[str]:
    """Return the learners that the one called `name` meets, itself included where it plays both seats."""
    return [other for other, role in learners.items() if role.meets(learners[name])]
