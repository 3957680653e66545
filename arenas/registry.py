"""The table of arenas: what exists, which bodies it takes, and how to build it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dohyo.arenas.bodies import BODIES, Body, get_body
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.rules import Arena
from dohyo.arenas.sumo import Sumo


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
    """The bodies the arena takes."""
    seats: int
    max_cycles: int
    """Control steps in a bout unless asked otherwise."""


ARENAS = {"sumo": ArenaSpec("sumo_v0", Sumo, bodies=tuple(BODIES), seats=2, max_cycles=500)}
"""Arenas by name."""


def build_arena(
    name: str, body: str = "ant", *, worlds: int = 1, drive: str = "target", max_cycles: int | None = None
) -> Arena:
    """Build the rules of arena `name` over `worlds` worlds, every seat taken by `body`.

    Raises `UnknownName` for an arena, body or drive that does not exist, or a body that this arena does not take.
    """
    spec = lookup(ARENAS, name, "arena")
    if body in BODIES and body not in spec.bodies:
        raise UnknownName(f"arena {name!r} does not take body {body!r}; it takes: {', '.join(spec.bodies)}")
    if max_cycles is not None and max_cycles < 1:
        raise UnknownName(f"max_cycles must be at least 1, not {max_cycles}")
    return spec.build([get_body(body)] * spec.seats, worlds, drive, max_cycles or spec.max_cycles)
