"""Run folders: settings, the lock, and refusals."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from doubles import tiny_config

from dohyo.agents.learning.config import PpoConfig
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder


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
        ({"ppo": PpoConfig(width=9)}, "width, rollout, minibatch, epochs"),
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
    with pytest.raises(DohyoError, match="cannot create the folder"):
        RunFolder.create_or_resume(tmp_path / "file", tiny_config())


def test_a_run_without_a_snapshot_says_so(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config())
    with pytest.raises(DohyoError, match="no snapshot of sumo yet"):
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
