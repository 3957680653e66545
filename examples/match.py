"""A match between two snapshots, or between a snapshot and "zero" or "random".

python examples/match.py runs/first/snapshots/0123456789abcdef.safetensors zero --bouts 100

The first player's snapshot says which arena and body they meet in.
"""

import argparse
from pathlib import Path

from dohyo.agents import BUILT_IN, Part, Policy, load_snapshot
from dohyo.arenas import Batch, make_batch
from dohyo.curricula import Score, play_match


def player(name: str, batch: Batch, seat: int) -> Policy:
    """Return a built-in policy or that of a snapshot; raises `SnapshotError` where it cannot play in this seat."""
    if name in BUILT_IN:
        return BUILT_IN[name](batch.action_spaces[seat].shape[0], seat)
    snapshot = load_snapshot(Path(name))
    snapshot.check_plays(Part.of(batch.arena, seat))
    return snapshot.policy(stochastic=True, seed=seat)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="a snapshot's file")
    parser.add_argument("second", help="a snapshot's file, or a built-in policy: " + ", ".join(BUILT_IN))
    parser.add_argument("--bouts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    origin = load_snapshot(Path(given.first)).origin
    part = origin.part
    batch = make_batch(part.arena, part.body, origin.engine, worlds=min(64, given.bouts), drive=part.drive)
    players = player(given.first, batch, 0), player(given.second, batch, 1)
    alike = batch.arena.roles[0] == batch.arena.roles[1]  # then they change seats from bout to bout
    score = Score.of(play_match(batch, players, given.bouts, given.seed, swap=alike))
    low, high = score.interval
    print(f"{score.wins} won, {score.draws} drawn, {score.losses} lost: {score.win_rate:.0%} [{low:.0%}, {high:.0%}]")
    batch.close()


if __name__ == "__main__":
    main()
