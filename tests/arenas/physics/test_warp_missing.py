"""Without MuJoCo Warp or a GPU, the warp engine says what to do."""

import sys
from collections.abc import Callable

import pytest

from dohyo.arenas import EngineError, UnknownName, make_batch
from dohyo.arenas.physics.warp_engine import DEVICE_VARIABLE, choose_device


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEVICE_VARIABLE, raising=False)


def test_without_mujoco_warp_both_ways_out_are_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "mujoco_warp", None)
    with pytest.raises(EngineError, match=r'pip install "dohyo\[warp\]".*--engine mujoco') as caught:
        make_batch("sumo", engine="warp")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("gpu", "device"), [(True, "cuda"), (False, "cpu")])
def test_a_gpu_is_taken_where_there_is_one(gpu: bool, device: str):
    assert choose_device(gpu, None) == device
    assert choose_device(gpu, "cpu") == "cpu"


def test_the_environment_names_the_device(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    assert choose_device(True, None) == "cpu"
    assert choose_device(True, "cuda") == "cuda"


def test_a_wrong_device():
    with pytest.raises(EngineError, match="--device cpu"):
        choose_device(False, "cuda")
    with pytest.raises(UnknownName, match=r"unknown device 'tpu'.*cuda, cpu"):
        choose_device(False, "tpu")


def test_the_command_line_checks_the_device(run_main: Callable[..., tuple[int, str, str]]):
    status, _, errors = run_main("play", "sumo", "--seat", "zero", "--seat", "zero", "--device", "tpu")
    assert (status, len(errors.splitlines())) == (2, 1)
    assert "unknown device 'tpu'" in errors


def test_arenas_of_the_paper_do_not_take_it():
    with pytest.raises(UnknownName, match=r"does not take engine 'warp'.*mujoco"):
        make_batch("paper/sumo-ants", engine="warp")
