"""Runs: settings, the lock, the schedule, and training that goes on exactly where it stopped."""

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles import FloatArray, StubBatch, shorten_bouts, tiny_config

from dohyo.agents.config import PpoConfig
from dohyo.agents.learner import Learner
from dohyo.agents.snapshot import SnapshotError
from dohyo.agents.vec import SeatVec
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.curricula.curves import BoutWatch
from dohyo.curricula.run import RunFolder, TrainConfig
from dohyo.curricula.train import Progress, Training

# --- folders ---


def test_settings_survive(tmp_path: Path):
    config = tiny_config(seed=9, opponents="latest")
    RunFolder.create_or_resume(tmp_path / "run", config).close()
    folder = RunFolder.open(tmp_path / "run")
    assert folder.config == config
    folder.close()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"engine": "pybullet"}, "engine"),
        ({"seed": 1}, "seed"),
        ({"opponents": "latest", "worlds": 8}, "worlds, opponents"),
        ({"ppo": PpoConfig(width=9)}, "ppo"),
    ],
)
def test_other_settings_are_refused_and_change_nothing(tmp_path: Path, change: dict[str, Any], named: str):
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    before = (tmp_path / "config.json").read_bytes()
    with pytest.raises(DohyoError, match=rf"other settings \({named}\)") as caught:
        RunFolder.create_or_resume(tmp_path, tiny_config(samples=9999, **change))
    assert "\n" not in str(caught.value)
    assert (tmp_path / "config.json").read_bytes() == before
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()  # and leaves the folder free


def test_the_budget_and_the_workers_may_change(tmp_path: Path):
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    RunFolder.create_or_resume(tmp_path, tiny_config(samples=None, minutes=3.0, workers=2)).close()
    folder = RunFolder.open(tmp_path)
    assert (folder.config.minutes, folder.config.samples, folder.config.workers) == (3.0, None, 2)
    folder.close()


