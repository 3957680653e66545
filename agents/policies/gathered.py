"""Many policies that act at once on a device: every row has its own weights, gathered from stacks of networks there."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dohyo.agents.devices import put
from dohyo.agents.policies.networks import Network
from dohyo.agents.policies.policy import Memory, Policy
from dohyo.arenas.arrays import BoolArray, FloatArray, IntArray, namespace


@dataclass(frozen=True)
class _Kind:
    """Policies that act in one call: a stack of networks of one form, or one policy of another kind."""

    policy: Policy
    line: IntArray
    """The line in the stack of every place, `[places]`, 0 for places of other kinds."""
    mine: BoolArray
    """Whether the place is of this kind, `[places]`."""


class GatheredPolicies:
    """Acts for the policies that `hold` was given last, in W worlds of a device, and keeps their memory of bouts.

    Which policy acts in a row is known to the device alone: nothing waits for it. So each network's weights are
    gathered for each of its rows, which a batched product then takes; each kind of policy acts in all rows, and a row
    takes the action of its own kind. Bouts of a run mostly meet one kind.
    """

    def __init__(self, worlds: int, device: Any) -> None:
        self.memory, self._device = Memory(worlds, device), device
        """The policies' memories of their bouts."""
        self._kinds: list[_Kind] = []
        self._held: IntArray = np.zeros(0, np.intp)

    def hold(self, numbers: IntArray, policy: Callable[[int], Policy]) -> IntArray:
        """Hold the policies of these numbers, and no others; return the place of each, of the shape of `numbers`.

        `policy` returns the policy of a number; networks must be on the device.
        """
        wanted = np.bincount(numbers.ravel()) > 0  # faster than sorting, as numbers are small
        held: IntArray = np.flatnonzero(wanted)
        if not np.array_equal(held, self._held):
            self._held, self._kinds = held, self._sort([policy(number) for number in held.tolist()])
        places: IntArray = np.cumsum(wanted)[numbers] - 1
        return places

    def _sort(self, policies: list[Policy]) -> list[_Kind]:
        kinds: dict[Hashable, list[int]] = {}
        for place, one in enumerate(policies):
            kinds.setdefault(one.form if isinstance(one, Network) else place, []).append(place)
        return [self._kind(places, policies) for places in kinds.values()]

    def _kind(self, places: list[int], policies: list[Policy]) -> _Kind:
        line, mine = np.zeros(len(policies), np.intp), np.zeros(len(policies), bool)
        line[places], mine[places] = np.arange(len(places)), True
        first, *others = (policies[place] for place in places)
        together = first.beside(others) if isinstance(first, Network) else first  # type: ignore[arg-type]
        self.memory.widen(together.memory)
        return _Kind(together, put(line, self._device), put(mine, self._device))

    def act(self, observation: FloatArray, worlds: IntArray, places: IntArray) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]` of `worlds` `[n]`; row k's policy is at `places[k]`."""
        xp = namespace(observation)
        actions: FloatArray | None = None
        for kind in self._kinds:
            mine = kind.mine[places][:, None]
            own = self._act(kind, observation, worlds, places, mine)
            actions = own if actions is None else xp.where(mine, own, actions)
        assert actions is not None
        return actions

    def _act(
        self, kind: _Kind, observation: FloatArray, worlds: IntArray, places: IntArray, mine: BoolArray
    ) -> FloatArray:
        policy = kind.policy
        if not isinstance(policy, Network):
            return policy.act(observation)
        network, seen = policy.lines(kind.line[places]), observation[:, None]
        if not network.memory:
            return network.act(seen)[:, 0]
        memory = self.memory.rows(worlds, network.memory)
        after = memory[:, None] + 0
        action = network.act(seen, after)[:, 0]
        self.memory.keep(worlds, namespace(memory).where(mine, after[:, 0], memory))
        return action

    def forget(self, worlds: IntArray | BoolArray) -> None:
        """Clear the memory of `worlds`, in which new bouts begin: indices `[n]` or a mask `[W]`."""
        self.memory.forget(worlds)

    def settle(self) -> None:
        """Do nothing: noise does not depend on the order of networks."""
