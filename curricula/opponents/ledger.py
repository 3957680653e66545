"""The ledger of a learner: the snapshots that it can meet, and its results against each of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dohyo.curricula.opponents.payoffs import Payoffs

Known = Mapping[str, tuple[float, float, float]]
"""Games, score and quality by snapshot, see `Payoffs`."""


@dataclass(frozen=True)
class Result:
    """The result of a bout against one opponent."""

    chain: int
    """Number of the opponent's chain in the ledger, and of its version in the chain."""
    version: int
    result: int
    """1 for a win, 0 for a draw, -1 for a loss."""
    chance: float
    """The probability with which the opponent was drawn, see `Payoffs.record`."""


class Ledger:
    """Chains of snapshots, each oldest first, with a learner's results against them; the last chain are the guests.

    `chains` are the snapshots of each learner that can be met. `known` has the results so far.
    """

    def __init__(self, chains: Sequence[Sequence[str]], guests: Sequence[str] = (), known: Known | None = None) -> None:
        self.own = len(chains)
        """Number of chains without the guests."""
        self.chains = [list(names) for names in (*chains, guests)]
        self._payoffs = [_restored(names, known or {}) for names in self.chains]

    @property
    def guests(self) -> list[str]:
        """Names of the guests."""
        return self.chains[-1]

    def add(self, chain: int, snapshot: str) -> None:
        """Add a new snapshot to chain number `chain`; bouts that begin from now on can meet it."""
        if not 0 <= chain < self.own:
            raise IndexError(f"the ledger holds chains 0 to {self.own - 1}, not {chain}")
        self.chains[chain].append(snapshot)
        self.payoffs()  # gives the new snapshot the highest quality so far

    def payoffs(self) -> list[Payoffs]:
        """Return the payoffs against each learner's snapshots, including those that were not met."""
        for payoffs, names in zip(self._payoffs, self.chains, strict=True):
            payoffs.grow(len(names))
        return self._payoffs[: self.own]

    def record(self, results: Iterable[Result]) -> None:
        """Count results, in their order."""
        for one in results:
            self._payoffs[one.chain].record(one.version, one.result, one.chance)

    def known(self) -> dict[str, tuple[float, float, float]]:
        """Return games, score and quality by snapshot."""
        return {
            name: (float(payoffs.games[k]), float(payoffs.score[k]), float(payoffs.quality[k]))
            for names, payoffs in zip(self.chains, self._payoffs, strict=True)
            for k, name in enumerate(names[: len(payoffs.games)])
        }

    def forget_results(self) -> None:
        """Clear all results, because the learner has started anew."""
        self._payoffs = [_restored(names, {}) for names in self.chains]

    def copy(self) -> "Ledger":
        """Return a ledger that changes on its own."""
        copy = Ledger(self.chains[:-1], self.guests)
        copy._payoffs = [payoffs.copy() for payoffs in self._payoffs]
        return copy


def _restored(names: Sequence[str], known: Known) -> Payoffs:
    """Return the payoffs of a chain with the known values of its snapshots."""
    payoffs = Payoffs()
    for k, name in enumerate(names):
        payoffs.grow(k + 1)
        if name in known:
            payoffs.games[k], payoffs.score[k], payoffs.quality[k] = known[name]
    return payoffs
