"""MuJoCo Warp behind tensors, on the processor: worlds stay apart, and it plays what the engine over arrays plays."""

from typing import Any

import numpy as np
import pytest
import torch
from states import APART, standing
from torch import Tensor

from dohyo.arenas.arrays import Array
from dohyo.arenas.device import make_device_batch
from dohyo.arenas.device.warp import WarpTensors
from dohyo.arenas.physics import warp_engine
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.physics.warp_engine import WarpEngine

pytest.importorskip("mujoco_warp", reason="MuJoCo Warp is not installed")
pytestmark = pytest.mark.slow
NEAR = [(-0.5, 0.05, 0.62, 0.0), (0.5, -0.05, 0.62, np.pi)]
TANGLED = [(0.0, 0.0, 0.3, 0.0), (0.1, 0.0, 0.3, 0.5)]
"""Places in which two ants' legs touch, and in which they are in each other."""
ALL = torch.ones(3, dtype=torch.bool)


def make(worlds: int = 3) -> Any:
    return make_device_batch("sumo", "ant", "warp", worlds, device="cpu")


def start(scene: Scene, *places: list[tuple[float, float, float, float]]) -> list[Tensor]:
    """A state per world."""
    states = zip(*(standing(scene, each) for each in places), strict=True)
    return [torch.from_numpy(np.concatenate(arrays)) for arrays in states]


def random(steps: int, size: float = 1.0) -> Array:
    return np.random.default_rng(0).uniform(-size, size, (steps, 16))


def brawl(disturb: dict[int, int], steps: int = 8) -> Array:
    """Three worlds of touching ants; `disturb` gives a world to reset in a step. States `[steps, W, …]`."""
    engine = make().engine
    state = start(engine.host.scene, NEAR, NEAR, NEAR)
    engine.reset(ALL, *state)
    seen = []
    for k, action in enumerate(random(steps)):
        engine.step(torch.from_numpy(action).repeat(3, 1))
        if k in disturb:
            engine.reset(torch.arange(3) == disturb[k], *state)
        engine.fetch()
        host = engine.host.state
        seen.append(np.concatenate([host["qpos"], host["qvel"], host["sensed"]], axis=1))
    return np.array(seen)


def test_it_plays_what_the_engine_over_arrays_plays():
    """Bit for bit, also after resets of single worlds."""
    scene = make().engine.host.scene
    engine = WarpEngine(scene, 3, 1, "cpu")
    one = standing(scene, NEAR)
    engine.reset(np.arange(3), *(part.repeat(3, 0) for part in one))
    seen = []
    for k, action in enumerate(random(8)):
        engine.step(action[None].repeat(3, 0))
        if k in (2, 4):
            engine.reset(np.array([{2: 1, 4: 0}[k]]), *one)
        seen.append(np.concatenate([engine.state["qpos"], engine.state["qvel"], engine.state["sensed"]], axis=1))
    # Over arrays a start keeps its 64 bits until the next step.
    assert np.array_equal(np.array(seen).astype(np.float32), brawl({2: 1, 4: 0}).astype(np.float32))


def test_a_reset_of_one_world_leaves_the_others_alone():
    calm, broken = brawl({}), brawl({2: 1, 4: 0})
    assert np.array_equal(broken[:, 2], calm[:, 2])
    assert np.array_equal(broken[:4, 0], calm[:4, 0])
    assert not np.array_equal(broken[3, 1], calm[3, 1])


def test_nan_in_one_world_is_counted_and_leaves_the_others_alone():
    batch, calm = make(), make()
    batch.reset(5), calm.reset(5)
    for k, action in enumerate(random(6)):
        if k == 2:
            batch.engine.host.tensor("qvel")[1, 3] = torch.nan
        chosen = torch.from_numpy(action).repeat(3, 1).split(8, dim=1)
        ours, others = batch.step(chosen), calm.step(chosen)
        assert ours.done.tolist() == [False, k == 2, False]
        for seen, quiet in zip(ours.observation, others.observation, strict=True):
            assert torch.equal(seen[[0, 2]], quiet[[0, 2]])
            assert torch.isfinite(seen).all()
    assert (batch.diverged, calm.diverged) == (1, 0)


def test_constraints_that_do_not_fit_are_counted_and_leave_the_others_alone(monkeypatch: pytest.MonkeyPatch):
    """World 1 has two ants with their legs in each other, the others two ants apart; there is room for the latter."""
    monkeypatch.setattr(warp_engine, "room", lambda model: (60, 40, 200))
    engine, small = make().engine, make(1).engine
    assert isinstance(engine, WarpTensors)
    engine.reset(ALL, *start(engine.host.scene, APART, TANGLED, APART))
    small.reset(ALL[:1], *start(engine.host.scene, APART))
    for action in random(3, size=0.2):
        engine.step(torch.from_numpy(action).repeat(3, 1))
        small.step(torch.from_numpy(action)[None])
        assert engine.frame.failed.tolist() == [False, True, False]
        for ours, alone in zip(engine.frame.state.values(), small.frame.state.values(), strict=True):
            assert torch.equal(ours[[0, 2]], torch.as_tensor(alone).repeat(2, *[1] * (ours.ndim - 1)))
