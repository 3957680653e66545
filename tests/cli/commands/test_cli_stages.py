"""`dohyo train --stages`: one command trains the stages in turn, and goes on after it was killed."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from doubles import shorten_bouts
from processes import DRIVER, PATIENCE

from dohyo.curricula.run.folder import RunFolder

RunMain = Callable[..., tuple[int, str, str]]
CYCLES = 12
SETTINGS = """
arena = "sumo"
engine = "mujoco"
worlds = 4
workers = 1
samples = 1200
updates = 1
rated_bouts = 0

[ppo]
width = 8
rollout = 16
minibatch = 48
value_first = 0

[stages.walk]
arena = "run_to_goal"
terms = { standing = 5 }

[stages.block]
arena = "you_shall_not_pass"
shared = true
drop = ["way", "lane"]

[stages.fight]
drop = ["goal", "role", "way", "lane", "contact"]
share = 2
ppo = { width = 12 }
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for arena in ("run_to_goal", "you_shall_not_pass", "sumo"):
        shorten_bouts(monkeypatch, CYCLES, arena)
    path = tmp_path / "stages.toml"
    path.write_text(SETTINGS)
    return path


def chain(run: Path) -> list[str]:
    with closing(RunFolder.open(run)) as folder:
        return [link.snapshot for link in folder.record.generations()]


def folders(run: Path) -> list[Path]:
    return [run / "stages" / "walk", run / "stages" / "block", run]


def killed(command: list[str], run: Path, stage: Path, generations: int) -> None:
    """Kill a process that trains once a stage has this number of generations."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and len(list(stage.glob("snapshots/*"))) < generations:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_stages_go_on_where_they_were_killed(tmp_path: Path, settings: Path, run_main: RunMain):
    """Twice killed, once in the second stage and once in the last: the same snapshots as without."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    words = ("train", "--config", str(settings), "--json", "--out")
    status, out, errors = run_main(*words, str(whole))
    assert status == 0, errors
    assert json.loads(out)["samples"] >= 600
    command = [sys.executable, "-c", DRIVER, str(CYCLES), *words, str(parts)]
    for k in (1, 2):
        killed(command, parts, folders(parts)[k], 3)
    status, out, errors = run_main(*words, str(parts))
    assert status == 0, errors
    for one, other in zip(folders(whole), folders(parts), strict=True):
        assert chain(one) == chain(other)
        assert len(chain(one)) > 2
    with closing(RunFolder.open(parts)) as folder:
        assert folder.config.start == chain(folders(parts)[1])[-1]
        assert folder.config.ppo.width == 12
        assert np.shape(folder.latest().tensors["weight_1"]) == (12, 12)


def test_a_larger_budget_extends_only_the_last_stage(tmp_path: Path, settings: Path, run_main: RunMain):
    words = ("train", "--config", str(settings), "--stages", "walk,fight", "--out", str(tmp_path / "run"))
    assert run_main(*words)[0] == 0
    before = chain(tmp_path / "run" / "stages" / "walk")
    first = chain(tmp_path / "run")
    assert run_main(*words, "--samples", "2400")[0] == 0
    assert chain(tmp_path / "run" / "stages" / "walk") == before
    assert chain(tmp_path / "run")[: len(first)] == first
    assert len(chain(tmp_path / "run")) > len(first)


def test_a_stage_that_does_not_fit_is_refused_before_any_is_trained(tmp_path: Path, settings: Path, run_main: RunMain):
    settings.write_text(SETTINGS.replace("share = 2", "terms = { wind = 2 }"))
    status, _, errors = run_main("train", "--config", str(settings), "--out", str(tmp_path / "run"))
    assert status != 0
    assert "wind" in errors
    assert not (tmp_path / "run").exists()


def test_arenas_without_stages_say_how_to_give_some(run_main: RunMain):
    status, _, errors = run_main("train", "sumo", "--stages", "walk", "--print-config")
    assert status == 2
    assert "[stages.NAME]" in errors
