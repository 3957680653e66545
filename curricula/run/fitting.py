"""How snapshots fit the seats of a run: as they are, or by surgery if the run's settings ask for it."""

from dohyo.agents import surgery
from dohyo.agents.snapshot import Part, Snapshot
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.run.config import TrainConfig


def fit(snapshot: Snapshot, config: TrainConfig, arena: Arena, seat: int) -> Snapshot:
    """Return the snapshot for a seat of the run's arena, under its own name; raises `SnapshotError` if it does not fit.

    With `config.surgery` snapshots of other observations and of other arenas fit too. Within its own arena a snapshot
    keeps its role.
    """
    part, own = Part.of(arena, seat), snapshot.origin.part
    kept = own.arena != part.arena or part.role in own.role.split("+")
    if not config.surgery or snapshot.plays(part) or not kept:
        snapshot.check_plays(part)
        return snapshot
    return surgery.fit(snapshot, part, arena.entries(seat), config.drop)
