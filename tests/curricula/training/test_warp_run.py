"""Runs with MuJoCo Warp on the processor, in which nothing leaves the device's tensors, against runs over arrays.

The first run compiles kernels for minutes; later runs find them in Warp's cache.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config, train
from killed_runs import Run, kill_and_resume
from training_runs import CYCLES, FIRST, first_generation

from dohyo.arenas.batch import Batch
from dohyo.arenas.device import DeviceBatch
from dohyo.arenas.physics.warp_engine import DEVICE_VARIABLE

pytest.importorskip("mujoco_warp", reason="MuJoCo Warp is not installed")
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")


def test_the_first_update_learns_the_numbers_that_arrays_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of 3,072 samples on the same engine, and a run over arrays goes on with what the device has learned."""
    shorten_bouts(monkeypatch, CYCLES)
    config = replace(tiny_config(**FIRST), engine="warp")
    assert isinstance(train(tmp_path / "device", config)._batch, DeviceBatch)
    there = first_generation(tmp_path / "device")
    monkeypatch.setattr("dohyo.curricula.training.device.ENGINES", ())
    assert isinstance(train(tmp_path / "arrays", config)._batch, Batch)
    here = first_generation(tmp_path / "arrays")
    for name, tensor in here.tensors.items():
        np.testing.assert_allclose(there.tensors[name], tensor, atol=1e-4, err_msg=name)
    assert train(tmp_path / "device", replace(config, samples=6144)).lineages[0].generation == 2


def test_a_kill(tmp_path: Path):
    """A run in processes of its own, which is killed, resumed and rated."""
    run = Run(tmp_path / "run", 12, "--device", "cpu", engine="warp")
    generations, rated = kill_and_resume(run, kills=1, longest=20, seed=1)
    assert generations >= 2
    assert rated > 0
