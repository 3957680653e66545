"""Who is named on the command line: a snapshot file, a learner of a run folder, or a built-in policy."""

from contextlib import closing
from pathlib import Path

from dohyo.agents.policy import BUILT_IN, Policy
from dohyo.agents.snapshot import Part, Snapshot, load_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import UnknownName


def find_player(name: str, batch: Batch, seat: int, *, stochastic: bool, seed: int) -> Policy:
    """Return the policy that `name` means, for `seat`; raises `UnknownName` or `SnapshotError`."""
    if name in BUILT_IN:
        return BUILT_IN[name](batch.action_spaces[seat].shape[0], seed)
    part = Part.of(batch.arena, seat)
    snapshot = find_snapshot(name, part)
    snapshot.check_plays(part)
    return snapshot.policy(stochastic=stochastic, seed=seed)


def find_snapshot(name: str, part: Part | None = None) -> Snapshot:
    """Return the snapshot that a file, `RUN` or `RUN:LEARNER` means; raises `UnknownName` or `SnapshotError`.

    Of a run it is the newest of the first learner that can play `part`, if there is one.
    """
    path, (folder, _, learner) = Path(name), name.rpartition(":")
    if path.is_dir():
        return _newest(path, part)
    if path.is_file():
        return load_snapshot(path)
    if folder and Path(folder).is_dir():
        return _newest(Path(folder), part, learner)
    raise UnknownName(
        f"no player {name!r}: give a snapshot file, a run folder, RUN:LEARNER for one of its learners, "
        f"{' or '.join(sorted(BUILT_IN))}"
    )


def _newest(path: Path, part: Part | None, learner: str | None = None) -> Snapshot:
    from dohyo.curricula.run import RunFolder

    with closing(RunFolder.open(path)) as folder:
        if learner is not None:
            return folder.latest(learner)
        newest = [folder.latest(name) for name in folder.learners]
    return next((snapshot for snapshot in newest if part is not None and snapshot.plays(part)), newest[0])
