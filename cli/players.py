"""Entrants of a cross-play from the names on the command line."""

from typing import TYPE_CHECKING

from dohyo.agents.snapshot import Part
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.players import find_snapshot

if TYPE_CHECKING:
    from dohyo.curricula.evaluation.crossplay import Entrant


def find_entrant(name: str, arena: Arena) -> "Entrant":
    """Return the entrant `name`, with its player for each seat; raises `UnknownName` or `SnapshotError` without one."""
    from dohyo.curricula.evaluation.crossplay import Entrant

    if name in BUILT_IN:
        return Entrant(name, (name, name))
    first, second = (seats[0] for seats in seats_of_sides(arena.sides)[:2])
    parts = Part.of(arena, first), Part.of(arena, second)
    one, two = (find_snapshot(name, part) for part in parts)
    if not one.plays(parts[0]) and not two.plays(parts[1]):
        one.check_plays(parts[0])
    return Entrant(name, (one if one.plays(parts[0]) else None, two if two.plays(parts[1]) else None))
