"""Who learns in a run: seats that one policy can take, the learners that grow up in them, and whom they meet."""

from dataclasses import dataclass

from dohyo.arenas.errors import ConfigError
from dohyo.arenas.rules.arena import Arena, digest
from dohyo.curricula.matches.casting import seats_of_sides


@dataclass(frozen=True)
class Role:
    """Seats of an arena that one policy can take."""

    name: str
    seats: tuple[int, ...]
    sides: tuple[int, ...]
    """Sides all of whose seats are among them. A player takes whole sides."""

    @property
    def mirrored(self) -> bool:
        """Whether one policy can take any side, and meet itself."""
        return len(self.sides) > 1

    def meets(self, other: "Role") -> bool:
        """Tell whether the two can sit down to a bout, each on sides of its own."""
        return any(one != two for one in self.sides for two in other.sides)


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
    """Raise `ConfigError` unless one role can take every side, or each of two roles one of two sides.

    Only then is there a player for every side of a bout between two players.
    """
    taken = [role.sides for role in roles]
    if taken not in ([tuple(range(max(arena.sides) + 1))], [(0,), (1,)], [(1,), (0,)]):
        raise ConfigError(
            f"in {arena.name} with these bodies no player can take a whole side: give all seats the same body, or, of "
            "two sides, one body to each"
        )


def tagged(built_in: str, roles: list[Role]) -> dict[str, Role]:
    """Return the names under which a built-in policy plays each role: plain where there is one, else `zero@keeper`."""
    if len(roles) == 1:
        return {built_in: roles[0]}
    return {f"{built_in}@{role.name}": role for role in roles}