def test_a_folder_in_use_is_refused_and_unchanged(tmp_path: Path):
    """By another process: there the lock is somebody else's."""
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    before = (tmp_path / "config.json").read_bytes()
    command = ["train", "sumo", "--engine", "mujoco", "--worlds", "4", "--samples", "7", "--out", str(tmp_path)]
    program = [sys.executable, "-c", "from dohyo.cli import main; main()", *command]
    other = subprocess.run(program, capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert other.stdout == ""
    assert other.stderr == (
        f"dohyo: {tmp_path} is in use by another process: wait for it, stop it, or choose another folder\n"
    )
    assert (tmp_path / "config.json").read_bytes() == before
    folder.close()
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()


def test_what_a_killed_session_left_half_written_is_removed(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    folder.close()
    leftover = folder.snapshots / ".0123.safetensors.part"
    leftover.write_bytes(b"half of it")
    RunFolder.open(tmp_path).close()
    assert leftover.exists()  # a reader leaves alone what may be another's
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    assert not leftover.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ppo": 3}', '{"ppo": {}, "speed": 3}'])
def test_settings_that_cannot_be_read(tmp_path: Path, content: str):
    (tmp_path / "config.json").write_text(content)
    for opening in (RunFolder.open, lambda path: RunFolder.create_or_resume(path, tiny_config())):
        with pytest.raises(DohyoError, match=r"cannot read .*config.json") as caught:
            opening(tmp_path)
        assert "\n" not in str(caught.value)


def test_what_is_no_run_folder(tmp_path: Path):
    with pytest.raises(UnknownName, match="is not a run folder"):
        RunFolder.open(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DohyoError, match="cannot create the run folder"):
        RunFolder.create_or_resume(tmp_path / "file", tiny_config())


def test_a_run_without_a_snapshot_says_so(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    with pytest.raises(DohyoError, match="no snapshot yet"):
        folder.latest()
    folder.close()


@pytest.mark.parametrize(
    ("config", "mirrored"),
    [
        (TrainConfig(worlds=64, mirror=0.5), 32),
        (TrainConfig(worlds=6, mirror=0.75), 4),  # 4.5
        (TrainConfig(worlds=64, mirror=0), 0),
        (TrainConfig(worlds=64, mirror=0.25), 16),
        (TrainConfig(worlds=64, opponents="latest"), 64),
    ],
)
def test_how_many_worlds_are_mirrored(config: TrainConfig, mirrored: int):
    assert config.mirrored == mirrored


# --- the learner ---


class Still:
    """Opponents that do nothing."""

    def assign(self, worlds: np.ndarray[Any, np.dtype[np.intp]]) -> None:
        pass

    def act(self, observation: FloatArray, worlds: np.ndarray[Any, np.dtype[np.intp]]) -> FloatArray:
        return np.zeros((len(observation), 2), np.float32)


def learner(seed: int) -> Learner:
    vec = SeatVec(StubBatch([[3], [5], [2], [7]]), Still(), mirrored=2, reward_scale=0.01)
    return Learner(vec, PpoConfig(width=8, rollout=16, minibatch=48, epochs=2), seed)


def practise(learner: Learner, rollouts: int = 3) -> None:
    watch = BoutWatch(learner.vec)
    for _ in range(rollouts):
        learner.collect(watch)
        learner.learn()


def state(learner: Learner) -> dict[str, bytes]:
    """Every number that the learner holds, bit for bit."""
    ppo = learner._ppo
    tensors = {f"policy {name}": tensor for name, tensor in ppo.policy.state_dict().items()}
    for index, entry in ppo.policy.optimizer.state_dict()["state"].items():
        tensors |= {f"adam {index} {name}": tensor for name, tensor in entry.items()}
    counters = {"samples": str(learner.samples).encode(), "updates": str(ppo._n_updates).encode()}
    return counters | {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def test_a_learner_is_restored_bit_for_bit(tmp_path: Path):
    original, path = learner(1), tmp_path / "c.safetensors"
    practise(original)
    assert original.samples == 3 * 16 * 6
    original.save(path, {"note": [1, "two"]})
    draws = torch.rand(4), np.random.rand(4)  # noqa: NPY002 - the stream that SB3 shuffles with
    restored = learner(2)
    assert state(restored) != state(original)
    assert restored.restore(path) == {"note": [1, "two"]}
    again = torch.rand(4), np.random.rand(4)  # noqa: NPY002
    assert state(restored) == state(original)
    assert any(name.startswith("adam") for name in state(restored))
    torch.testing.assert_close(again[0], draws[0], rtol=0, atol=0)
    np.testing.assert_array_equal(again[1], draws[1])


def test_restored_learners_learn_the_same(tmp_path: Path):
    original, path = learner(1), tmp_path / "c.safetensors"
    practise(original)
    original.save(path, {})
    futures = []
    for seed in (2, 3):
        restored = learner(seed)
        restored.restore(path)
        practise(restored)
        futures.append(state(restored))
    assert futures[0] == futures[1]
    assert futures[0] != state(original)


@pytest.mark.parametrize("keep", [0, 5, 300, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, keep: float):
    path = tmp_path / "c.safetensors"
    learner(1).save(path, {})
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(SnapshotError, match=r"cannot resume from .*c.safetensors") as caught:
        learner(1).restore(path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path):
    path = tmp_path / "c.safetensors"
    vec = SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=1)
    Learner(vec, PpoConfig(width=9, rollout=16, minibatch=64), 0).save(path, {})
    with pytest.raises(SnapshotError, match="cannot resume") as caught:
        learner(1).restore(path)
    assert "\n" not in str(caught.value)


# --- training ---


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_bouts(monkeypatch)


def train(path: Path, config: TrainConfig) -> Training:
    folder = RunFolder.create_or_resume(path, config)
    try:
        training = Training(folder)
        training.run()
    finally:
        folder.close()
    return training


def test_the_dense_share_fades(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=1000, anneal=0.4))
    training = Training(folder)
    shares = {}
    for samples in (0, 100, 200, 399, 400, 1000, 5000):
        training._learner._ppo.num_timesteps = samples
        shares[samples] = training.alpha
    training.close()
    folder.close()
    assert shares == pytest.approx({0: 1, 100: 0.75, 200: 0.5, 399: 0.0025, 400: 0, 1000: 0, 5000: 0})


@pytest.mark.parametrize(
    ("config", "share"),
    [
        (tiny_config(samples=1000), 0.25),
        (tiny_config(samples=1000, minutes=2.0), 0.5),  # the nearer limit counts: 60 s of 120
        (tiny_config(samples=None, minutes=0.5), 1.0),
        (tiny_config(samples=None, minutes=0.0), 1.0),
        (tiny_config(samples=None, minutes=None), 0.0),
    ],
)
def test_the_share_of_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: TrainConfig, share: float):
    folder = RunFolder.create_or_resume(tmp_path, config)
    training = Training(folder)
    monkeypatch.setattr(training._learner._ppo, "num_timesteps", 250)
    monkeypatch.setattr(training, "_elapsed", lambda: 60.0)
    assert training.progress().share == share
    training.close()
    folder.close()


def test_training_then_more_of_it(tmp_path: Path):
    first = train(tmp_path, tiny_config())
    assert first.progress().samples == 288  # three generations of 4 + 2 slots * 16 steps
    folder = RunFolder.open(tmp_path)
    before, seconds = folder.league.generations(), folder.league.generations()[-1].seconds
    assert [g.generation for g in before] == [0, 1, 2, 3]
    folder.close()

    config = tiny_config(samples=500)
    folder = RunFolder.create_or_resume(tmp_path, config)
    second = Training(folder)
    assert state(second._learner) == state(first._learner)
    assert second.progress().samples == 288
    assert second.progress().seconds >= seconds
    second.run()

    chain = folder.league.generations()
    assert chain[:4] == before
    assert [(g.generation, g.samples) for g in chain] == [(g, 96 * g) for g in range(7)]  # 500 are passed at 576
    assert [g.seconds for g in chain] == sorted(g.seconds for g in chain)
    for link in chain:
        origin = folder.load(link.snapshot).origin
        assert (origin.generation, origin.samples, origin.engine) == (link.generation, link.samples, "mujoco")
    assert sorted(p.stem for p in folder.snapshots.iterdir()) == sorted(g.snapshot for g in chain)
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == ["000006.safetensors"]
    assert second.newest() == folder.snapshots / f"{chain[-1].snapshot}.safetensors"

    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["generation"], row["snapshot"]) for row in rows] == [(str(g.generation), g.snapshot) for g in chain]
    assert float(rows[-1]["alpha"]) == 0

    # Rated: every second generation, the last, the references among themselves; four bouts a match.
    zero, random, one = "zero", "random", chain[1].snapshot
    met = {(m.player, m.opponent): m.bouts for m in folder.league.matches("mujoco")}
    expected = {(random, zero), (one, zero), (one, random)}
    expected |= {(chain[0].snapshot, known) for known in (zero, random)}
    expected |= {(chain[g].snapshot, known) for g in (2, 3, 4, 6) for known in (zero, random, one)}
    assert met == dict.fromkeys(expected, 4)
    folder.close()


