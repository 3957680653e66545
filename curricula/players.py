"""Players by name: snapshot files, and learners of run folders at the newest or an earlier generation."""

import os
import re
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from dohyo.agents.learning.values import read_values
from dohyo.agents.pretrained import locate
from dohyo.agents.snapshot import Origin, Part, Snapshot, load_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.players import BUILT_IN, FORMS, Make, unknown_player
from dohyo.arenas.players import find_player as find_player
from dohyo.arenas.registry import ARENAS, Setup, set_up
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.matches.roles import Role, roles_of
from dohyo.curricula.run.folder import KIND, RunFolder
from dohyo.curricula.run.results_folder import SETTINGS


def find_trained(name: str, batch: Batch, seat: int, stochastic: bool) -> Make | None:
    """Return the maker of a snapshot's or run's policy for a seat; None if there is no such file or folder.

    Raises `UnknownName` or `SnapshotError` if it exists but cannot play there.
    """
    if locate(name) is None and _find_run(name) is None:
        return None
    part = Part.of(batch.arena, seat)
    snapshot = find_snapshot(name, part)
    snapshot.check_plays(part)
    return lambda seed: snapshot.policy(stochastic=stochastic, seed=seed)


def find_snapshot(name: str, part: Part | None = None) -> Snapshot:
    """Return the snapshot named by a file, `pretrained/NAME`, `RUN`, `RUN:LEARNER`, or these with `@GENERATION`.

    Without a learner it is that of the run's first learner that can play `part`, or of the first; without a generation
    the newest. Raises `UnknownName` or `SnapshotError`.
    """
    if name in BUILT_IN:
        raise UnknownName(f"{name} is built in and has no weights: here, give {FORMS}")
    if (file := locate(name)) is not None:
        return load_snapshot(file)
    if (place := _find_run(name)) is not None:
        return _in_run(*place, part)
    raise unknown_player(name)


def find_start(name: str, *, values: bool = False) -> Snapshot:
    """Return the snapshot as `find_snapshot` does; with `values`, that of a run's newest generation has its values.

    They are the value function in the run's checkpoint, unless it sees more than the policy.
    """
    snapshot, place = find_snapshot(name), _find_run(name)
    if not values or place is None or locate(name) is not None:
        return snapshot
    with closing(RunFolder.open(place[0])) as folder:
        newest = [folder.record.chain(learner)[-1:] for learner in folder.learners]
        links = [link for chain in newest for link in chain if link.snapshot == snapshot.name]
        if not links or folder.config.ppo.value != "own":
            return snapshot
        return replace(snapshot, values=read_values(folder.checked_checkpoint(links[0])))


def roles_played(snapshot: Snapshot, arena: Arena) -> list[Role]:
    """Return the roles of an arena whose seats a snapshot can all fill, in the order of the seats."""
    return [role for role in roles_of(arena) if all(snapshot.plays(Part.of(arena, seat)) for seat in role.seats)]


def trained_as(names: Iterable[str], arena: str | None = None) -> Origin | None:
    """Return the origin of the first snapshot or run among `names`; None if there is none.

    With `arena`, only snapshots trained in that arena count.
    """
    origins = (find_snapshot(name).origin for name in names if name not in BUILT_IN)
    return next((origin for origin in origins if arena in (None, origin.part.arena)), None)


def set_up_for(
    names: Iterable[str],
    arena: str,
    body: str | None = None,
    engine: str | None = None,
    drive: str | None = None,
    physics: str | None = None,
) -> Setup:
    """Return the given choices; for engine, drive and physics that are None, those of the players' training.

    The first snapshot or run among `names` that was trained in `arena` decides, without one the arena's defaults.
    Raises `UnknownName` as `dohyo.arenas.registry.set_up` does, and for unknown players.
    """
    origin = trained_as(names, arena)
    if origin is not None:
        engine, drive, physics = engine or origin.engine, drive or origin.part.drive, physics or origin.physics
    return set_up(arena, body, engine, drive, physics)


def check_imports(arena: str, names: Iterable[str]) -> None:
    """Raise `UnknownName` if the arena is unknown and a run among `names` records which import it needs."""
    runs = [place[0] for name in names if (place := _find_run(name)) is not None]
    for path in runs if arena not in ARENAS else ():
        if (path / SETTINGS[KIND]).exists():
            with closing(RunFolder.open(path)) as folder:
                folder.check_arena()


def find_run(name: str) -> Path | None:
    """Return the run folder that a player's name leads to, also from a file among the run's snapshots."""
    if os.path.isfile(name):
        folder = Path(name).resolve().parent.parent
        held = folder / "snapshots" / Path(name).name
        return folder if (folder / SETTINGS[KIND]).exists() and held.exists() else None
    place = _find_run(name)
    return place[0] if place else None


def _find_run(name: str) -> tuple[Path, str | None, int | None] | None:
    """Return the folder, learner and generation in `RUN:LEARNER@GENERATION`; None if there is no such folder.

    `os.path` treats an impossible path as missing, where `Path` would raise.
    """
    if os.path.isdir(name):
        return Path(name), None, None
    parsed = re.fullmatch(r"(.+?)(?::([^:@/]+))?(?:@([0-9]+))?", name)
    if parsed is None or not os.path.isdir(parsed[1]):
        return None
    return Path(parsed[1]), parsed[2], None if parsed[3] is None else int(parsed[3])


def _in_run(path: Path, learner: str | None, generation: int | None, part: Part | None) -> Snapshot:
    with closing(RunFolder.open(path)) as folder:
        names = list(folder.learners) if learner is None else [learner]
        found = [folder.latest(name) if generation is None else folder.at(generation, name) for name in names]
    return next((snapshot for snapshot in found if part is not None and snapshot.plays(part)), found[0])
