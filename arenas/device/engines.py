"""Engines of a device batch: their frame holds tensors, and worlds to reset are given as a mask."""

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from dohyo.arenas.device.moving import Mover
from dohyo.arenas.physics.engine import Engine
from dohyo.arenas.physics.frame import Frame


class DeviceEngine(Protocol):
    """A physics engine over W worlds whose frame holds tensors on `device`."""

    device: torch.device
    frame: Frame

    @property
    def host(self) -> Engine:
        """The same engine over numpy arrays; these are up to date only after `fetch`."""

    def reset(self, worlds: Tensor, qpos: Tensor, qvel: Tensor) -> None:
        """Put the worlds in the mask `worlds` `[W]` into their rows of the states `[W, nq]`, `[W, nv]`.

        They forget their history. The frame is refreshed.
        """

    def step(self, action: Tensor) -> None:
        """Advance every world by one control step under `action` `[W, nu]` in [-1, 1], then refresh the frame."""

    def halt(self, worlds: Tensor) -> None:
        """Allow the engine to skip the worlds in the mask `worlds` `[W]` until they are reset."""

    def fetch(self) -> None:
        """Copy the state into `host`; the caller waits for the device."""

    def send(self) -> None:
        """Take the state from `host`."""


class HostEngine:
    """An engine that computes on the host, behind tensors: each step copies actions there and the frame back."""

    def __init__(self, host: Engine, device: torch.device) -> None:
        self.host, self.device = host, device
        self.frame: Frame = Mover(device)(Frame.empty(host.scene, host.worlds))

    def reset(self, worlds: Tensor, qpos: Tensor, qvel: Tensor) -> None:
        """See `DeviceEngine`."""
        if len(ids := np.flatnonzero(worlds.numpy(force=True))):
            self.host.reset(ids, *(part.double().numpy(force=True)[ids] for part in (qpos, qvel)))
            self.send()

    def step(self, action: Tensor) -> None:
        """See `DeviceEngine`."""
        self.host.step(action.double().numpy(force=True))
        self.send()

    def halt(self, worlds: Tensor) -> None:
        """See `DeviceEngine`."""
        self.host.halt(np.flatnonzero(worlds.numpy(force=True)))

    def fetch(self) -> None:
        """Do nothing: the state is in `host`."""

    def send(self) -> None:
        """Copy the frame to the device."""
        arrays = self.host.frame.state
        for name, tensor in self.frame.state.items():
            torch.as_tensor(tensor).copy_(torch.from_numpy(arrays[name]))
