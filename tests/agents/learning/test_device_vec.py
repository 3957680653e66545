"""Slots on a device: what slots see, do and earn is what those over arrays do, and the host waits for nothing."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from device_doubles import Followed, TensorBatch
from doubles import StubBatch

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.device_vec import DeviceVec
from dohyo.agents.learning.vec_env import SeatVec

LENGTHS = [[2], [9], [3, 4], [1, 5]]
PAIRS = (0, 0, 1, 1)
CASES = [
    pytest.param((0, 1), None, 2, {}, False, id="two seats"),
    pytest.param((0, 1), 1, 0, {}, False, id="one seat learns"),
    pytest.param((0, 1, 2), None, 1, {(2, 1): 1, (3, 0): 2}, False, id="seats that leave"),
    pytest.param(PAIRS, None, 1, {(1, 0): 3}, True, id="pairs, privileged"),
]


class Told(Followed):
    """The same opponents over arrays."""

    def act(self, observation: Any, chairs: Any) -> Any:
        return np.repeat(chairs[:, None] / 64, 2, axis=1).astype(np.float32)


def pair(sides: Sequence[int], side: int | None, mirrored: int, leave: Any, privileged: bool) -> tuple[Any, Any]:
    """Slots over arrays and slots on a device, of equal batches."""
    here, there = StubBatch(LENGTHS, sides, leave), TensorBatch(LENGTHS, sides, leave)
    return (
        SeatVec(here, Told(), mirrored, 0.5, side, privileged=privileged),
        DeviceVec(there, Followed(), mirrored, 0.5, side, privileged=privileged),
    )


def same_bouts(here: list[EndedBouts], there: list[EndedBouts]) -> None:
    assert len(here) == len(there) > 0
    for one, other in zip(here, there, strict=True):
        for name, values in vars(one).items():
            np.testing.assert_array_equal(values, getattr(other, name), name)


@pytest.mark.parametrize(("sides", "side", "mirrored", "leave", "privileged"), CASES)
def test_slots_do_what_those_over_arrays_do(
    sides: Sequence[int], side: int | None, mirrored: int, leave: Any, privileged: bool
):
    arrays, tensors = pair(sides, side, mirrored, leave, privileged)
    reported: tuple[list[EndedBouts], list[EndedBouts]] = [], []
    arrays.report_to(reported[0].append)
    tensors.report_to(reported[1].append)
    np.testing.assert_array_equal(arrays.reset(), tensors.reset())
    rng = np.random.default_rng(0)
    for steps in (5, 7, 1):
        tensors.open(steps)
        for _ in range(steps):
            action = rng.uniform(-1, 1, (arrays.num_envs, 2)).astype(np.float32)
            for here, there in zip(arrays.play(action), tensors.play(torch.from_numpy(action)), strict=True):
                assert isinstance(there, torch.Tensor)
                np.testing.assert_array_equal(here, there)
                assert str(here.dtype) in str(there.dtype)
            np.testing.assert_array_equal(arrays.acted, tensors.acted)
        tensors.settle()
        assert (arrays.save()["turn"] == tensors.save()["turn"]).all()
    np.testing.assert_array_equal(np.array(arrays.batch.taken), np.array(tensors.batch.taken))
    same_bouts(*reported)
    assert tensors.opponents.of("note") == arrays.opponents.of("note")
    assert tensors.opponents.of("assign") == arrays.opponents.of("assign")
    assert tensors.opponents.of("open") == [5, 7, 1]


def test_slots_are_saved_in_the_form_of_those_over_arrays():
    arrays, tensors = pair((0, 1, 2), None, 3, {(2, 1): 1}, False)
    for vec, put in ((arrays, np.asarray), (tensors, torch.from_numpy)):
        vec.seed(3)
        vec.reset()
        vec.open(5)
        for _ in range(5):
            vec.play(put(np.zeros((vec.num_envs, 2), np.float32)))
        vec.settle()
    here, there = arrays.save(), tensors.save()
    assert here.keys() == there.keys()
    for name, array in here.items():
        assert array.dtype == there[name].dtype
        np.testing.assert_array_equal(array, there[name])
    _, fresh = pair((0, 1, 2), None, 3, {}, False)
    fresh.restore(here)
    assert (fresh.save()["idle"] == here["idle"]).all()
    assert here["idle"].any()


def learner(vec: Any, **settings: Any) -> Any:
    return make_learner(vec, PpoConfig(width=8, rollout=16, minibatch=24, **settings), 1)


@pytest.mark.parametrize("settings", [{}, {"value": "privileged"}, {"least_std": 0.6, "learning_rate": 0.01}])
def test_a_learner_on_a_device_learns_what_one_over_arrays_learns(settings: dict[str, Any]):
    """Three rollouts: from the first only statistics, then two updates."""
    learned = []
    for vec in pair((0, 1, 2), None, 1, {(2, 1): 1}, bool(settings.get("value"))):
        one = learner(vec, **settings)
        one.begin()
        for _ in range(3):
            one.learn([one.collect()])
        learned.append((one.tensors(), one.curves(), one.samples, one.divergence([one.collect()])))
    (tensors, curves, samples, moved), (others, other_curves, other_samples, also) = learned
    for name, tensor in tensors.items():
        np.testing.assert_allclose(others[name], tensor, atol=1e-6, err_msg=name)
    assert other_curves == pytest.approx(curves, rel=1e-4, abs=1e-6)
    assert other_samples == samples < 3 * 16 * 9  # idle slots do not count
    assert also == pytest.approx(moved, abs=1e-6)


def test_nothing_waits_for_the_device_within_a_rollout(monkeypatch: pytest.MonkeyPatch):
    """What waits does so before the first control step or after the last: a long rollout waits as often as a short one.

    Many bouts end in it, and seats leave them.
    """
    batch: Any = TensorBatch(LENGTHS, (0, 1, 2), {(2, 1): 1})
    waits = []
    for steps in (4, 32):
        one = make_learner(DeviceVec(batch, Followed(), 1, 0.5), PpoConfig(width=8, rollout=steps, minibatch=24), 1)
        one.begin()
        one.collect()
        with batch.watched(monkeypatch) as noted:
            one.collect()
        waits.append(noted)
    assert waits[0] == waits[1] != []


WAITS: list[Callable[[torch.Tensor], Any]] = [
    lambda mask: mask.any().item(),
    lambda mask: bool(mask[0]),
    lambda mask: mask.nonzero(),
    lambda mask: torch.ones(2)[mask],
    lambda mask: mask.tolist(),
    lambda mask: mask.numpy(),
    lambda mask: np.asarray(mask),
]
GOES_ON: list[Callable[[torch.Tensor], Any]] = [
    lambda mask: torch.ones(2).masked_fill_(mask, 0),
    lambda mask: torch.ones(2).__setitem__(mask, 0),
    lambda mask: torch.ones(2)[torch.tensor([0])],
    lambda mask: torch.where(mask, torch.ones(2), 0),
]


@pytest.mark.parametrize(("call", "waits"), [(c, True) for c in WAITS] + [(c, False) for c in GOES_ON])
def test_the_watch_sees_what_waits(monkeypatch: pytest.MonkeyPatch, call: Callable[[torch.Tensor], Any], waits: bool):
    with TensorBatch(LENGTHS).watched(monkeypatch) as noted:
        call(torch.tensor([True, False]))
    assert bool(noted) == waits
