"""`kill -9` at random moments, and Ctrl-C: nothing is lost or doubled, and the run goes on."""

import csv
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from killed_runs import Row, Run, finish, kill_and_resume
from processes import PATIENCE


def test_three_kills(tmp_path: Path):
    kill_and_resume(Run(tmp_path / "run", cycles=40), kills=3, longest=1.5, seed=1)


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_kills_of_a_run_in_which_two_roles_take_turns(tmp_path: Path, policy: str):
    learners = ("kicker", "keeper")
    run = Run(tmp_path / "run", 40, "--policy", policy, arena="kick_and_defend", learners=learners)
    kill_and_resume(run, kills=3, longest=2, seed=3)
    kickers, keepers = (sum(row[3] == name for row in run.check()[0]) for name in run.learners)
    assert 0 <= kickers - keepers <= 1  # in turn, also across the kills


@pytest.mark.slow
def test_kills_of_a_league(tmp_path: Path):
    """A main exploiter starts anew every second generation, whenever a kill comes after 5, 7, 10 and 12 generations."""
    learners = ("sumo", "sumo-main-exploiter", "sumo-league-exploiter")
    run = Run(tmp_path / "run", 40, "--opponents", "league", "--timeout", "1", learners=learners)
    rng, chain = np.random.default_rng(4), list[Row]()
    for length in (5, 7, 10, 12):
        with run.session() as process, closing(sqlite3.connect(run.path / "league.sqlite")) as db:
            limit = time.monotonic() + PATIENCE
            while db.execute("select count(*) from generations").fetchone()[0] < length and time.monotonic() < limit:
                time.sleep(0.02)
            time.sleep(rng.uniform(0, 0.3))
            process.kill()
            assert process.wait() == -signal.SIGKILL
        before, chain = chain, run.check()[0]
        assert chain[: len(before)] == before
    finish(run)
    with (run.path / "curves.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["learner"] == learners[1]]
    assert len(rows) > 3
    assert [row["reset"] for row in rows] == [str(float(k > 0 and k % 2 == 0)) for k in range(len(rows))]


@pytest.mark.slow
def test_twenty_kills(tmp_path: Path):
    """Bouts of full length, so that many kills come during a match."""
    kill_and_resume(Run(tmp_path / "run", cycles=500), kills=20, longest=8, seed=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("learners", "more"),
    [
        (("sumo",), ()),
        (("sumo",), ("--policy", "lstm", "--opponents", "quality")),
        (("kicker-1", "keeper-1", "kicker-2", "keeper-2"), ("--population", "2")),
        (("sumo", "sumo-main-exploiter", "sumo-league-exploiter"), ("--opponents", "league", "--timeout", "1")),
    ],
)
def test_what_is_killed_becomes_what_is_not(tmp_path: Path, learners: tuple[str, ...], more: tuple[str, ...]):
    """Four kills; snapshots are named by their content, and rated bouts follow from them."""
    arena = "kick_and_defend" if "keeper-1" in learners else "sumo"
    whole, killed = (Run(tmp_path / name, 60, *more, arena=arena, learners=learners) for name in ("whole", "killed"))
    samples, rng = 20_000, np.random.default_rng(7)
    for _ in range(4):
        with killed.session(samples) as process:
            time.sleep(rng.uniform(0, 4))
            process.kill()
            process.wait()
    for run in (whole, killed):
        with run.session(samples) as process:
            _, errors = process.communicate()
        assert process.returncode == 0, errors
    assert len(whole.check()[0]) > 5
    assert killed.check()[0] == whole.check()[0]
    assert sorted(killed.check()[1]) == sorted(whole.check()[1])


def test_interruption(tmp_path: Path):
    run = Run(tmp_path / "run", cycles=40)
    with run.session() as process:
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 130
    assert output == ""
    assert errors.startswith("dohyo: interrupted; ")
    assert errors.count("\n") == 1
    run.check()
    finish(run)
    run.check()
