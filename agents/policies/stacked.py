"""Many policies that act at once: networks of the same shape share one matrix product per layer."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.agents.policies.networks import Network
from dohyo.agents.policies.policy import Memory, Policy
from dohyo.arenas.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class _Block:
    """Policies that act in one call, and the rows of the observation that they act on."""

    policy: Policy
    """A policy, or a stack of networks."""
    rows: IntArray
    """Row indices `[n]`, or `[lines, size]` for a stack; short lines are padded with a row of the same network."""
    real: NDArray[np.bool_]
    """False where `rows` is padding; same shape as `rows`."""


class StackedPolicies:
    """Acts for many policies in W worlds, and keeps their memory of bouts.

    Networks of one `likeness` are stacked and act in one call. All other policies act in one call each, as do all with
    `together=False`. The two ways agree to the accuracy of float32, not bit for bit, because the order of sums in a
    matrix product depends on its size. In either way the same calls give the same actions.
    """

    def __init__(self, worlds: int, *, together: bool = True) -> None:
        self.memory, self._together = Memory(worlds), together
        """The policies' memories of their bouts."""
        self._who: IntArray = np.zeros(0, np.intp)
        self._blocks: list[_Block] = []
        self._stacks: dict[Hashable, _Stack] = {}

    def act(
        self, observation: FloatArray, worlds: IntArray, who: IntArray, policy: Callable[[int], Policy]
    ) -> FloatArray:
        """Return actions `[n, act]` for observations `[n, obs]` of `worlds` `[n]`; policy `who[k]` acts in row k.

        `policy` returns the policy of a number.
        """
        if not np.array_equal(who, self._who):  # changes only when a bout begins
            self._who, self._blocks = who.copy(), self._plan(who, policy)
        parts = [self.memory.act(b.policy, observation[b.rows], worlds[b.rows]) for b in self._blocks]
        actions: FloatArray = np.empty((len(who), parts[0].shape[-1]), np.float32)
        for block, part in zip(self._blocks, parts, strict=True):
            actions[block.rows[block.real]] = part[block.real]
        return actions

    def forget(self, worlds: IntArray) -> None:
        """Clear the memory of `worlds` `[n]`, in which new bouts begin."""
        self.memory.forget(worlds)

    def settle(self) -> None:
        """Forget the order of networks in the stacks, because it decides the noise of each row."""
        self._who, self._stacks = np.zeros(0, np.intp), {}

    def _plan(self, who: IntArray, policy: Callable[[int], Policy]) -> list[_Block]:
        """Return the blocks in which the policies of the numbers `who` `[n]` act."""
        order = np.argsort(who, kind="stable")
        alone: list[_Block] = []
        alike: dict[Hashable, list[tuple[int, Network, IntArray]]] = {}
        for rows in np.split(order, np.flatnonzero(np.diff(who[order])) + 1):
            number = int(who[rows[0]])
            one = policy(number)
            if self._together and isinstance(one, Network):
                alike.setdefault(one.likeness, []).append((number, one, rows))
            else:
                alone.append(_alone(one, rows))
        return alone + [self._stacked(key, members) for key, members in alike.items()]

    def _stacked(self, likeness: Hashable, members: Sequence[tuple[int, Network, IntArray]]) -> _Block:
        if len(members) == 1:
            return _alone(*members[0][1:])
        if likeness not in self._stacks:
            self._stacks[likeness] = _Stack(members[0][1])
        return self._stacks[likeness].block(members)


def _alone(policy: Policy, rows: IntArray) -> _Block:
    return _Block(policy, rows, np.ones(len(rows), bool))


class _Stack:
    """Networks of one likeness in a stack that is reused, because filling a line costs as much as many actions."""

    def __init__(self, like: Network) -> None:
        self._networks, self._held = like.stack(0), list[int]()

    def block(self, members: Sequence[tuple[int, Network, IntArray]]) -> _Block:
        """Return the block of K networks, each with its number and its rows `[n]`.

        All lines have the mean number of rows per network; a network with more rows takes several lines. So there are
        fewer than 2 K lines, however the rows are distributed.
        """
        size = -(-sum(len(rows) for _, _, rows in members) // len(members))
        lines = [
            (who, network, rows[k : k + size]) for who, network, rows in members for k in range(0, len(rows), size)
        ]
        if len(lines) > len(self._held):
            self._networks, self._held = members[0][1].stack(2 * len(lines)), [-1] * 2 * len(lines)
        rows, real = np.empty((len(lines), size), np.intp), np.zeros((len(lines), size), bool)
        for place, (who, network, part) in zip(self._places([who for who, _, _ in lines]), lines, strict=True):
            if self._held[place] != who:
                self._networks.put(place, network)
                self._held[place] = who
            rows[place], real[place, : len(part)] = part[0], True
            rows[place, : len(part)] = part
        return _Block(self._networks.head(len(lines)), rows, real)

    def _places(self, wanted: Sequence[int]) -> list[int]:
        """Return a line for each wanted network, if possible the line that already holds it."""
        held: dict[int, list[int]] = {}
        for place, who in enumerate(self._held[: len(wanted)]):
            held.setdefault(who, []).append(place)
        kept = [held[who].pop() if held.get(who) else -1 for who in wanted]
        free = iter(sorted(place for places in held.values() for place in places))
        return [place if place >= 0 else next(free) for place in kept]
