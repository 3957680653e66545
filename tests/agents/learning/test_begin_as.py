"""Learners that start as a snapshot: they act like it, first train only the value function, and refuse other kinds."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import shorten_bouts, snapshot, tiny_config, train

from dohyo.agents.snapshot import Snapshot, SnapshotError, save_snapshot
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
STATISTICS = ("mean", "variance")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_bouts(monkeypatch)


def config(policy: str, **changes: Any) -> TrainConfig:
    tiny = tiny_config(**changes)
    return replace(tiny, ppo=replace(tiny.ppo, policy=policy, unroll=8, value_first=150))


def trained(path: Path, policy: str) -> Snapshot:
    """The policy of a run of 192 samples, so that its observation statistics are not the initial ones."""
    train(path, config(policy, samples=192, rated_bouts=0))
    with closing(RunFolder.open(path)) as folder:
        return folder.latest()


def begun(path: Path, start: Snapshot, settings: TrainConfig) -> Training:
    """A session of a run whose learners start as the snapshot `start`."""
    folder = RunFolder.create_or_resume(path, replace(settings, start=start.name, rated_bouts=0))
    folder.save_snapshot(start)
    try:
        return Training(folder)
    except SnapshotError:
        folder.close()
        raise


def network(tensors: Mapping[str, np.ndarray[Any, Any]]) -> dict[str, bytes]:
    return {name: tensor.tobytes() for name, tensor in tensors.items() if name not in STATISTICS}


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_a_learner_begins_as_the_snapshot(tmp_path: Path, policy: str):
    start = trained(tmp_path / "first", policy)
    training = begun(tmp_path / "second", start, config(policy, samples=1, seed=1))
    learner = training.lineages[0].learner
    taken = learner.tensors()
    assert set(taken) == set(start.tensors)
    for name, tensor in start.tensors.items():
        np.testing.assert_array_equal(taken[name], tensor)
    assert set(learner._norm.count.tolist()) == {start.origin.samples} == {192}
    training.close()
    training.folder.close()


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_values_are_learned_first_also_after_a_resume(tmp_path: Path, policy: str):
    """A generation has 96 samples; for 150 samples only the value function learns."""
    start = trained(tmp_path / "first", policy)
    networks, values = [network(start.tensors)], []
    for samples in (96, 192):
        training = begun(tmp_path / "second", start, config(policy, samples=samples))
        training.run()
        learner = training.lineages[0].learner
        networks.append(network(learner.tensors()))
        values.append(learner._policy.value_net.weight.detach().clone())
        assert np.abs(learner.tensors()["mean"] - start.tensors["mean"]).max() > 0  # statistics go on meanwhile
        training.folder.close()
    assert networks[0] == networks[1]
    assert (values[0] != values[1]).any()
    assert all(networks[2][name] != networks[0][name] for name in networks[0])


def test_values_are_learned_first_again_when_a_learner_begins_anew(tmp_path: Path):
    """The learner starts anew after 192 samples, is saved and restored: until 342 only the value function learns."""
    start, path = trained(tmp_path / "first", "mlp"), tmp_path / "checkpoint"
    own = network(start.tensors)
    for k in range(2):
        training = begun(tmp_path / f"run {k}", start, config("mlp", samples=1))
        training.start_chains()
        lineage = training.lineages[0]
        if path.exists():
            lineage.learner.restore(path)
            assert lineage.learner.samples == 192
        assert network(lineage.learner.tensors()) == own
        for stays in (True, False):
            lineage.improve(training.scheduled, lambda: None)
            assert (network(lineage.learner.tensors()) == own) == stays
        lineage.learner.reset()
        lineage.learner.save(path)
        training.close()
        training.folder.close()


def test_other_networks_are_refused(tmp_path: Path):
    start = trained(tmp_path / "first", "mlp")
    other = config("mlp", samples=1)
    wide = replace(other, ppo=replace(other.ppo, width=9))
    for k, settings in enumerate((config("lstm", samples=1), wide)):
        with pytest.raises(SnapshotError, match=rf"no learner can begin as snapshot {start.name}.*same kind and width"):
            begun(tmp_path / f"run {k}", start, settings)
    with pytest.raises(SnapshotError, match=r"plays sumo as sumo .*, not run_to_goal as runner"):
        begun(tmp_path / "runner", start, config("mlp", samples=1, arena="run_to_goal"))


def test_the_command_takes_kind_and_width_from_the_snapshot(tmp_path: Path, run_main: RunMain):
    start = save_snapshot(trained(tmp_path / "first", "lstm"), tmp_path)
    options = ["--engine", "mujoco", "--worlds", "4", "--workers", "1", "--samples", "1"]
    status, _, _ = run_main("train", "sumo", *options, "--from", str(start), "--out", str(tmp_path / "run"), "--json")
    assert status == 0
    with closing(RunFolder.open(tmp_path / "run")) as folder:
        settings = folder.config
    assert (settings.start, settings.ppo.policy, settings.ppo.width) == (start.stem, "lstm", 8)
    status, _, errors = run_main("train", "sumo", *options, "--from", "nobody", "--out", str(tmp_path / "none"))
    assert status == 2
    assert "no player 'nobody'" in errors


def test_a_snapshot_of_another_arena_is_refused_before_anything_is_trained(tmp_path: Path, run_main: RunMain):
    path = save_snapshot(snapshot(), tmp_path)
    options = ["--engine", "mujoco", "--worlds", "4", "--workers", "1", "--samples", "1"]
    status, _, errors = run_main("train", "sumo", *options, "--from", str(path), "--out", str(tmp_path / "run"))
    assert status == 1
    assert "observations of another layout" in errors.replace("\n", " ")
