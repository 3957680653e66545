"""A hundred `kill -9` at seeded random moments: nothing is lost or doubled, and what was killed goes on to its end.

`pytest -m slow tests/kills` shows what was made of each case.
"""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from killed_runs import Run, kill_and_resume
from processes import DRIVER, PATIENCE, recorded

from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation, Match

MUJOCO = ("--engine", "mujoco", "--workers", "1")
LEAGUE = ("sumo", "sumo-main-exploiter", "sumo-league-exploiter")
RUNS: dict[str, tuple[int, str, tuple[str, ...], tuple[str, ...]]] = {
    "MLP": (12, "sumo", ("sumo",), ()),
    "LSTM": (12, "sumo", ("sumo",), ("--policy", "lstm")),
    "roles": (12, "kick_and_defend", ("kicker", "keeper"), ()),
    "population": (12, "sumo", ("sumo-1", "sumo-2", "sumo-3"), ("--population", "3")),
    "league": (12, "sumo", LEAGUE, ("--opponents", "league", "--timeout", "1")),
    "four seats": (5, "sumo_4", ("sumo",), ()),
    "two teams": (5, "sumo_2v2", ("sumo",), ("--policy", "lstm")),
}
"""Kills, arena, learners and options of what is trained."""
Say = Callable[[str], None]

pytestmark = pytest.mark.slow


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}")

    return write


@pytest.mark.parametrize("kind", RUNS)
def test_kills_of_training(tmp_path: Path, kind: str, say: Say):
    kills, arena, learners, options = RUNS[kind]
    run = Run(tmp_path / "run", 40, *options, arena=arena, learners=learners)
    generations, bouts = kill_and_resume(run, kills, longest=6, seed=len(kind))
    say(f"{kind}: {kills} kills, {generations} generations, {bouts} rated bouts")


def test_kills_of_crossplay(tmp_path: Path, run_folder: Path, say: Say):
    """Every session asks for ten bouts more of every pair, so that there is always something to play."""
    kills, rng, out = 12, np.random.default_rng(1), tmp_path / "table"
    players = [str(run_folder), *(f"{run_folder}@{generation}" for generation in range(3)), "zero", "random"]
    command = [sys.executable, "-c", DRIVER, "40", "crossplay", *players, *MUJOCO, "--json", "--out", str(out)]
    before: dict[tuple[str, ...], tuple[int, ...]] = {}
    for kill in range(kills):
        assert kill_at_random([*command, "--bouts", str(10 * (kill + 1))], out / "matches.sqlite", 1.5, rng)
        rounds = recorded(out)
        assert before.items() <= rounds.items()
        assert all(numbers == tuple(range(len(numbers))) for numbers in rounds.values())
        before = rounds
    subprocess.run([*command, "--bouts", str(10 * kills)], check=True, stdout=subprocess.DEVNULL)
    by_pair: dict[tuple[str, ...], int] = {}
    for (one, two, *_), numbers in recorded(out).items():
        by_pair[one, two] = by_pair.get((one, two), 0) + len(numbers)
    assert list(by_pair.values()) == [10 * kills] * 21  # six players: 15 pairs, and each against itself
    say(f"crossplay: {kills} kills, {len(by_pair)} matches, {sum(by_pair.values())} bouts")


def test_kills_of_a_study(tmp_path: Path, say: Say):
    kills, rng = 10, np.random.default_rng(2)
    options = [*MUJOCO, "--worlds", "4", "--samples", "20000", "--seeds", "1", "--bouts", "40", "--json"]
    command = [sys.executable, "-c", DRIVER, "40", "study", "anneal", *options, "--out", str(tmp_path)]
    before: dict[str, list[Generation]] = {}
    rounds: dict[tuple[str, ...], tuple[int, ...]] = {}
    for _ in range(kills):
        assert kill_at_random(command, tmp_path / "study.json", 4, rng)
        chains = {run.name: chain(run) for run in sorted(tmp_path.glob("runs/*")) if (run / "config.json").exists()}
        assert all(chains[name][: len(links)] == links for name, links in before.items())
        assert rounds.items() <= recorded(tmp_path / "matches").items()
        before, rounds = chains, recorded(tmp_path / "matches")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert [result["bouts"] for result in json.loads(done.stdout)["results"]] == [80] * 3 + [40] * 6
    # Five updates in a generation, of 128 steps in two worlds of both seats and two of one: 3840 samples.
    links = [chain(run) for run in sorted(tmp_path.glob("runs/*"))]
    assert [[link.samples for link in run] for run in links] == [[3840 * k for k in range(7)]] * 3
    assert list(recorded(tmp_path / "matches").values()) == [tuple(range(40))] * 3
    say(f"study: {kills} kills, {sum(map(len, links))} generations, 120 bouts of matches")


def test_kills_of_ratings(run_folder: Path, say: Say):
    """Every session plays a round against each reference; a kill loses at most the one that is played."""
    kills, rng, extra = 8, np.random.default_rng(3), 60
    command = [sys.executable, "-c", DRIVER, "100", "rate", str(run_folder), "--bouts", str(extra), "--json"]
    before, killed = matches(run_folder), 0
    while killed < kills:
        killed += kill_at_random(command, run_folder / "lock", 3, rng)
        after = matches(run_folder)
        for one, two in zip(before, after, strict=True):
            assert two.score.bouts - one.score.bouts in (0, extra)
        before = after
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    gained = [two.score.bouts - one.score.bouts for one, two in zip(before, matches(run_folder), strict=True)]
    assert sorted(gained) == [0] * (len(gained) - 3) + [extra] * 3  # against zero, random and generation 1
    say(f"rate: {kills} kills, {sum(match.score.bouts for match in matches(run_folder))} rated bouts")


def kill_at_random(command: Sequence[str], touched: Path, longest: float, rng: np.random.Generator) -> bool:
    """Kill a process within `longest` seconds of the moment when it opens a file; tell whether it was still at work."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            limit = time.monotonic() + PATIENCE
            while not opened_by(process.pid, touched) and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, longest))
        finally:
            process.kill()
        return process.wait() == -signal.SIGKILL


def opened_by(process: int, path: Path) -> bool:
    """Tell whether a process has opened a file, which may lie beside its lock."""
    try:
        opened = {link.readlink() for link in Path(f"/proc/{process}/fd").iterdir()}
    except OSError:
        return False
    return bool(opened & {path, path.with_name("lock")})


def chain(run: Path) -> list[Generation]:
    """The generations on record; reading them checks that none is missing or changed."""
    with closing(RunFolder.open(run)) as folder:
        return folder.record.generations()


def matches(run: Path) -> list[Match]:
    """What the rated bouts on record came to; reading them checks that no round is torn."""
    with closing(RunFolder.open(run)) as folder:
        return folder.record.matches(folder.config.engine)
