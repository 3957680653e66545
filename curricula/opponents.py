"""Which past snapshot a learner meets: samplers by name, and the pool that plays them."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dohyo.agents.policy import FloatArray, Memory, Policy
from dohyo.agents.snapshot import SUFFIX, load_snapshot
from dohyo.arenas.errors import UnknownName

IntArray = NDArray[np.intp]
Sampler = Callable[[int, np.random.Generator, int], IntArray]
"""Draws n versions from the snapshots 0 .. count - 1, oldest first: (count, rng, n) -> `[n]`."""


def latest(count: int, rng: np.random.Generator, n: int) -> IntArray:
    """Always the newest snapshot (delta = 1 of arXiv 1710.03748)."""
    return np.full(n, count - 1)


def uniform(delta: float, count: int, rng: np.random.Generator, n: int) -> IntArray:
    """Uniform over the versions from `delta * v` to `v`, the newest (arXiv 1710.03748, section 4.2)."""
    newest = count - 1
    oldest = int(np.ceil(round(delta * newest, 9)))  # 0.07 * 100 is a hair above 7
    return rng.integers(oldest, newest, size=n, endpoint=True)


def parse_sampler(text: str) -> Sampler:
    """Return the sampler that `latest` or `uniform(DELTA)` names; raises `UnknownName` for anything else."""
    if text == "latest":
        return latest
    match = re.fullmatch(r"uniform\(([0-9]*\.?[0-9]+)\)", text, re.ASCII)
    if match and 0 <= float(match[1]) <= 1:
        return partial(uniform, float(match[1]))
    raise UnknownName(f"unknown opponents {text!r}; choose latest or uniform(DELTA) with DELTA from 0 to 1")


class Pool:
    """Fills the opponents' seats: a snapshot drawn per bout, one batched call per distinct snapshot.

    Opponents act stochastically, as in arXiv 1710.03748. `chains` holds the snapshots of each learner that can be
    met, oldest first, and grows as they do; which learner is met is drawn evenly. In a share `first` of the bouts the
    opponent is its oldest snapshot, then in a share `newest` its newest, whatever the sampler says.
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
    ) -> None:
        self._chains, self._first, self._newest = chains, first, newest
        self._folder, self._sampler, self._seed = folder, sampler, seed
        self._rng = np.random.default_rng(seed)
        self._chain, self._version = np.zeros((2, worlds), np.intp)
        self._policies: dict[str, Policy] = {}
        self._memory = Memory(worlds)

    def assign(self, worlds: IntArray) -> None:
        """Draw the opponent of the bout that begins in each of `worlds`."""
        n = len(worlds)
        chain, version = self._rng.integers(len(self._chains), size=n), np.zeros(n, np.intp)
        for k, names in enumerate(self._chains):
            rows = np.flatnonzero(chain == k)
            drawn = self._sampler(len(names), self._rng, len(rows))
            drawn[self._rng.random(len(rows)) < self._newest] = len(names) - 1
            drawn[self._rng.random(len(rows)) < self._first] = 0
            version[rows] = drawn
        self._chain[worlds], self._version[worlds] = chain, version
        self._memory.forget(worlds)

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
