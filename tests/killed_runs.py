"""Run folders that are trained by processes which are killed, and what must hold of them."""

import csv
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from processes import DRIVER, PATIENCE

from dohyo.agents.snapshot import load_snapshot

RATED_BOUTS = 20
"""Most bouts of a match; as many as the budget of ratings allows, and one on each side at least."""
ENDLESS = 10**9

Row = tuple[Any, ...]


class Run:
    """A run folder that is trained by processes which come to harm."""

    def __init__(
        self,
        path: Path,
        cycles: int,
        *more: str,
        arena: str = "sumo",
        learners: tuple[str, ...] = ("sumo",),
        engine: str = "mujoco",
    ) -> None:
        self.path, self.learners, self.engine = path, learners, engine
        options = ["--engine", engine, "--worlds", "4", "--workers", "1", "--seed", "5", "--json", *more]
        self.command = [sys.executable, "-c", DRIVER, str(cycles), "train", arena, *options, "--out", str(path)]

    @contextmanager
    def session(self, samples: int = ENDLESS) -> Iterator[subprocess.Popen[str]]:
        """A process that trains up to `samples`, from the moment when it is about to go on with the run."""
        logs, command = self._logs(), [*self.command, "--samples", str(samples)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            try:
                limit = time.monotonic() + PATIENCE
                while self._logs() == logs and process.poll() is None and time.monotonic() < limit:
                    time.sleep(0.02)
                yield process
            finally:
                process.kill()

    def _logs(self) -> int:
        return len(list(self.path.glob("tensorboard/*")))

    def check(self) -> tuple[list[Row], list[Row]]:
        """Check what is on disk, and return the rows of its two tables."""
        with closing(sqlite3.connect(self.path / "league.sqlite")) as db:
            assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
            chain = db.execute(
                "select generation, snapshot, samples, learner from generations order by rowid"
            ).fetchall()
            bouts = db.execute('select player, opponent, engine, round, "index", winner, steps from bouts').fetchall()
        for learner in self.learners:
            self._check_chain(learner, [row for row in chain if row[3] == learner])
        assert {row[3] for row in chain} <= set(self.learners)
        matches: dict[Row, list[int]] = {}
        for player, opponent, engine, round_, index, *_ in bouts:
            matches.setdefault((player, opponent, engine, round_), []).append(index)
        known = {"zero", "random"} | {row[1] for row in chain}
        for (player, opponent, engine, round_), indices in matches.items():
            assert {player.partition("@")[0], opponent.partition("@")[0]} <= known
            assert (engine, round_) == (self.engine, 0)
            assert sorted(indices) == list(range(len(indices)))
            assert 2 <= len(indices) <= RATED_BOUTS
        return chain, bouts

    def _check_chain(self, learner: str, chain: list[Row]) -> None:
        """Check that a learner's chain has no gap, and that all it names is on disk."""
        assert [row[0] for row in chain] == list(range(len(chain)))
        assert [row[2] for row in chain] == sorted({row[2] for row in chain})
        for generation, name, samples, _ in chain:
            snapshot = load_snapshot(self.path / "snapshots" / f"{name}.safetensors")
            assert (snapshot.name, snapshot.origin.generation, snapshot.origin.samples) == (name, generation, samples)
        if chain:
            assert (self.path / "checkpoints" / f"{learner}.{len(chain) - 1:06d}.safetensors").exists()


def finish(run: Run) -> dict[str, Any]:
    """Let the run come to the end of a budget that is a sample more than it has seen; return what it prints."""
    newest = {row[3]: row[2] for row in run.check()[0]}
    samples = sum(newest.values())
    with run.session(samples + 1) as process:
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    report: dict[str, Any] = json.loads(output)
    assert report["samples"] > samples
    return report


def kill_and_resume(run: Run, kills: int, longest: float, seed: int) -> tuple[int, int]:
    """Kill `kills` sessions within `longest` seconds of their start, then let one come to its end.

    Returns how many generations and rated bouts there are then.
    """
    rng = np.random.default_rng(seed)
    chain: list[Row] = []
    bouts: list[Row] = []
    for _ in range(kills):
        with run.session() as process:
            time.sleep(rng.uniform(0, longest))
            process.kill()
            assert process.wait() == -signal.SIGKILL
        before = chain, bouts
        chain, bouts = run.check()
        assert chain[: len(before[0])] == before[0]
        assert set(before[1]) <= set(bouts)
    report = finish(run)
    finished, rated = run.check()
    assert finished[: len(chain)] == chain
    begun = {row[3] for row in chain}
    assert len(finished) == len(chain) + len({*run.learners} - begun) + 1
    assert set(bouts) <= set(rated)
    assert list(run.path.rglob(".*")) == []  # nothing half-written is left
    newest = {row[3]: row[1] for row in finished}
    assert {name: Path(path).stem for name, path in report["snapshots"].items()} == newest
    for name in newest.values():
        assert {row[1].partition("@")[0] for row in rated if row[0] == name} >= {"zero", "random"}
    with (run.path / "curves.csv").open() as file:
        assert [row["snapshot"] for row in csv.DictReader(file)] == [row[1] for row in finished]
    return len(finished), len(rated)
