"""The pool: fills the opponents' seats with past snapshots, and keeps count of what the bouts come to."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dohyo.agents.policy import FloatArray, Memory, Policy
from dohyo.agents.snapshot import SUFFIX, load_snapshot
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.payoffs import Payoffs
from dohyo.curricula.samplers import IntArray, Sampler

Known = Mapping[str, tuple[float, float, float]]
"""By snapshot: games, score and quality, see `Payoffs`."""


class Pool:
    """Fills the opponents' seats: a snapshot drawn per bout, one batched call per distinct snapshot.

    Opponents act stochastically, as in arXiv 1710.03748. `chains` holds the snapshots of each learner that can be
    met, oldest first, and grows as they do; which learner is met is drawn evenly. In a share `first` of the bouts the
    opponent is its oldest snapshot, then in a share `newest` its newest, whatever the sampler says. In a share
    `guest_share` of all bouts, or in all where there are no chains, it is one of `guests` instead, drawn evenly.
    """

    def __init__(
        self,
        folder: Path,
        chains: Sequence[list[str]],
        sampler: Sampler,
        worlds: int,
        seed: int,
        *,
        first: float = 0.0,
        newest: float = 0.0,
        guests: Sequence[str] = (),
        guest_share: float = 0.0,
        known: Known | None = None,
    ) -> None:
        self._own, self._chains, self._first, self._newest = len(chains), [*chains, list(guests)], first, newest
        if not chains and not guests:
            raise DohyoError("nobody to meet: let the other role learn as well, or give a guest")
        self._guest_share = (guest_share if chains else 1.0) if guests else 0.0
        self._payoffs = [_restored(names, known or {}) for names in self._chains]
        self._folder, self._sampler, self._seed = folder, sampler, seed
        self._rng = np.random.default_rng(seed)
        self._chain, self._version = np.zeros((2, worlds), np.intp)
        self._policies: dict[str, Policy] = {}
        self._memory = Memory(worlds)

    def assign(self, worlds: IntArray) -> None:
        """Draw the opponent of the bout that begins in each of `worlds`."""
        n = len(worlds)
        chain = self._rng.integers(max(1, self._own), size=n)
        chain[self._rng.random(n) < self._guest_share] = self._own
        version = self._rng.integers(max(1, len(self._chains[-1])), size=n)
        for k, names in enumerate(self._chains[: self._own]):
            rows = np.flatnonzero(chain == k)
            version[rows] = self._draw(k, len(names), len(rows))
        self._chain[worlds], self._version[worlds] = chain, version
        self._memory.forget(worlds)

    def _draw(self, chain: int, count: int, n: int) -> IntArray:
        """Draw n versions from a learner's chain of `count`."""
        self._payoffs[chain].grow(count)
        drawn = self._sampler(self._payoffs[chain], self._rng, n)
        drawn[self._rng.random(n) < self._newest] = count - 1
        drawn[self._rng.random(n) < self._first] = 0
        return drawn

    def note(self, worlds: IntArray, results: IntArray) -> None:
        """Count the bouts that have ended in `worlds` `[n]`: 1 where the learner won, 0 for a draw, -1 a loss."""
        for world, result in zip(worlds.tolist(), results.tolist(), strict=True):
            self._payoffs[self._chain[world]].record(int(self._version[world]), result)

    def known(self) -> dict[str, tuple[float, float, float]]:
        """Return what the bouts have come to, by snapshot."""
        return {
            name: (float(payoffs.games[k]), float(payoffs.score[k]), float(payoffs.quality[k]))
            for names, payoffs in zip(self._chains, self._payoffs, strict=True)
            for k, name in enumerate(names[: len(payoffs.games)])
        }

    def act(self, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Return the opponents' actions `[n, act]` for their observations `[n, obs]`."""
        met = self._version[worlds] * len(self._chains) + self._chain[worlds]
        order = np.argsort(met, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(met[order])) + 1)
        parts = [
            self._memory.act(self._policy(int(worlds[rows[0]])), observation[rows], worlds[rows]) for rows in groups
        ]
        actions: FloatArray = np.empty((len(worlds), parts[0].shape[1]), np.float32)
        actions[order] = np.concatenate(parts)
        return actions

    def _policy(self, world: int) -> Policy:
        """Return the opponent in a world."""
        version = int(self._version[world])
        name = self._chains[self._chain[world]][version]
        if name not in self._policies:
            snapshot = load_snapshot(self._folder / f"{name}{SUFFIX}")
            self._policies[name] = snapshot.policy(stochastic=True, seed=self._seed + version)
        return self._policies[name]


def _restored(names: Sequence[str], known: Known) -> Payoffs:
    """Return the payoffs of a chain from what is known of its snapshots."""
    payoffs = Payoffs()
    for k, name in enumerate(names):
        payoffs.grow(k + 1)
        if name in known:
            payoffs.games[k], payoffs.score[k], payoffs.quality[k] = known[name]
    return payoffs
