"""Who `--seat` names: a snapshot file, a run folder's latest snapshot, or a built-in policy."""

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
    path = Path(name)
    part, (folder, _, learner) = Part.of(batch.arena, seat), name.rpartition(":")
    if path.is_dir():
        snapshot = _newest(path, part)
    elif path.is_file():
        snapshot = load_snapshot(path)
    elif Path(folder).is_dir() and folder:
        snapshot = _newest(Path(folder), part, learner)
    else:
        raise UnknownName(
            f"no player {name!r}: give a snapshot file, a run folder, RUN:LEARNER for one of its learners, "
            f"{' or '.join(sorted(BUILT_IN))}"
        )
    snapshot.check_plays(part)
    return snapshot.policy(stochastic=stochastic, seed=seed)


def _newest(path: Path, part: Part, learner: str | None = None) -> Snapshot:
    """Return the newest snapshot of a run: that of the learner, or of the first that can play the part."""
    from dohyo.curricula.run import RunFolder

    with closing(RunFolder.open(path)) as folder:
        if learner is not None:
            return folder.latest(learner)
        all_ = [folder.latest(name) for name in folder.learners]
    return next((snapshot for snapshot in all_ if snapshot.plays(part)), all_[0])
