"""Collectors on Ray: `pytest -m slow tests/clusters`, in an environment with Ray (`pip install 'dohyo[ray]'`)."""

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Marked
from doubles import shorten_bouts, tiny_config, train
from killed_runs import Run, kill_and_resume
from training_runs import CYCLES, RUNS, outcome

from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.collector import Rollout
from dohyo.curricula.training.training import Training

ray = pytest.importorskip("ray", reason="needs Ray: pip install 'dohyo[ray]'")
on_ray = importlib.import_module("dohyo.curricula.training.on_ray")
Cluster = importlib.import_module("ray.cluster_utils").Cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # Ray's own
]
PLAYING = "ray::Outpost.collect"
"""Title of a process that plays a rollout."""


@pytest.mark.parametrize("run", ["mlp", "lstm", "crowd", "guests", "league with lstm"])
def test_one_collector_plays_what_this_process_plays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: str):
    config = tiny_config(**{"samples": 576, "rated_bouts": 0, "engine": "mujoco"} | RUNS[run])
    shorten_bouts(monkeypatch, CYCLES, config.arena)
    train(tmp_path / "here", config)
    train(tmp_path / "there", replace(config, collectors=1))
    here, there = outcome(tmp_path / "here"), outcome(tmp_path / "there")
    assert len(here["rows"]) >= 7
    for part in ("rows", "bouts", "payoffs"):
        assert there[part] == here[part], part


def long_config(collectors: int, generations: int, **changes: Any) -> TrainConfig:
    """A run of a number of generations; the last one exceeds the budget by all of its samples but one."""
    config = tiny_config(worlds=2 * collectors, mirror=1.0, updates=10, rated_bouts=0, collectors=collectors)
    config = replace(config, ppo=replace(config.ppo, rollout=64))
    samples = (generations - 1) * 4 * collectors * 64 * config.updates + 1
    return replace(config, samples=samples, **changes)


@contextmanager
def harm(act: Callable[[], None]) -> Iterator[list[float]]:
    """Do harm in another thread; yields the times at which it was done, and ends when all is done."""
    times: list[float] = []

    def run() -> None:
        act()
        times.append(time.monotonic())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield times
    finally:
        thread.join()


def trained(path: Path, config: TrainConfig) -> tuple[Training, list[list[Rollout]]]:
    """Train to the end of the budget; return the training and what its collectors have brought, by iteration."""
    brought: list[list[Rollout]] = []
    with closing(RunFolder.create_or_resume(path, config)) as folder:
        training = Training(folder)
        crew: Any = training._crew
        supervisor = crew._crew if config.stale else crew
        finish = supervisor.finish
        supervisor.finish = lambda: (brought.append(finish()), brought[-1])[1]
        training.run()
        check(training, folder, brought)
    return training, brought


def check(training: Training, folder: RunFolder, brought: list[list[Rollout]]) -> None:
    """Check that everything that was brought is counted once, and that no rollout came twice."""
    [lineage], rollouts = training.lineages, [one for some in brought for one in some]
    links = folder.record.chain("sumo")
    assert lineage.learner.samples == sum(int(one.samples["acted"].sum()) for one in rollouts)
    assert sum(int(link.curves["bouts"]) for link in links) == sum(len(one.bouts.worlds) for one in rollouts)
    assert [link.generation for link in links] == list(range(len(links)))
    assert len({one.samples["observations"].tobytes() for one in rollouts}) == len(rollouts)
    assert all(one.samples["advantages"].shape == rollouts[0].samples["advantages"].shape for one in rollouts)


@pytest.mark.parametrize("stale", [0, 1])
def test_kills_of_collectors_in_mid_rollout(
    tmp_path: Path, marked: Marked, monkeypatch: pytest.MonkeyPatch, stale: int
):
    """Ten rollouts of forty in a generation are lost: the run has the generations that it has without a kill."""
    monkeypatch.setattr(on_ray, "GRACE", on_ray.PATIENCE)
    kills, rng = 10, np.random.default_rng(stale)

    def kill() -> None:
        for _ in range(kills):
            marked.kill(PLAYING)
            time.sleep(rng.uniform(0, 2))

    with harm(kill) as times:
        training, brought = trained(tmp_path, long_config(4, generations=16, stale=stale))
    assert times  # all were killed while the run went on
    assert sum(4 - len(some) for some in brought) == kills
    assert training.lineages[0].generation == 16


@pytest.mark.parametrize("room", [True, False])
def test_a_node_dies_and_the_other_goes_on(tmp_path: Path, marked: Marked, monkeypatch: pytest.MonkeyPatch, room: bool):
    """A cluster of two nodes on loopback, with a collector on each; the second node's Ray process is killed.

    If the first node has room, a new collector begins there; otherwise the other one goes on alone.
    """
    monkeypatch.setattr(on_ray, "GRACE", on_ray.PATIENCE if room else 2.0)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1 + room, "object_store_memory": 100_000_000})
    try:
        second = cluster.add_node(num_cpus=1, object_store_memory=100_000_000)
        cluster.wait_for_nodes()
        playing: set[str] = set()

        def kill() -> None:
            marked.wait(PLAYING, lambda found: len(found) == 2)
            time.sleep(3)
            playing.update(placed())
            [raylet] = second.all_processes["raylet"]
            os.kill(raylet.process.pid, signal.SIGKILL)

        with harm(kill) as times:
            training, brought = trained(tmp_path, long_config(2, generations=12, ray=cluster.address))
        assert times
        assert len(playing) == 2
        together = [len(some) for some in brought]
        assert together[0] == 2
        if room:
            assert together.count(1) == 1
            assert training.lineages[0].generation == 12
        else:
            assert together[-1] == 1
            assert training.lineages[0].generation > 12
    finally:
        ray.shutdown()
        cluster.shutdown()


def placed() -> set[str]:
    """Return the nodes that have a CPU in use."""
    left = ray._private.state.available_resources_per_node()
    return {node["NodeID"] for node in ray.nodes() if left[node["NodeID"]].get("CPU", 0) < node["Resources"]["CPU"]}


def test_kills_of_the_head(tmp_path: Path, marked: Marked):
    run = Run(tmp_path / "run", 40, "--collectors", "2")
    generations, _ = kill_and_resume(run, kills=3, longest=8, seed=1)
    assert generations > 1
    marked.wait("ray::Outpost", lambda found: not found)
    marked.wait("raylet", lambda found: not found)  # a killed head leaves no process behind
