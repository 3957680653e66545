"""Runs that begin by surgery: statistics, values, guests of other arenas, commands, and what is refused."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config, train

from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.values import read_values
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.rules.arena import layout
from dohyo.curricula.players import find_start
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
DROP = ("goal", "way", "lane", "contact")
"""What sumo does not show as run_to_goal does."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("run_to_goal", "sumo", "you_shall_not_pass"):
        shorten_bouts(monkeypatch, arena=arena)


def config(policy: str, **changes: Any) -> TrainConfig:
    tiny = tiny_config(rated_bouts=0, **changes)
    return replace(tiny, ppo=replace(tiny.ppo, policy=policy, unroll=8, value_first=0))


@pytest.fixture(params=["mlp", "lstm"])
def walker(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Snapshot]:
    """The policy and value function of a run in run_to_goal, and its kind."""
    train(tmp_path / "walk", config(request.param, arena="run_to_goal", samples=288))
    return request.param, find_start(str(tmp_path / "walk"), values=True)


def begun(path: Path, start: Snapshot, settings: TrainConfig) -> Training:
    """A session of a run with surgery that begins as `start`."""
    folder = RunFolder.create_or_resume(path, replace(settings, start=start.name, surgery=True))
    folder.save_snapshot(start)
    return Training(folder)


def end(training: Training) -> None:
    training.close()
    training.folder.close()


def learner_of(training: Training) -> PpoLearner:
    learner = training.lineages[0].learner
    assert isinstance(learner, PpoLearner)
    return learner


def test_the_checkpoint_gives_the_value_function(tmp_path: Path, walker: tuple[str, Snapshot]):
    """It judges observations as the learner of the finished run does."""
    kind, start = walker
    training = begun(tmp_path / "again", start, config(kind, arena="run_to_goal", samples=1, seed=5))
    with closing(RunFolder.open(tmp_path / "walk")) as folder:
        old = read_values(folder.checkpoint("runner", 3))
    learner_of(training).save(tmp_path / "saved.safetensors")
    taken = read_values(tmp_path / "saved.safetensors")
    end(training)
    assert start.values.keys() == old.keys() == taken.keys()
    for name, tensor in old.items():
        np.testing.assert_array_equal(start.values[name], tensor)
        np.testing.assert_array_equal(taken[name], tensor)


def test_statistics_of_new_entries_are_right_within_three_rollouts(tmp_path: Path, walker: tuple[str, Snapshot]):
    """Those of old ones go on from their count."""
    kind, start = walker
    training = begun(tmp_path / "sumo", start, config(kind, samples=1, drop=DROP))
    learner, seen = learner_of(training), list[Any]()
    places = layout(training._batch.arena.entries(0))
    before = learner._norm.count.clone()
    assert before[places["ring"]].tolist() == [0, 0, 0]
    assert before[places["height"]].tolist() == [288]
    training.start_chains()
    for _ in range(3):
        [rollout] = training.lineages[0].collect(training.scheduled())
        seen.append(rollout.samples["observations"].reshape(-1, len(before)).copy())
        training.lineages[0].learn([rollout])
    shown = np.concatenate(seen)[:, places["ring"]].astype(np.float64)
    np.testing.assert_allclose(learner._norm.mean[places["ring"]], shown.mean(0), rtol=1e-4)
    np.testing.assert_allclose(learner._norm.variance[places["ring"]], shown.var(0), rtol=1e-3, atol=1e-6)
    assert learner._norm.count[places["ring"]].tolist() == [288] * 3
    assert learner._norm.count[places["height"]].tolist() == [576]
    end(training)


def test_a_privileged_value_function_begins_without_statistics_of_the_other_seat(tmp_path: Path):
    train(tmp_path / "walk", config("mlp", samples=192))
    start, own = find_start(str(tmp_path / "walk"), values=True), config("mlp", samples=1)
    training = begun(tmp_path / "seer", start, replace(own, ppo=replace(own.ppo, value="privileged")))
    learner = learner_of(training)
    assert learner._norm.count.tolist() == [192] * learner.vec.own + [0] * learner.vec.own
    training.start_chains()
    training.lineages[0].improve(training.scheduled, lambda: None)
    assert (learner._norm.count > 0).all()
    end(training)


def test_a_run_crosses_arenas_and_widens_by_command(tmp_path: Path, run_main: RunMain, walker: tuple[str, Snapshot]):
    kind, _ = walker
    options = ("--engine", "mujoco", "--worlds", "4", "--workers", "1", "--ppo", "rollout=16", "--json")
    begin = ("--from", str(tmp_path / "walk"), "--surgery", "--guest", str(tmp_path / "walk"), "--samples", "200")
    command = ("train", "sumo", *options, *begin, "--width", "12", "--out", str(tmp_path / "sumo"))
    status, _, errors = run_main(*command)
    assert status == 1
    assert all(f"--drop {name}" in errors.replace("\n", " ") for name in DROP)
    drop = [word for name in DROP for word in ("--drop", name)]
    status, out, errors = run_main(*command, *drop)
    assert status == 0, errors
    record = json.loads(out)
    with closing(RunFolder.open(tmp_path / "sumo")) as folder:
        guest = folder.config.guests[0]
        assert folder.config.ppo.width == 12
        assert folder.config.ppo.policy == kind
        assert folder.load(guest).origin.part.arena == "run_to_goal"
        assert folder.record.payoffs("sumo")[guest][0] > 0
        assert {match.opponent for match in folder.record.matches("mujoco")} >= {guest}
    status, _, errors = run_main(*command, *drop, "--samples", "300")
    assert status == 0, errors
    seat = ("--seat", str(tmp_path / "sumo"), "--seat", "zero", "--bouts", "2", "--engine", "mujoco")
    assert run_main("play", "sumo", *seat)[0] == 0
    assert record["generation"] >= 1


def test_a_narrower_network_and_unknown_entries_are_refused(tmp_path: Path, run_main: RunMain):
    train(tmp_path / "walk", config("mlp", arena="run_to_goal", samples=1))
    options = ("--engine", "mujoco", "--worlds", "4", "--workers", "1", "--samples", "1")
    command = ("train", "run_to_goal", *options, "--from", str(tmp_path / "walk"), "--out", str(tmp_path / "new"))
    for more, said in (
        (("--surgery", "--width", "4"), "has width 8"),
        (("--surgery", "--drop", "waay"), "did you mean 'way'"),
        (("--drop", "way"), "add --surgery"),
    ):
        status, _, errors = run_main(*command, *more)
        assert status != 0
        assert said in errors.replace("\n", " ")
        assert not (tmp_path / "new").exists()
