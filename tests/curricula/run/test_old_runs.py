"""Runs of version 0.1.0 still open, play, are rated, and resume."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dohyo.curricula.run.folder import RunFolder

RUNS = Path(__file__).parents[2] / "data" / "runs_0_1"
"""Made by `dohyo train ARENA … --samples 1500 --out RUN` with the options below, before modules moved."""
COMMON = ("--body", "ant", "--engine", "mujoco", "--worlds", "4", "--workers", "1", "--width", "8", "--seed", "3")
COMMON += ("--ppo", "rollout=32", "--ppo", "minibatch=64")
OLD = {
    "mlp": ("sumo", "sumo", ()),
    "lstm": ("run_to_goal", "runner", ("--policy", "lstm", "--value", "privileged")),
}
"""By run: arena, learner, more options."""
RunMain = Callable[..., tuple[int, str, str]]


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, str, tuple[str, ...]]:
    """A copy of an old run: its folder, arena, learner and options."""
    shutil.copytree(RUNS / request.param, tmp_path / "run")
    return (tmp_path / "run", *OLD[request.param])


def test_an_old_run_opens_with_its_chain(old):
    path, _, learner, _ = old
    with closing(RunFolder.open(path)) as folder:
        chain = folder.record.chain(learner)
        assert [link.generation for link in chain] == [0, 1, 2]
        assert [link.samples for link in chain] == [0, 960, 1920]
        assert folder.latest(learner).name == chain[-1].snapshot


def test_an_old_run_plays_and_is_rated(old, run_main: RunMain):
    path, arena, _, _ = old
    command = ("play", arena, "--engine", "mujoco", "--seat", str(path), "--seat", "zero", "--bouts", "2", "--json")
    status, out, errors = run_main(*command)
    assert status == 0, errors
    assert json.loads(out)["bouts"] == 2
    status, out, errors = run_main("rate", str(path), "--json")
    assert status == 0, errors
    rated = json.loads(out)["snapshots"]
    assert [row["generation"] for row in rated] == [0, 1, 2]


def test_an_old_run_goes_on(old, run_main: RunMain):
    path, arena, learner, options = old
    with closing(RunFolder.open(path)) as folder:
        before, met = folder.record.chain(learner), folder.record.payoffs(learner)
    status, _, errors = run_main("train", arena, *COMMON, *options, "--samples", "2500", "--out", str(path), "--json")
    assert status == 0, errors
    with closing(RunFolder.open(path)) as folder:
        after = folder.record.chain(learner)
        assert set(met) <= set(folder.record.payoffs(learner))
    assert after[: len(before)] == before
    assert [link.samples for link in after[len(before) :]] == [2880]
