"""Who `--seat` names: a snapshot file, a run folder's latest snapshot, or a built-in policy."""

from contextlib import closing
from pathlib import Path

from dohyo.agents.policy import BUILT_IN, Policy
from dohyo.agents.snapshot import load_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import UnknownName


def find_player(name: str, batch: Batch, body: str, drive: str, *, stochastic: bool, seed: int) -> Policy:
    """Return the policy that `name` means; raises `UnknownName` or `SnapshotError` that says what is wrong."""
    if name in BUILT_IN:
        return BUILT_IN[name](batch.action_spaces[0].shape[0], seed)
    path = Path(name)
    if path.is_dir():
        from dohyo.curricula.run import RunFolder

        with closing(RunFolder.open(path)) as folder:
            snapshot = folder.latest()
    elif path.is_file():
        snapshot = load_snapshot(path)
    else:
        raise UnknownName(f"no player {name!r}: give a snapshot file, a run folder, {' or '.join(sorted(BUILT_IN))}")
    snapshot.check_plays(batch.arena.name, body, drive)
    return snapshot.policy(stochastic=stochastic, seed=seed)