def test_training_repeats_from_its_seed(tmp_path: Path):
    names = [train(tmp_path / k, tiny_config(seed=seed)).newest().name for k, seed in (("a", 0), ("b", 0), ("c", 1))]
    assert names[0] == names[1]
    assert names[0] != names[2]


def test_latest_meets_nobody_else(tmp_path: Path):
    training = train(tmp_path, tiny_config(opponents="latest"))
    assert training.progress().samples == 384  # 4 worlds * 2 seats * 16 steps in each of three generations


def test_a_finished_run_stays_as_it_is(tmp_path: Path):
    newest = train(tmp_path, tiny_config()).newest()
    again = train(tmp_path, tiny_config())
    assert again.newest() == newest
    assert again.progress().generation == 3


def test_a_watcher_is_told_how_far_it_is(tmp_path: Path):
    told: list[Progress] = []
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    Training(folder, told.append).run()
    folder.close()
    shares = [progress.share for progress in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    assert told[0].generation == -1
    assert told[-1].generation == 3
    assert told[-1].rating is not None
    assert set(told[-1].win_rates) == {"zero", "random", "generation 1"}


@pytest.mark.parametrize("damage", ["truncate", "remove"])
def test_a_damaged_checkpoint_says_so(tmp_path: Path, damage: str):
    train(tmp_path, tiny_config(samples=96))
    (path,) = (tmp_path / "checkpoints").iterdir()
    if damage == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:500])
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=96))
    with pytest.raises(SnapshotError, match="cannot resume from") as caught:
        Training(folder)
    assert "\n" not in str(caught.value)
    assert len(folder.league.generations()) == 2
    folder.close()


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        tiny_config().seed = 3  # type: ignore[misc]
    assert replace(tiny_config(), seed=3).seed == 3
