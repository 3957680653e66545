"""Test doubles for a device: a batch of tensors without physics, opponents on it, and a watch on who waits for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from doubles import StubBatch
from torch.utils._python_dispatch import TorchDispatchMode

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.arenas.step import Finished, Step

WAITS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select", "aten::item")
"""Operations for which a host has to wait for a device."""


class TensorBatch:
    """A `StubBatch` whose numbers are tensors, as those of a `DeviceBatch` are: every world has a row in `finished`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._stub, self.device = StubBatch(*args, **kwargs), torch.device("cpu")
        self.worlds, self.arena, self.endings = self._stub.worlds, self._stub.arena, self._stub.endings
        self.observation_spaces, self.action_spaces = self._stub.observation_spaces, self._stub.action_spaces
        self._watch: Watch | None = None

    @property
    def taken(self) -> list[Any]:
        return self._stub.taken

    @property
    def observations(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.from_numpy(seen.copy()) for seen in self._stub.observations)

    def reset(self, seed: int | None = None) -> tuple[torch.Tensor, ...]:
        self._stub.reset(seed)
        return self.observations

    def step(self, actions: Sequence[torch.Tensor]) -> Step:
        with _paused(self._watch):
            before = self._stub.out.copy(), self._stub._step + 1
            step = self._stub.step([action.numpy() for action in actions])
            return self._tensors(step, *before)

    def _tensors(self, step: Step, out: Any, length: Any) -> Step:
        ended, seats = step.finished, len(self.action_spaces)
        rows: dict[str, Any] = {
            name: np.full((self.worlds, *getattr(ended, name).shape[1:]), -7, getattr(ended, name).dtype)
            for name in ("winner", "ending", "steps", "left", "dense", "outcome")
        }
        for name, array in rows.items():  # those of other worlds do not count
            array[ended.ids] = getattr(ended, name)
        finished: Any = {name: torch.from_numpy(array) for name, array in rows.items()}
        finished |= {"ids": torch.arange(self.worlds), "observation": ()}
        whole: Any = [torch.as_tensor(array.copy()) for array in (step.reward, step.dense, step.outcome)]
        assert len(whole[0][0]) == seats
        masks: Any = torch.from_numpy(step.done.copy()), torch.from_numpy(step.out.copy())
        return Step(self.observations, *whole, {}, *masks, Finished(**finished))  # type: ignore[arg-type]

    def close(self) -> None:
        self._stub.close()

    @contextmanager
    def watched(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
        """Return what waits for the device in the meantime, outside this double, which computes on the host."""
        watch = self._watch = Watch()
        with watch, monkeypatch.context() as patch:
            for name in ("numpy", "tolist", "cpu", "__array__"):
                patch.setattr(torch.Tensor, name, watch.noted(name))
            yield watch.waits
        self._watch = None


class Watch(TorchDispatchMode):
    """Notes what makes a host wait for a device."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[str] = []
        self.on = True

    def noted(self, name: str) -> Any:
        """Return a method of tensors that is noted."""
        method = getattr(torch.Tensor, name)

        def noting(tensor: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            if self.on:
                self.waits.append(name)
            return method(tensor, *args, **kwargs)

        return noting

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.on and func._schema.name in WAITS:
            self.waits.append(func._schema.name)
        if self.on and func._schema.name in ("aten::index", "aten::_index_put_impl_", "aten::index_put_"):
            masks = [part for part in args[1] if part is not None and part.dtype == torch.bool]
            if masks and not (func._schema.name != "aten::index" and args[2].ndim == 0):  # a number fills the mask
                self.waits.append(func._schema.name)
        return func(*args, **(kwargs or {}))


@contextmanager
def _paused(watch: Watch | None) -> Iterator[None]:
    if watch is not None:
        watch.on = False
    yield
    if watch is not None:
        watch.on = True


class Followed:
    """Opponents on a device whose actions are chair / 64, and which record the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def open(self, steps: int) -> None:
        self.calls.append(("open", steps))

    def follow(self, done: Any) -> None:
        self.calls.append(("follow", done.clone()))

    def settle(self) -> None:
        self.calls.append(("settle", None))

    def assign(self, worlds: Any) -> None:
        self.calls.append(("assign", worlds.tolist()))

    def note(self, bouts: EndedBouts) -> None:
        self.calls.append(("note", (bouts.worlds.tolist(), bouts.comparisons.tolist())))

    def act(self, observation: Any, chairs: Any) -> Any:
        return (chairs[:, None] / 64).repeat(1, 2).float()

    def of(self, kind: str) -> list[Any]:
        return [what for name, what in self.calls if name == kind]


def play_on_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs with the engine mujoco play in device batches on the processor."""
    monkeypatch.setenv("DOHYO_DEVICE", "cpu")
    monkeypatch.setattr("dohyo.curricula.training.device.ENGINES", ("warp", "mujoco"))
