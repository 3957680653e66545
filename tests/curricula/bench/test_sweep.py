"""The sweep over numbers of worlds: what it refuses, and what it measures, small and on the processor."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from doubles import shorten_bouts, tiny_config

from dohyo.arenas.physics import is_installed
from dohyo.arenas.physics.warp_engine import DEVICE_VARIABLE
from dohyo.curricula.bench import sweep as measured


def test_it_takes_the_warp_engine_alone(run_main: Callable[..., tuple[int, str, str]]):
    status, output, errors = run_main("bench", "sumo", "--engine", "mujoco", "--sweep")
    assert (status, output, len(errors.splitlines())) == (2, "", 1)
    assert "--engine warp" in errors


@pytest.mark.slow
@pytest.mark.skipif(not is_installed("warp"), reason="MuJoCo Warp is not installed")
def test_a_small_sweep_with_training(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(DEVICE_VARIABLE, "cpu")
    monkeypatch.setitem(measured.COUNTS, "cpu", (2, 4))
    monkeypatch.setitem(measured.STEPS, "cpu", 2)
    shorten_bouts(monkeypatch)
    ticks: list[None] = []
    found = measured.sweep(replace(tiny_config(), engine="warp"), 1, lambda: ticks.append(None))
    assert (found.device, len(ticks)) == ("cpu", 2)
    assert [row.worlds for row in found.rows] == [2, 4]
    assert all(row.engine_steps_per_s > 0 < row.batch_steps_per_s for row in found.rows)
    assert 0 < found.agreement < 5e-6
    assert found.repeats
    assert min(found.rollouts, found.updates, found.training, found.training_on_cores) > 0
    assert found.training_worlds == 2
