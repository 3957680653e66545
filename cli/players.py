"""Players from the names on the command line: entrants of a cross-play, and the learners of a run."""

from typing import TYPE_CHECKING

from dohyo.agents.pretrained import PREFIX, about, shipped
from dohyo.agents.snapshot import Part
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.players import find_snapshot
from dohyo.curricula.run.folder import RunFolder

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


def shipped_players(arena: Arena) -> list[str]:
    """Return the name of a shipped agent per side, the first that was trained for it; empty if a side has none."""
    cards = {name: about(name) for name in shipped()}
    able = {
        role: f"{PREFIX}{name}"
        for name, card in reversed(cards.items())
        if card["arena"] == arena.name
        for role in card["roles"]
    }
    players = [able.get(arena.roles[seats[0]]) for seats in seats_of_sides(arena.sides)]
    return [player for player in players if player] if all(players) else []


def players_of_run(folder: RunFolder, at: float | None = None) -> list[str]:
    """Return the names of a player per side: the run's first learner for it, or `zero` where the run has none.

    They are the newest snapshots, or with `at` those after that share of each learner's generations, 0 to 1.
    """
    learners: dict[int, str] = {}
    for name, role in folder.learners.items():
        chain = folder.record.chain(name)
        which = "" if at is None or not chain else f"@{chain[round(at * (len(chain) - 1))].generation}"
        for side in role.sides:
            learners.setdefault(side, f"{folder.path}:{name}{which}")
    sides = {side for role in folder.roles for side in role.sides}
    return [learners.get(side, "zero") for side in sorted(sides)]
