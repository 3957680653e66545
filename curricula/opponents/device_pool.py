"""The pool on a device: opponents are drawn ahead of a rollout, and the device itself goes from one to the next."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from dohyo.agents.policies.gathered import GatheredPolicies
from dohyo.agents.policies.networks import Network
from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import Array, BoolArray, FloatArray, IntArray
from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.opponents.matchmaker import Matchmaker
from dohyo.curricula.opponents.pool import Pool


class DevicePool(Pool):
    """A `Pool` whose opponents act on a device of torch (`dohyo.agents.learning.device_vec.DeviceOpponents`).

    `open` draws a bout for every opponent and control step of the rollout, from the ledger as it is then. A bout that
    begins takes the next of them, on the device at once, and on the host when the bouts are reported. What is left is
    dropped, so that new results count in the next rollout.
    """

    def __init__(
        self,
        load: Callable[[str], Snapshot],
        ledger: Ledger,
        matchmaker: Matchmaker,
        worlds: int,
        seed: int,
        *,
        device: torch.device,
        guest_share: float = 0.0,
        actions: int = 0,
        opponents: Sequence[int] = (0,),
    ) -> None:
        more: dict[str, Any] = {"guest_share": guest_share, "actions": actions, "opponents": opponents}
        super().__init__(load, ledger, matchmaker, worlds, seed, **more)
        self._device = device
        self._stacked = self._crowd = GatheredPolicies(worlds * len(opponents), device)
        self._row = torch.arange(worlds * self._count, device=device)
        chairs = self._opponents[:, None] * worlds + np.arange(worlds)
        self._row_of_chair = torch.from_numpy(chairs.ravel()).to(device)
        self._ahead: list[IntArray | Array] | None = None
        """Chain, version and chance of the bouts to come, `[steps, rows]` each, on the host; None between rollouts."""
        self._used: IntArray = np.zeros(worlds * self._count, np.intp)
        """How many of them have begun in each row, on the host."""
        self._places, self._next, self._begun = (torch.zeros_like(self._row) for _ in range(3))

    def open(self, steps: int) -> None:
        """See `DeviceOpponents`."""
        rows = len(self._chain)
        drawn = self._meet(steps * rows)
        chain, version = (part.reshape(steps, rows) for part in drawn[:2])
        self._ahead, self._used[:] = [chain, version, drawn[2].reshape(steps, rows)], 0
        met = np.concatenate([[self._chain], chain]), np.concatenate([[self._version], version])
        places = self._crowd.hold(met[1] * len(self.ledger.chains) + met[0], self._policy)
        self._places, self._next = (torch.from_numpy(part).to(self._device) for part in (places[0], places[1:]))
        self._begun = torch.zeros_like(self._row)

    def follow(self, done: BoolArray) -> None:
        """See `DeviceOpponents`."""
        over = torch.as_tensor(done)
        rows = over.repeat(self._count)
        self._places = torch.where(rows, self._next[self._begun, self._row], self._places)
        self._begun = (self._begun + rows).clamp(max=len(self._next) - 1)
        self._crowd.forget(over.repeat(len(self._opponents)))  # type: ignore[arg-type]  # a tensor

    def settle(self) -> None:
        """See `DeviceOpponents`."""
        self._ahead = None

    def assign(self, worlds: IntArray) -> None:
        """Choose the opponents for the bout that begins in each of `worlds` `[n]`; after a rollout, those of `open`."""
        if self._ahead is None:
            super().assign(worlds)
            return
        rows = self._rows(np.arange(self._count), worlds)
        turn = self._used[rows]
        for own, ahead in zip((self._chain, self._version, self._chance), self._ahead, strict=True):
            own[rows] = ahead[turn, rows]
        self._used[rows] += 1

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        """Return the opponents' actions `[n, act]` for their observations `[n, obs]` on `chairs` `[n]`, all tensors."""
        place: Any = self._places[self._row_of_chair[torch.as_tensor(chairs)]]
        return self._crowd.act(observation, chairs, place)

    def _find(self, name: str) -> Policy:
        policy = super()._find(name)
        return policy.on(self._device) if isinstance(policy, Network) else policy
