"""Slots on a device: observations, actions and rewards are tensors there, and bouts are reported after a rollout."""

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from dohyo.agents.devices import host, put
from dohyo.agents.learning.slots import Slots
from dohyo.agents.learning.vec_env import Opponents, SeatVec
from dohyo.arenas.arrays import BoolArray, FloatArray
from dohyo.arenas.step import Finished, Step

REPORTED = ("winner", "ending", "steps", "left", "dense")
"""Fields of `Finished` from which bouts are reported."""


class DeviceOpponents(Opponents, Protocol):
    """Opponents on a device, which learn there that bouts have ended, and are told on the host after a rollout."""

    def open(self, steps: int) -> None:
        """Draw ahead whom the bouts meet that begin in the next `steps` control steps."""

    def follow(self, done: BoolArray) -> None:
        """Let the bouts in the worlds of the mask `done` `[W]` end, and others begin."""

    def settle(self) -> None:
        """Take all bouts of the rollout for reported; called after `note` and `assign` of all of them."""


class DeviceVec(SeatVec):
    """The slots of a device batch (`dohyo.arenas.device`); the host does not wait for the device within a rollout.

    The device itself changes sides and opponents where bouts end, and logs the ends. After the rollout `settle` reports
    them step by step, as a `SeatVec` does at once, so that the records of host and device agree again.
    """

    opponents: DeviceOpponents

    def __init__(
        self,
        batch: Any,
        opponents: DeviceOpponents,
        mirrored: int,
        reward_scale: float,
        side: int | None = None,
        *,
        privileged: bool = False,
    ) -> None:
        super().__init__(batch, opponents, mirrored, reward_scale, side, privileged=privileged)
        self._acting = Slots(batch, mirrored, side, self.device)
        self._idle, self.acted = put(self._idle, self.device), put(self.acted, self.device)
        self._log: dict[str, list[Tensor]] = {}

    def open(self, steps: int) -> None:
        """Prepare for a rollout of `steps` calls of `play`."""
        self._log = {name: [] for name in ("done", *REPORTED)}
        self._acting.restore(self._slots.save())
        self.opponents.open(steps)

    def _conclude(self, step: Step) -> FloatArray:
        """Log the bouts that have ended in a step; return what every slot sees, `[slots, obs]`."""
        for name, log in self._log.items():
            log.append(torch.as_tensor(step.done if name == "done" else getattr(step.finished, name)).clone())
        self._acting.move(step.done)
        self.opponents.follow(step.done)
        return self._seen(step.observation)

    def settle(self) -> None:
        """Report the bouts that have ended since `open`."""
        if not self._log["done"]:
            return
        log = {name: host(torch.stack(parts)) for name, parts in self._log.items()}
        for step, done in enumerate(log.pop("done")):
            if len(ids := np.flatnonzero(done)):
                rows: dict[str, Any] = {name: parts[step][ids] for name, parts in log.items()}
                self._end_bouts(Finished(ids, (), outcome=np.zeros_like(rows["dense"]), **rows))
        self._log.clear()
        self.opponents.settle()
