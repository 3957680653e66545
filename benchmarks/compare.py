"""Compare the speed of this checkout with that of another commit, side by side, or of a peer.

    python benchmarks/compare.py --against fa4700f                       # all cases, five rounds each
    python benchmarks/compare.py --only parallel_env import --rounds 9
    python benchmarks/compare.py --options '{"physics": "fast"}' --only training-sumo
    python benchmarks/compare.py --peer sb3_supersuit                    # or rllib

Ratios are this checkout's figure over the other's. Rounds are kept in `--folder`: the same command goes on where it
was stopped. Measure wall time on an idle machine; processor time holds on a busy one.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from checkout import ROOT, Side, checkout, here, machine, remove
from paired import Row, Run, measure, probe, table, whole
from peer import PEERS, measure_peer

GENERATION = 61_440
"""Samples of a generation of sumo with the default settings."""


def training(settings: dict[str, object], program: str = "training.py") -> Callable[[Side], Run]:
    """Return the runs of a probe that trains."""
    return lambda side: partial(probe, side.command(program, json.dumps(settings)))


CASES: dict[str, Callable[[Side], Run]] = {
    "training-sumo": training({"samples": 8 * GENERATION}),
    "training-humanoid": training({"body": "humanoid", "samples": 4 * GENERATION}),
    "training-pybullet": training({"engine": "pybullet", "samples": 2 * GENERATION}),
    "ratings-1": training({"samples": GENERATION}),
    "ratings-50": training({"samples": 50 * GENERATION}),
    "training-parts": training({"samples": 4 * GENERATION}, "parts.py"),
    "stepping": lambda side: partial(probe, side.command("stepping.py", "20")),
    "import": lambda side: partial(whole, side.command("-c", "import dohyo.arenas")),
    "help": lambda side: partial(whole, [str(side.python.with_name("dohyo")), "--help"]),
    "league": lambda side: partial(probe, side.command("league_size.py")),
    "pool": lambda side: partial(probe, side.command("pool_memory.py", "2000")),
}
"""Name of each case, and its run on a side."""


def with_options(case: str, run: Run, side: Side, options: str | None) -> Run:
    """Return the run of a training case on this checkout's side, with more settings."""
    if options is None or not case.startswith(("training", "ratings")):
        return run
    assert isinstance(run, partial)
    *command, settings = run.args[0]
    return partial(probe, [*command, json.dumps(json.loads(settings) | json.loads(options))])


def compare(cases: Sequence[str], other: Side, rounds: int, folder: Path, options: str | None) -> list[Row]:
    """Measure the cases on both sides."""
    rows, own = list[Row](), here()
    for case in cases:
        sides = with_options(case, CASES[case](own), own, options), CASES[case](other)
        kept = folder / f"{case}-{own.name}{'-options' if options else ''}-{other.name}.jsonl"
        rows += measure(case, sides, rounds, kept, tell)
    return rows


def tell(text: str) -> None:
    """Say on standard error how far it is."""
    sys.stderr.write(f"{text}\n")


def main() -> None:
    """Read the command line, measure, and print machine, commits and table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="fa4700f", help="the other commit")
    parser.add_argument("--peer", choices=list(PEERS), help="compare training with a peer instead")
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES), help="cases")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--options", help="more settings of this side's training, as JSON")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "benchmarks", help="where rounds are kept")
    parser.add_argument("--clean", action="store_true", help="remove the worktrees in the folder at the end")
    given = parser.parse_args()
    folder = given.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if given.peer:
        names, rows = (here().name, given.peer), measure_peer(given.peer, given.rounds, folder, tell, given.options)
    else:
        other = checkout(given.against, folder)
        names, rows = (here().name, other.name), compare(given.only, other, given.rounds, folder, given.options)
    if given.clean:
        remove(folder)
    sys.stdout.write(f"{machine()}\n\n{table(rows, names)}\n")


if __name__ == "__main__":
    main()
