"""Who is named on the command line: a snapshot file, a learner of a run folder, or a built-in policy."""

import re
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from dohyo.agents.policies.built_in import BUILT_IN, built_in
from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Part, Snapshot, load_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.registry import ARENAS
from dohyo.arenas.rules.arena import Arena
from dohyo.curricula.run.results_folder import SETTINGS

if TYPE_CHECKING:
    from dohyo.curricula.evaluation.crossplay import Entrant
    from dohyo.curricula.run.folder import RunFolder

FORMS = "a snapshot file, a run folder, RUN:LEARNER for one of its learners, RUN@GENERATION for an early snapshot"


def find_player(name: str, batch: Batch, seat: int, *, stochastic: bool, seed: int) -> Policy:
    """Return the policy that `name` means, for `seat`; raises `UnknownName` or `SnapshotError`."""
    if name in BUILT_IN:
        return built_in(name, batch, seat, seed)
    part = Part.of(batch.arena, seat)
    snapshot = find_snapshot(name, part)
    snapshot.check_plays(part)
    return snapshot.policy(stochastic=stochastic, seed=seed)


def find_entrant(name: str, arena: Arena) -> "Entrant":
    """Return who sits down in each seat for `name`; raises `UnknownName` or `SnapshotError` where nobody can."""
    from dohyo.curricula.evaluation.crossplay import Entrant

    if name in BUILT_IN:
        return Entrant(name, (name, name))
    parts = Part.of(arena, 0), Part.of(arena, 1)
    one, two = (find_snapshot(name, part) for part in parts)
    if not one.plays(parts[0]) and not two.plays(parts[1]):
        one.check_plays(parts[0])
    return Entrant(name, (one if one.plays(parts[0]) else None, two if two.plays(parts[1]) else None))


def find_snapshot(name: str, part: Part | None = None) -> Snapshot:
    """Return the snapshot that a file, `RUN`, `RUN:LEARNER`, `RUN@GENERATION` or `RUN:LEARNER@GENERATION` means.

    Of a run without a learner it is that of the first one that can play `part`, if there is one; without a generation
    the newest. Raises `UnknownName` or `SnapshotError`.
    """
    if name in BUILT_IN:
        raise UnknownName(f"{name} is built in and has no weights: here, give {FORMS}")
    if Path(name).is_file():
        return load_snapshot(Path(name))
    if (place := _find_run(name)) is not None:
        return _in_run(*place, part)
    raise UnknownName(f"no player {name!r}: give {FORMS}, or a built-in policy: {', '.join(sorted(BUILT_IN))}")


def check_imports(arena: str, names: Iterable[str]) -> None:
    """Raise `UnknownName` where the arena is unknown and a run among `names` tells which import it needs."""
    runs = [place[0] for name in names if (place := _find_run(name)) is not None]
    for path in runs if arena not in ARENAS else ():
        if (path / SETTINGS["training run"]).exists():
            with closing(_open(path)) as folder:
                folder.check_arena()


def _find_run(name: str) -> tuple[Path, str | None, int | None] | None:
    """Return the folder, learner and generation that `RUN:LEARNER@GENERATION` names; None where there is no folder."""
    if Path(name).is_dir():
        return Path(name), None, None
    parsed = re.fullmatch(r"(.+?)(?::([^:@/]+))?(?:@([0-9]+))?", name)
    if parsed is None or not Path(parsed[1]).is_dir():
        return None
    return Path(parsed[1]), parsed[2], None if parsed[3] is None else int(parsed[3])


def _in_run(path: Path, learner: str | None, generation: int | None, part: Part | None) -> Snapshot:
    with closing(_open(path)) as folder:
        names = list(folder.learners) if learner is None else [learner]
        found = [folder.latest(name) if generation is None else folder.at(generation, name) for name in names]
    return next((snapshot for snapshot in found if part is not None and snapshot.plays(part)), found[0])


def _open(path: Path) -> "RunFolder":
    from dohyo.curricula.run.folder import RunFolder

    return RunFolder.open(path)
