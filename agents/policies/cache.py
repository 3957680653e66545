"""A cache of policies that is bounded by their size in memory."""

from collections import OrderedDict
from collections.abc import Callable

from dohyo.agents.policies.networks import Network
from dohyo.agents.policies.policy import Policy

BYTES = 200_000_000
"""Bound of a cache: some 370 recurrent policies of 128 units, of 0.54 MB each, or 5,000 of MLPs of width 64."""


class PolicyCache:
    """Policies by name; `make` makes one that is not there, and the least recently used go when there is no room."""

    def __init__(self, make: Callable[[str], Policy], most: int = BYTES) -> None:
        self._make, self._most = make, most
        self._held: OrderedDict[str, Policy] = OrderedDict()
        self.bytes = 0
        """What the policies that are held take up."""

    def get(self, name: str) -> Policy:
        """Return the policy called `name`."""
        if name in self._held:
            self._held.move_to_end(name)
            return self._held[name]
        policy = self._held[name] = self._make(name)
        self.bytes += _size(policy)
        while self.bytes > self._most and len(self._held) > 1:
            self.bytes -= _size(self._held.popitem(last=False)[1])
        return policy


def _size(policy: Policy) -> int:
    return policy.nbytes if isinstance(policy, Network) else 0
