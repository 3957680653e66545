"""Compare the wall time until a snapshot has skill: this checkout and another commit side by side, a core each.

    python benchmarks/time_to_skill.py --against fa4700f --minutes 40 --options '--physics fast'

For each seed both sides train for the same minutes at once, one process pinned to a core each; nothing else should run.
Then snapshots of either side play against `random` and `zero`, by this checkout in accurate physics. The time to skill
is the training time of the first snapshot that wins 85 % and 75 %. Next to it stands that time as processor time, which
holds on a busy machine. The same command goes on where it was stopped.
"""

import argparse
import csv
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import median

from checkout import ROOT, Side, checkout, here, machine
from paired import single

WANTED = {"random": 0.85, "zero": 0.75}
"""Shares of bouts that a skilled snapshot wins."""
SUMO = ("sumo", "--body", "ant", "--engine", "mujoco", "--workers", "1")


@dataclass(frozen=True)
class Racer:
    """One side with one seed: its run and the core that it trains on."""

    side: Side
    run: Path
    core: int
    options: tuple[str, ...]

    def train(self, minutes: float, seed: int) -> "subprocess.Popen[str]":
        """Start training up to `minutes` in all."""
        more = ["--minutes", str(minutes), "--seed", str(seed), "--out", str(self.run), *self.options]
        return dohyo(self.side, self.core, "train", *SUMO, *more, clock=self._clock)

    @property
    def _clock(self) -> Path:
        """File with the processor time of each training process, s."""
        return self.run.with_suffix(".seconds")

    def busy(self) -> float:
        """Return processor time over wall time of the training."""
        used = sum(map(float, self._clock.read_text().split()))
        return used / self._curves()[-1][0]

    def _curves(self) -> list[tuple[float, Path]]:
        """Return seconds of training and file of every snapshot."""
        with (self.run / "curves.csv").open() as file:
            rows = list(csv.DictReader(file))
        return [(float(row["seconds"]), self.run / "snapshots" / f"{row['snapshot']}.safetensors") for row in rows]

    def snapshots(self, every: float) -> list[tuple[float, Path]]:
        """Return training minutes and file of the first snapshot in each stretch of `every` minutes."""
        chosen: dict[int, tuple[float, Path]] = {}
        for seconds, snapshot in self._curves():
            chosen.setdefault(int(seconds / 60 / every), (seconds / 60, snapshot))
        return list(chosen.values())[1:]  # without the untrained


def dohyo(side: Side, core: int, *words: str, clock: Path | None = None) -> "subprocess.Popen[str]":
    """Start a command of `dohyo` on one core, which at its end adds a line to `clock`: its processor time, s."""
    note = f"open({str(clock)!r}, 'a').write(f'{{time.process_time()}}\\n')" if clock else "None"
    pinned = f"import atexit, os, time; atexit.register(lambda: {note}); os.sched_setaffinity(0, {{{core}}})"
    pinned = f"{pinned}; from dohyo.cli import main; main()"
    command = [str(side.python), "-c", pinned, *words, "--json"]
    return subprocess.Popen(command, env=single(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: "subprocess.Popen[str]") -> dict[str, list[int]]:
    """Wait for a command and return what it prints; raises `RuntimeError` if it fails."""
    output, errors = process.communicate()
    if process.returncode:
        raise RuntimeError(errors.strip())
    printed: dict[str, list[int]] = json.loads(output)
    return printed


def shares(snapshot: Path, bouts: int, core: int, kept: Path) -> dict[str, float]:
    """Return the shares of bouts that a snapshot wins, from the file `kept` or played now."""
    known: dict[str, dict[str, float]] = json.loads(kept.read_text()) if kept.exists() else {}
    key = f"{snapshot.stem}/{bouts}"
    if key not in known:
        known[key] = {}
        for name in WANTED:
            seats = ("--seat", str(snapshot), "--seat", name, "--bouts", str(bouts))
            known[key][name] = (
                finished(dohyo(here(), core, "play", *SUMO, *seats, "--physics", "accurate"))["wins"][0] / bouts
            )
        kept.write_text(json.dumps(known))
    return known[key]


def skilled(racer: Racer, every: float, bouts: int, kept: Path) -> float | None:
    """Return the training minutes of the first snapshot with skill, or None."""
    for minutes, snapshot in racer.snapshots(every):
        won = shares(snapshot, bouts, racer.core, kept)
        sys.stderr.write(f"{racer.run.name}, {minutes:.1f} min: {won}\n")
        if all(won[name] >= share for name, share in WANTED.items()):
            return minutes
    return None


def table(times: dict[str, list[tuple[float | None, float]]]) -> str:
    """Return a Markdown table of the minutes to skill by side and seed, of wall and of processor time."""
    lines = ["| side | minutes to skill, by seed | median | of processor time | median |", "|---|---|---|---|---|"]
    for name, found in times.items():
        cells = []
        for minutes in ([one for one, _ in found], [one and one * busy for one, busy in found]):
            middle = median([inf if one is None else one for one in minutes])
            cells += [", ".join(map(_minutes, minutes)), _minutes(middle)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _minutes(value: float | None) -> str:
    return "not reached" if value in (None, inf) else f"{value:.1f}"


def race(racers: Sequence[Racer], minutes: float, seed: int) -> None:
    """Train all racers at once."""
    for process in [racer.train(minutes, seed) for racer in racers]:
        finished(process)


def main() -> None:
    """Read the command line, race all seeds, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="fa4700f", help="the other commit")
    parser.add_argument("--options", default="", help="more options of this side's `dohyo train`")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--minutes", type=float, default=40, help="minutes of training of each seed")
    parser.add_argument("--every", type=float, default=1, help="minutes of training between snapshots that play")
    parser.add_argument("--bouts", type=int, default=200, help="bouts against each of random and zero")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "time_to_skill")
    given = parser.parse_args()
    folder, cores = given.folder.resolve(), sorted(os.sched_getaffinity(0))
    folder.mkdir(parents=True, exist_ok=True)
    sides = [(here(), tuple(shlex.split(given.options))), (checkout(given.against, folder), ())]
    times: dict[str, list[tuple[float | None, float]]] = {side.name: [] for side, _ in sides}
    for seed in given.seeds:
        racers = [
            Racer(side, folder / f"{side.name}-{seed}", cores[k % len(cores)], options)
            for k, (side, options) in enumerate(sides)
        ]
        race(racers, given.minutes, seed)
        for racer in racers:
            found = skilled(racer, given.every, given.bouts, folder / "bouts.json")
            times[racer.side.name].append((found, racer.busy()))
    sys.stdout.write(f"{machine()}\n\n{table(times)}\n")


if __name__ == "__main__":
    main()
