"""Who `--seat` names: a snapshot file, a run folder's latest snapshot, or a built-in policy."""

from contextlib import closing
from pathlib import Path

from dohyo.agents.policy import BUILT_IN, Policy
from dohyo.agents.snapshot import Part, load_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import UnknownName


def find_player(name: str, batch: Batch, seat: int, *, stochastic: bool, seed: int) -> Policy:
    """Return the policy that `name` means, for `seat`; raises `UnknownName` or `SnapshotError`."""
    if name in BUILT_IN:
        return BUILT_IN[name](batch.action_spaces[seat].shape[0], seed)
    path = Path(name)
    if path.is_dir():
        from dohyo.curricula.run import RunFolder

        with closing(RunFolder.open(path)) as folder:
            snapshot = folder.latest()
    elif path.is_file():
        snapshot = load_snapshot(path)
    else:
        raise UnknownName(f"no player {name!r}: give a snapshot file, a run folder, {' or '.join(sorted(BUILT_IN))}")
    snapshot.check_plays(Part.of(batch.arena, seat))
    return snapshot.policy(stochastic=stochastic, seed=seed)
