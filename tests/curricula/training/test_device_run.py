"""Runs on a device: they learn what runs over arrays learn, repeat and resume, also from one path to the other."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from device_doubles import play_on_device
from doubles import shorten_bouts, tiny_config, train
from training_runs import CYCLES, FIRST, RUNS, in_sessions, outcome

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.snapshot import load_snapshot
from dohyo.arenas.device import DeviceBatch
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.device import on_device


def test_the_first_update_learns_the_numbers_that_arrays_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of 3,072 samples, half of them against opponents, with the same starts and the same noise."""
    shorten_bouts(monkeypatch, CYCLES)
    config = tiny_config(**FIRST)
    train(tmp_path / "arrays", config)
    play_on_device(monkeypatch)
    assert isinstance(train(tmp_path / "device", config)._batch, DeviceBatch)
    generations = []
    for run in ("arrays", "device"):
        with closing(RunFolder.open(tmp_path / run)) as folder:
            generations.append([(link, folder.load(link.snapshot)) for link in folder.record.generations()])
    (_, before), (link, after) = generations[0]
    (_, before_there), (link_there, after_there) = generations[1]
    assert before.name == before_there.name
    for name, tensor in after.tensors.items():
        np.testing.assert_allclose(after_there.tensors[name], tensor, atol=1e-4, err_msg=name)
    moved = np.abs(after.tensors["weight_1"] - before.tensors["weight_1"]).max()
    assert moved > 1e-3  # ten times what is allowed above
    assert (link.samples, link.curves["bouts"]) == (link_there.samples, link_there.curves["bouts"]) == (3072, 64)
    for curve in ("train/approx_kl", "train/value_loss", "dense_return", "draws", "train/explained_variance"):
        assert link_there.curves[curve] == pytest.approx(link.curves[curve], rel=1e-3, abs=1e-4), curve


KINDS = ("mlp", "quality", "crowd", "guests", "population", "roles", "league")
SLOW = ("population", "crowd", "quality", "league")


@pytest.mark.parametrize("run", [pytest.param(k, marks=[pytest.mark.slow] if k in SLOW else []) for k in KINDS])
def test_sessions_make_the_run_that_one_session_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: str):
    play_on_device(monkeypatch)
    config = tiny_config(**{"samples": 576, "rated_bouts": 0} | RUNS[run])
    shorten_bouts(monkeypatch, CYCLES, config.arena)
    train(tmp_path / "whole", config)
    in_sessions(tmp_path / "parts", config, 1)
    whole, parts = outcome(tmp_path / "whole"), outcome(tmp_path / "parts")
    assert len(whole["rows"]) >= 7
    for part in whole:
        assert parts[part] == whole[part], part


@pytest.mark.parametrize("arrays_first", [True, False])
def test_a_run_goes_on_from_one_path_to_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays_first: bool):
    """In the middle of its bouts; every generation is kept and rated."""
    shorten_bouts(monkeypatch, CYCLES)
    config = tiny_config(rated_bouts=2, rate_every=1)
    for session in range(4):
        with monkeypatch.context() as patch:
            if (session + arrays_first) % 2:
                play_on_device(patch)
            training = train(tmp_path, replace(config, samples=192 * (session + 1)))
            assert isinstance(training._batch, DeviceBatch) == bool((session + arrays_first) % 2)
    with closing(RunFolder.open(tmp_path)) as folder:
        links = folder.record.generations()
        assert [link.samples for link in links] == [96 * k for k in range(9)]
        # In each of four worlds, bouts of 23 steps do not begin anew with a session.
        assert sum(link.curves["bouts"] for link in links[1:]) == 4 * (8 * 16 // CYCLES)
        rated = {match.player for match in folder.record.matches("mujoco")}
        assert {link.snapshot for link in links[1:]} <= rated
        for link in links:
            load_snapshot(folder.snapshots / f"{link.snapshot}.safetensors")


WARP = TrainConfig(engine="warp")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"engine": "mujoco"}, False),
        ({"ppo": PpoConfig(policy="lstm")}, False),
        ({"collectors": 2}, False),
        ({"randomise": ("dactyl",)}, False),
        ({"algorithm": "ppo"}, True),
    ],
)
def test_which_runs_stay_on_a_device(changes: dict[str, Any], expected: bool):
    assert on_device(replace(WARP, **changes)) == expected
