"""The pool: it fills the opponents' seats with past snapshots and guests, and notes the results."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.policies.cache import PolicyCache
from dohyo.agents.policies.gathered import GatheredPolicies
from dohyo.agents.policies.policy import Policy
from dohyo.agents.policies.stacked import StackedPolicies
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import Array, FloatArray, IntArray
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.saved import AnyArray, Saved, StateError, put_back, set_stream, stream_state
from dohyo.curricula.opponents.ledger import Ledger, Result
from dohyo.curricula.opponents.matchmaker import Evenly, Matchmaker

DRAWS = 64
"""Draws per distinct opponent that `gather` looks for; opponents that these miss are too rare to matter."""


class Pool:
    """The opponents of one learner: one drawn for each other side of a bout; all act at once (`StackedPolicies`).

    `matchmaker` draws them from the `ledger`'s chains, and `load` returns a snapshot by name. In a share `guest_share`
    of the cases, or in all if there are no chains, one of the ledger's guests is drawn evenly instead: snapshots, or
    built-in policies with actions of length `actions`. `opponents` says which opponent of a world fills each of its
    chairs (`dohyo.agents.learning.vec_env.Opponents`). Opponents act with their noise, as in arXiv 1710.03748, all from
    one stream that `seed` starts.
    """

    def __init__(
        self,
        load: Callable[[str], Snapshot],
        ledger: Ledger,
        matchmaker: Matchmaker,
        worlds: int,
        seed: int,
        *,
        guest_share: float = 0.0,
        actions: int = 0,
        opponents: Sequence[int] = (0,),
        together: bool = True,
    ) -> None:
        if not ledger.own and not ledger.guests:
            raise DohyoError("no opponents: let the other role learn as well, or give a guest, such as zero")
        self.ledger = ledger
        """The snapshots to meet, and the results, which `note` counts; another ledger may have longer chains."""
        self._results: list[Result] = []
        self._guest_share = (guest_share if ledger.own else 1.0) if ledger.guests else 0.0
        self._load, self._matchmaker, self._actions = load, matchmaker, actions
        self._rng, self._noise = np.random.default_rng(seed), np.random.default_rng([seed, 1])
        self._worlds, self._opponents = worlds, np.array(opponents)
        self._count = int(self._opponents.max()) + 1
        self._chain, self._version = np.zeros((2, worlds * self._count), np.intp)
        """Opponent k of world w is in row k * W + w, here and in `_chance`."""
        self._chance = np.full(worlds * self._count, np.nan)
        """The probability with which each opponent was drawn, see `Payoffs.record`."""
        self._policies = PolicyCache(self._find)
        self._stacked: StackedPolicies | GatheredPolicies = StackedPolicies(worlds * len(opponents), together=together)
        self._gathered: IntArray | None = None
        """Chain and version of the opponents that can be met, `[2, n]`; None for all."""

    def assign(self, worlds: IntArray) -> None:
        """Draw the opponents for the bout that begins in each of `worlds` `[n]`."""
        rows, chairs = (self._rows(np.arange(count), worlds) for count in (self._count, len(self._opponents)))
        self._chain[rows], self._version[rows], self._chance[rows] = self._meet(len(rows))
        self._stacked.forget(chairs)

    def _meet(self, n: int) -> tuple[IntArray, IntArray, Array]:
        """Draw n opponents: chain, version, and the chance with which each was drawn from its chain, `[n]` each."""
        guests = self._rng.random(n) < self._guest_share
        chain, version = np.full(n, self.ledger.own), self._rng.integers(max(1, len(self.ledger.guests)), size=n)
        chain[~guests], version[~guests] = self._draw(int((~guests).sum()))
        return chain, version, self._chances(chain, version)

    def _rows(self, numbers: IntArray, worlds: IntArray) -> IntArray:
        """Return k * W + w for every number k and world w, in this order."""
        rows: IntArray = numbers[:, None] * self._worlds + worlds
        return rows.ravel()

    def _chances(self, chain: IntArray, version: IntArray) -> Array:
        """Return the probability with which each opponent is drawn from its chain, NaN where no rule asks for it.

        Of those that were gathered it is the same for all.
        """
        chances = np.full(len(chain), np.nan)
        if isinstance(self._matchmaker, Evenly):
            payoffs = self.ledger.payoffs()
            for k in np.unique(chain[chain < self.ledger.own]):
                if (known := self._matchmaker.chances(payoffs[k])) is not None:
                    if self._gathered is not None:
                        known = np.full(len(known), 1 / (self._gathered[0] == k).sum())
                    chances[chain == k] = known[version[chain == k]]
        return chances

    def gather(self, count: int) -> int:
        """Draw up to `count` distinct opponents, and return their number.

        Until the next call, each bout that begins meets one of them, drawn evenly. Current bouts go on, and guests are
        met as before.
        """
        self._gathered = None
        drawn = self._draw(DRAWS * count)
        first = np.unique(drawn, axis=1, return_index=True)[1]
        self._gathered = drawn[:, np.sort(first)[:count]]
        return len(self._gathered[0])

    def _draw(self, n: int) -> IntArray:
        """Draw n opponents from the learners' chains: chain and version, `[2, n]`."""
        if not n or not self.ledger.own:
            return np.zeros((2, 0), np.intp)
        if self._gathered is not None:
            return self._gathered[:, self._rng.integers(self._gathered.shape[1], size=n)]
        return np.stack(self._matchmaker(self.ledger.payoffs(), self._rng, n))

    def note(self, bouts: EndedBouts) -> None:
        """Count the results of bouts against this pool's opponents that have ended."""
        for world, results in zip(bouts.worlds.tolist(), bouts.comparisons.tolist(), strict=True):
            for k, result in enumerate(results):
                row = k * self._worlds + world
                met = int(self._chain[row]), int(self._version[row])
                self._results.append(Result(*met, result, float(self._chance[row])))
                self.ledger.record(self._results[-1:])

    def new_results(self) -> list[Result]:
        """Return the results since the last call, in their order."""
        results, self._results = self._results, []
        return results

    def save(self) -> Saved:
        """Return the pool's state, with which a pool of the same ledger continues bit for bit.

        The ledger is left out. Both pools forget the order of networks in their stacks.
        """
        self._stacked.settle()
        return {
            "streams": np.array([stream_state(stream) for stream in (self._rng, self._noise)]),
            "met": np.stack([self._chain, self._version]),
            "chance": self._chance.copy(),
            "memory": self._stacked.memory.save(),
            "guests": _letters(self.ledger.guests),
        }

    def goes_on(self, saved: Mapping[str, AnyArray]) -> bool:
        """Return whether a saved state has the same guests as this pool; if not, new bouts must begin."""
        return "guests" in saved and np.array_equal(saved["guests"], _letters(self.ledger.guests))

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue from a state that `save` returned; raises `StateError` if it does not fit."""
        self._stacked.settle()
        met, chance = np.stack([self._chain, self._version]), self._chance.copy()
        put_back({"met": met, "chance": chance}, {name: saved[name] for name in ("met", "chance")})
        lengths = np.array([max(1, len(names)) for names in self.ledger.chains])
        chain = met[0].clip(0, len(lengths) - 1)
        if (met[0] != chain).any() or (met[1] < 0).any() or (met[1] >= lengths[chain]).any():
            raise StateError("a saved state does not fit: it names opponents that do not exist")
        for stream, state in zip((self._rng, self._noise), saved["streams"], strict=True):
            set_stream(stream, state)
        self._stacked.memory.restore(saved["memory"])
        (self._chain[:], self._version[:]), self._chance[:] = met, chance

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        """Return the opponents' actions `[n, act]` for their observations `[n, obs]` on `chairs` `[n]`."""
        number, world = np.divmod(chairs, self._worlds)
        rows = self._opponents[number] * self._worlds + world
        met = self._version[rows] * len(self.ledger.chains) + self._chain[rows]
        assert isinstance(self._stacked, StackedPolicies)
        return self._stacked.act(observation, chairs, met, self._policy)

    def _policy(self, met: int) -> Policy:
        """Return the opponent with the number `met`, which is version times the number of chains plus chain."""
        version, chain = divmod(met, len(self.ledger.chains))
        return self._policies.get(self.ledger.chains[chain][version])

    def _find(self, name: str) -> Policy:
        if name in BUILT_IN:
            return BUILT_IN[name](self._actions, self._noise)
        return self._load(name).policy(stochastic=True, seed=self._noise)


def _letters(names: Sequence[str]) -> AnyArray:
    """Return names as one array of bytes."""
    return np.frombuffer("\n".join(names).encode(), np.uint8).copy()
