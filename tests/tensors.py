"""A batch over numpy arrays next to a device batch of the same worlds, and what has to be alike."""

from typing import Any

import numpy as np
import torch

from dohyo.arenas import Batch, Step, make_batch
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.device import DeviceBatch, make_device_batch

PAID = 1e-3
"""Largest error of a reward: positions of 5 m have errors of 3e-7 m in 32 bits, and a speed that is paid forty times is
their difference over 0.05 s."""


def pair(
    arena: str, body: str | None, engine: str = "mujoco", worlds: int = 2, **more: Any
) -> tuple[Batch, DeviceBatch]:
    """The same batch over arrays and over tensors."""
    more = {"workers": 1, "alpha": 0.3, "max_cycles": 40} | more
    return make_batch(arena, body, engine, worlds, **more), make_device_batch(
        arena, body, engine, worlds, device="cpu", **more
    )


def actions(batch: Batch, rng: np.random.Generator) -> list[FloatArray]:
    """Random actions, some of them beyond the limits."""
    shapes = [(batch.worlds, *space.shape) for space in batch.action_spaces]
    return [rng.uniform(-1.5, 1.5, shape).astype(np.float32) for shape in shapes]


def step_both(host: Batch, device: DeviceBatch, chosen: list[FloatArray]) -> tuple[Step, Any]:
    return host.step(chosen), device.step([torch.from_numpy(action) for action in chosen])


def near(ours: Any, theirs: torch.Tensor, most: float = 1e-5, share: float = 0.0) -> None:
    """An array and a tensor differ by less than `most` plus a `share` of the value."""
    np.testing.assert_allclose(theirs.numpy(), ours, rtol=share, atol=most)


def check(host: Step, device: Any) -> None:
    """The two steps are alike; those of the device have a row for every world."""
    for name in ("done", "out", "outcome"):
        assert np.array_equal(getattr(host, name), getattr(device, name).numpy()), name
    assert host.terms.keys() == device.terms.keys()
    for name, paid in host.terms.items():
        near(paid, device.terms[name], PAID, 1e-5)
    near(host.reward, device.reward, PAID, 1e-5)
    ids = host.finished.ids
    for seat, seen in enumerate(host.observation):
        near(seen, device.observation[seat])
        near(host.finished.observation[seat], device.finished.observation[seat][ids])
    for name in ("ids", "winner", "ending", "steps", "left", "outcome"):
        assert np.array_equal(getattr(host.finished, name), getattr(device.finished, name).numpy()[ids]), name
    near(host.finished.dense, device.finished.dense[ids], PAID, 1e-4)


def compare(host: Batch, device: DeviceBatch, steps: int, seed: int = 0) -> set[str]:
    """Step both alike; return how bouts ended."""
    rng, endings = np.random.default_rng(seed), set()
    for _ in range(steps):
        ours, theirs = step_both(host, device, actions(host, rng))
        check(ours, theirs)
        endings |= {host.endings[k] for k in ours.finished.ending}
    return endings
