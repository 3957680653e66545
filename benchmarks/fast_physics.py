"""Compare what ants learn in fast and in accurate physics, from the same samples.

    python benchmarks/fast_physics.py --samples 2000000 --seeds 0 1 2

For each seed a run in either physics trains at once, pinned to a core each. Then the newest snapshots play in accurate
physics on MuJoCo against each other, and on both engines against `random` and `zero`. The same command goes on where it
was stopped. The table shows wins and losses, and the minutes of training.
"""

import argparse
import csv
import json
import os
import sys
from pathlib import Path

from checkout import ROOT, here, machine
from time_to_skill import dohyo, finished

PHYSICS = ("fast", "accurate")
Result = dict[str, list[int]]


def train(folder: Path, samples: int, seed: int, cores: list[int]) -> list[Path]:
    """Train a run in either physics at once; return their folders."""
    runs = [folder / f"{physics}-{seed}" for physics in PHYSICS]
    processes = [
        dohyo(
            here(),
            cores[k % len(cores)],
            *("train", "sumo", "--body", "ant", "--engine", "mujoco", "--workers", "1", "--physics", physics),
            *("--samples", str(samples), "--seed", str(seed), "--out", str(runs[k])),
        )
        for k, physics in enumerate(PHYSICS)
    ]
    for process in processes:
        finished(process)
    return runs


def newest(run: Path) -> tuple[Path, float]:
    """Return the newest snapshot's file and the minutes of training."""
    with (run / "curves.csv").open() as file:
        *_, row = csv.DictReader(file)
    return run / "snapshots" / f"{row['snapshot']}.safetensors", float(row["seconds"]) / 60


def play(first: Path, second: str, engine: str, bouts: int, core: int) -> list[int]:
    """Return wins and losses of the first player in accurate physics."""
    physics = ("--physics", "accurate") if engine == "mujoco" else ()
    seats = ("--seat", str(first), "--seat", second, "--bouts", str(bouts), "--workers", "1")
    return finished(dohyo(here(), core, "play", "sumo", "--body", "ant", "--engine", engine, *physics, *seats))["wins"]


def look(folder: Path, seed: int, runs: list[Path], bouts: int, core: int) -> Result:
    """Return wins and losses by what was played, from the file of results or played now."""
    kept = folder / f"results-{seed}-{bouts}.json"
    results: Result = json.loads(kept.read_text()) if kept.exists() else {}
    (fast, _), (accurate, _) = map(newest, runs)
    games = [(f"fast against accurate, {engine}", fast, str(accurate), engine) for engine in ("mujoco", "pybullet")]
    for name, player in zip(PHYSICS, (fast, accurate), strict=True):
        for opponent in ("random", "zero"):
            for engine in ("mujoco", "pybullet"):
                games.append((f"{name} against {opponent}, {engine}", player, opponent, engine))
    for title, player, opponent, engine in games:
        if title not in results:
            results[title] = play(player, opponent, engine, bouts, core)
            kept.write_text(json.dumps(results))
            sys.stderr.write(f"seed {seed}, {title}: {results[title]}\n")
    return results


def main() -> None:
    """Read the command line, train and play, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2_000_000, help="samples of each run")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--bouts", type=int, default=200, help="bouts of each match")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "fast_physics")
    given = parser.parse_args()
    folder, cores = given.folder.resolve(), sorted(os.sched_getaffinity(0))
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["| seed | played, or trained | result |", "|---|---|---|"]
    for seed in given.seeds:
        runs = train(folder, given.samples, seed, cores)
        minutes = ", ".join(f"{name} {newest(run)[1]:.1f}" for name, run in zip(PHYSICS, runs, strict=True))
        lines.append(f"| {seed} | minutes of training | {minutes} |")
        for title, (wins, losses) in look(folder, seed, runs, given.bouts, cores[0]).items():
            lines.append(f"| {seed} | {title} | {wins} won, {losses} lost of {given.bouts} |")
    sys.stdout.write(f"{machine()}\n\n" + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
