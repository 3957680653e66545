"""Roles: the seats that one policy can fill, and which roles can meet."""

from dataclasses import dataclass

from dohyo.arenas.errors import ConfigError
from dohyo.arenas.rules.arena import Arena, digest
from dohyo.arenas.sides import seats_of_sides


@dataclass(frozen=True)
class Role:
    """The seats of an arena that one policy can fill."""

    name: str
    seats: tuple[int, ...]
    sides: tuple[int, ...]
    """The sides with all of their seats among `seats`: a player fills whole sides."""

    @property
    def mirrored(self) -> bool:
        """Whether one policy can fill several sides, and so meet itself."""
        return len(self.sides) > 1

    def meets(self, other: "Role") -> bool:
        """Return whether the two roles can meet in a bout, on different sides."""
        return any(one != two for one in self.sides for two in other.sides)


def roles_of(arena: Arena, *, shared: bool = False) -> list[Role]:
    """Return the roles of an arena, in the order of the seats.

    Seats with the same role and body share one role. With `shared`, seats of different roles do too if their bodies and
    observations are alike: one policy then plays both roles, and its observation tells them apart.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for seat, role in enumerate(arena.roles):
        alike = (arena.bodies[seat].name, digest(arena.entries(seat)))
        groups.setdefault(alike if shared else (role, *alike), []).append(seat)
    names = ["+".join(dict.fromkeys(arena.roles[seat] for seat in seats)) for seats in groups.values()]
    clear = len(set(names)) == len(names)
    sides = list(enumerate(seats_of_sides(arena.sides)))
    return [
        Role(
            name if clear else arena.seats[seats[0]],
            tuple(seats),
            tuple(side for side, taken in sides if set(taken) <= set(seats)),
        )
        for name, seats in zip(names, groups.values(), strict=True)
    ]


def check_roles(arena: Arena, roles: list[Role]) -> None:
    """Raise `ConfigError` unless one role can fill every side, or two roles fill one of two sides each.

    Otherwise a bout between two players would leave a side without a player.
    """
    taken = [role.sides for role in roles]
    if taken not in ([tuple(range(max(arena.sides) + 1))], [(0,), (1,)], [(1,), (0,)]):
        raise ConfigError(
            f"in {arena.name} with these bodies no player can fill a whole side: give all seats the same body, or each "
            "of two sides one body"
        )


def tagged(built_in: str, roles: list[Role]) -> dict[str, Role]:
    """Return a built-in policy's name for each role: the plain name if there is one role, else `zero@keeper`."""
    if len(roles) == 1:
        return {built_in: roles[0]}
    return {f"{built_in}@{role.name}": role for role in roles}
