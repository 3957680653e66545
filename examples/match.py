"""Play a match between two players: a snapshot or a run against another one, or against "zero" or "random".

python examples/match.py runs/first zero --bouts 100

Arena, body and engine are those of the first player's snapshot.
"""

import argparse

from dohyo.arenas import make_batch
from dohyo.curricula import Score, find_snapshot, play_match


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", help="a snapshot's file, a run's folder, RUN:LEARNER or RUN@GENERATION")
    parser.add_argument("second", help="likewise, or zero or random")
    parser.add_argument("--bouts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    origin = find_snapshot(given.first).origin
    part = origin.part
    batch = make_batch(part.arena, part.body, origin.engine, worlds=min(64, given.bouts), drive=part.drive)
    alike = batch.arena.roles[0] == batch.arena.roles[1]  # if so, players swap seats from bout to bout
    score = Score.of(play_match(batch, (given.first, given.second), given.bouts, given.seed, swap=alike))
    low, high = score.interval
    print(f"{score.wins} won, {score.draws} drawn, {score.losses} lost: {score.win_rate:.0%} [{low:.0%}, {high:.0%}]")
    batch.close()


if __name__ == "__main__":
    main()
