"""Who learns in a run: seats that one policy can take, the learners that grow up in them, and whom they meet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dohyo.arenas.rules import Arena, digest
from dohyo.curricula.kinds import MAIN


@dataclass(frozen=True)
class Role:
    """Seats of a two-seat arena that one policy can take."""

    name: str
    seats: tuple[int, ...]
    """Both, where they see and act alike; else one."""

    def meets(self, other: "Role") -> bool:
        """Tell whether the two can sit down to a bout: together they fill the arena."""
        return {*self.seats, *other.seats} == {0, 1}


def roles_of(arena: Arena, *, shared: bool = False) -> list[Role]:
    """Return the roles of an arena, in the order of the seats.

    Seats that play the same role with the same body are one. With `shared` so are those of different roles, as far as
    they see and act alike: one policy then plays both, told apart by the observation.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for seat, role in enumerate(arena.roles):
        alike = (arena.bodies[seat].name, digest(arena.entries(seat)))
        groups.setdefault(alike if shared else (role, *alike), []).append(seat)
    names = ["+".join(dict.fromkeys(arena.roles[seat] for seat in seats)) for seats in groups.values()]
    clear = len(set(names)) == len(names)
    return [
        Role(name if clear else arena.seats[seats[0]], tuple(seats))
        for name, seats in zip(names, groups.values(), strict=True)
    ]


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


def tagged(built_in: str, roles: list[Role]) -> dict[str, Role]:
    """Return the names under which a built-in policy plays each role: plain where there is one, else `zero@keeper`."""
    if len(roles) == 1:
        return {built_in: roles[0]}
    return {f"{built_in}@{role.name}": role for role in roles}


def rivals(learners: Mapping[str, Role], name: str) -> list[str]:
    """Return the learners that the one called `name` meets, itself included where it plays both seats."""
    return [other for other, role in learners.items() if role.meets(learners[name])]
