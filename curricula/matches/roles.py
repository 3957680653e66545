"""Who learns in a run: seats that one policy can take, the learners that grow up in them, and whom they meet."""

from dataclasses import dataclass

from dohyo.arenas.rules.arena import Arena, digest


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


def tagged(built_in: str, roles: list[Role]) -> dict[str, Role]:
    """Return the names under which a built-in policy plays each role: plain where there is one, else `zero@keeper`."""
    if len(roles) == 1:
        return {built_in: roles[0]}
    return {f"{built_in}@{role.name}": role for role in roles}
