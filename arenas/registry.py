"""The table of arenas: what exists, which bodies it takes, and how to build it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from dohyo.arenas.bodies import BODIES, Body, get_body
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.kick_and_defend import KickAndDefend
from dohyo.arenas.rules import Arena
from dohyo.arenas.run_to_goal import RunToGoal
from dohyo.arenas.sumo import Sumo
from dohyo.arenas.you_shall_not_pass import YouShallNotPass


class Build(Protocol):
    """Constructor of an arena's rules."""

    def __call__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> Arena: ...


@dataclass(frozen=True)
class ArenaSpec:
    """One line of the table."""

    id: str
    """The versioned name, as in `pettingzoo.make("parallel", "dohyo/sumo_v0")`."""
    build: Build
    bodies: tuple[str, ...]
    """The bodies the arena takes, in any seat."""
    seats: int
    page: str
    """The page of the documentation that describes it."""
    max_cycles: int = 500
    """Control steps in a bout unless asked otherwise (EC)."""


ARENAS = {
    "sumo": ArenaSpec("sumo_v0", Sumo, bodies=tuple(BODIES), seats=2, page="sumo"),
    "sumo_3": ArenaSpec("sumo_3_v0", partial(Sumo, sides=(0, 1, 2)), bodies=("ant",), seats=3, page="sumo"),
    "sumo_4": ArenaSpec("sumo_4_v0", partial(Sumo, sides=(0, 1, 2, 3)), bodies=("ant",), seats=4, page="sumo"),
    "sumo_2v2": ArenaSpec("sumo_2v2_v0", partial(Sumo, sides=(0, 0, 1, 1)), bodies=("ant",), seats=4, page="sumo"),
    "run_to_goal": ArenaSpec("run_to_goal_v0", RunToGoal, bodies=tuple(BODIES), seats=2, page="run_to_goal"),
    "you_shall_not_pass": ArenaSpec(
        "you_shall_not_pass_v0", YouShallNotPass, bodies=tuple(BODIES), seats=2, page="you_shall_not_pass"
    ),
    "kick_and_defend": ArenaSpec(
        "kick_and_defend_v0", KickAndDefend, bodies=tuple(BODIES), seats=2, page="kick_and_defend"
    ),
}
"""Arenas by name."""


def build_arena(
    name: str, body: str = "ant", *, worlds: int = 1, drive: str = "target", max_cycles: int | None = None
) -> Arena:
    """Build the rules of arena `name` over `worlds` worlds.

    `body`: one for every seat (`ant`), or one per seat (`ant,spider`). Raises `UnknownName` for an arena, body or
    drive that does not exist, or a body that this arena does not take.
    """
    spec = lookup(ARENAS, name, "arena")
    if max_cycles is not None and max_cycles < 1:
        raise UnknownName(f"max_cycles must be at least 1, not {max_cycles}")
    arena = spec.build(_seat_bodies(name, spec, body), worlds, drive, max_cycles or spec.max_cycles)
    arena.name = name
    return arena


def need_two_seats(name: str) -> None:
    """Raise `UnknownName` unless the arena has two seats."""
    if ARENAS[name].seats != 2:
        two = ", ".join(known for known, spec in ARENAS.items() if spec.seats == 2)
        raise UnknownName(
            f"arena {name!r} has {ARENAS[name].seats} seats; training and matches take arenas of two: {two}"
        )


def _seat_bodies(name: str, spec: ArenaSpec, body: str) -> list[Body]:
    """Return the body of each seat."""
    words = body.split(",")
    for word in words:
        if word in BODIES and word not in spec.bodies:
            raise UnknownName(f"arena {name!r} does not take body {word!r}; it takes: {', '.join(spec.bodies)}")
    bodies = [get_body(word) for word in words]
    if len(bodies) not in (1, spec.seats):
        raise UnknownName(f"arena {name!r} has {spec.seats} seats: give one body, or {spec.seats} with commas")
    return bodies * spec.seats if len(bodies) == 1 else bodies
