"""AlphaStar's league: the kinds of learners, their opponents, when a copy joins, and when a learner starts anew.

Source: Vinyals et al. 2019, "Grandmaster level in StarCraft II using multi-agent reinforcement learning" (Nature 575),
Methods, "Multi-agent learning", and the pseudocode in its supplement. Where the two differ, this follows the Methods.
Only the pseudocode gives the weightings, and the thresholds of 30 and 70 % of the main agents' matches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, IntArray
from dohyo.curricula.opponents.matchmaker import Matchmaker
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.samplers import WEIGHTINGS, weigh

MAIN, MAIN_EXPLOITER, LEAGUE_EXPLOITER = "main", "main-exploiter", "league-exploiter"

SELF_PLAY, EVERYONE, VERIFICATION = 0.35, 0.5, 0.15
"""Shares of a main agent's matches: against its newest self, all players of the league, and forgotten players."""
TOO_STRONG = 0.3
"""Below this win rate, a main agent meets an opponent's past instead, or past main exploiters."""
BEATEN = 0.7
"""Above this win rate, an opponent counts as beaten."""
HOPELESS = 0.2
"""Below this win rate, a main exploiter meets the main agent's past in half of its matches."""
ENOUGH = 10
"""Fewest faded bouts after which an opponent counts as beaten (ours: a generation here is some hundred bouts)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Standings:
    """A learner's results against the N players of a league, chain after chain, each oldest first; arrays `[N]`."""

    kind: NDArray[np.str_]
    """Kind of the learner whose copy the player is."""
    chain: IntArray
    version: IntArray
    newest: Mask
    """Whether the player is the last of its chain; for a main agent that is its newest self."""
    rate: Array
    """Win rate against the player, with draws counted half; one half if it was never met."""
    games: Array
    """Bouts against the player, faded."""

    @classmethod
    def of(cls, kinds: Sequence[str], payoffs: Sequence[Payoffs]) -> "Standings":
        """Return the standings against chains of these kinds, one kind and one `Payoffs` per chain."""
        counts = np.array([len(known.games) for known in payoffs], np.intp)
        version = np.concatenate([np.zeros(0, np.intp), *(np.arange(count) for count in counts)])
        return cls(
            kind=np.repeat(np.array(kinds, np.str_), counts),
            chain=np.repeat(np.arange(len(counts)), counts),
            version=version,
            newest=version == np.repeat(counts, counts) - 1,
            rate=np.concatenate([np.zeros(0), *(known.win_rate() for known in payoffs)]),
            games=np.concatenate([np.zeros(0), *(known.games for known in payoffs)]),
        )

    def agents(self) -> list[Mask]:
        """Return a mask of the players of each main agent."""
        return [self.chain == chain for chain in np.unique(self.chain[self.kind == MAIN])]

    def prioritised(self, among: Mask, weighting: Callable[[Array], Array]) -> Array:
        """Return the probabilities `[N]` of prioritised fictitious self-play over the players `among`."""
        chances: Array = np.zeros(len(self.rate))
        chances[among] = weigh(weighting(self.rate[among]))
        return chances


def main_chances(standings: Standings, mirrored: bool) -> Array:
    """Return a main agent's probabilities of opponents, `[N]`: 50 % PFSP over all, 15 % verification, 35 % self-play.

    With `mirrored`, self-play has separate worlds, and the other two share these bouts. All main agents are met equally
    often, itself included if it can fill both seats. Weights are (1 - p)^2.
    """
    agents = standings.agents()
    everyone = standings.prioritised(np.ones(len(standings.rate), bool), WEIGHTINGS["squared"])
    verification = np.mean([_verification(standings, agent) for agent in agents], axis=0)
    past = EVERYONE * everyone + VERIFICATION * verification
    own = SELF_PLAY * np.mean([_self_play(standings, agent) for agent in agents], axis=0)
    chances: Array = past / (EVERYONE + VERIFICATION) if mirrored else past + own
    return chances


def _self_play(standings: Standings, agent: Mask) -> Array:
    """Return the main agent's newest self, or, if that wins more than 70 %, its past weighted by p (1 - p)."""
    now = agent & standings.newest
    return standings.prioritised(agent if standings.rate[now] <= TOO_STRONG else now, WEIGHTINGS["variance"])


def _verification(standings: Standings, agent: Mask) -> Array:
    """Return past main exploiters if one wins more than 70 %, else forgotten players, else self-play.

    Forgotten players are an agent's past up to the last player that is beaten more often than the one before it, if one
    of them is beaten in less than 70 % of bouts. (After it each player is harder than the one before, as expected.)
    """
    exploiters = standings.kind == MAIN_EXPLOITER
    if (standings.rate[exploiters] < TOO_STRONG).any():
        return standings.prioritised(exploiters, WEIGHTINGS["squared"])
    met = np.flatnonzero(agent & (standings.games > 0))
    rises = np.flatnonzero(np.diff(standings.rate[met]) > 0)
    if len(rises):
        old = met[: rises[-1] + 2]
        if standings.rate[old].min() < BEATEN:
            return standings.prioritised(np.isin(np.arange(len(agent)), old), WEIGHTINGS["squared"])
    return _self_play(standings, agent)


def main_exploiter_chances(standings: Standings, mirrored: bool) -> Array:
    """Return a main exploiter's probabilities of opponents, `[N]`: the newest main agents.

    Below a win rate of 20 % it meets the agent's past in half of the matches, weighted by p (1 - p).
    """
    parts = []
    for agent in standings.agents():
        now = agent & standings.newest
        half = 0.5 if standings.rate[now] < HOPELESS else 0.0
        parts.append(half * standings.prioritised(agent, WEIGHTINGS["variance"]) + (1 - half) * now)
    chances: Array = np.mean(parts, axis=0)
    return chances


def league_exploiter_chances(standings: Standings, mirrored: bool) -> Array:
    """Return a league exploiter's probabilities of opponents, `[N]`: PFSP over all, with weights min(1/2, 1 - p)."""
    return standings.prioritised(np.ones(len(standings.rate), bool), lambda p: np.minimum(0.5, 1 - p))


@dataclass(frozen=True)
class Kind:
    """The rules for a kind of learner in a league."""

    chances: Callable[[Standings, bool], Array]
    """Probabilities of opponents `[N]`; arguments are the standings, and whether self-play has separate worlds."""
    self_play: float
    """Share of the worlds with mirror bouts, if the learner can fill both seats."""
    goal: Callable[[Standings], Mask]
    """The players to beat before a copy joins the league, `[N]`."""
    patience: int
    """Time-outs after which a copy joins in any case; 0 means every generation."""
    reset: float
    """Probability to start anew when a copy has joined."""

    def joins(self, standings: Standings, generations: int, timeout: int) -> bool:
        """Return whether a copy joins the league `generations` after the last: all are beaten, or time is out."""
        goal = self.goal(standings)
        beaten = (standings.rate[goal] > BEATEN) & (standings.games[goal] >= ENOUGH)
        return generations >= self.patience * timeout or bool(len(beaten) and beaten.all())

    def resets(self, seed: int, generation: int) -> bool:
        """Return whether the learner starts anew after a copy has joined; a function of the arguments alone."""
        return bool(np.random.default_rng([seed, generation]).random() < self.reset)

    def matchmaker(self, kinds: Sequence[str], mirrored: bool) -> Matchmaker:
        """Return the matchmaker over chains of these kinds."""

        def draw(payoffs: Sequence[Payoffs], rng: np.random.Generator, n: int) -> tuple[IntArray, IntArray]:
            standings = Standings.of(kinds, payoffs)
            drawn = rng.choice(len(standings.rate), size=n, p=self.chances(standings, mirrored))
            return standings.chain[drawn], standings.version[drawn]

        return draw


KINDS: dict[str, Kind] = {
    MAIN: Kind(main_chances, SELF_PLAY, lambda s: s.newest & False, patience=0, reset=0.0),
    MAIN_EXPLOITER: Kind(main_exploiter_chances, 0.0, lambda s: s.newest & (s.kind == MAIN), patience=2, reset=1.0),
    LEAGUE_EXPLOITER: Kind(league_exploiter_chances, 0.0, lambda s: np.ones(len(s.rate), bool), patience=1, reset=0.25),
}
"""The kinds by name: main agents never start anew, main exploiters always, league exploiters in a quarter of cases.

AlphaStar adds a copy of a main agent every 2e9 steps; here one joins every generation. Its exploiters time out after
4e9 and 2e9 steps, here after two and one times `TrainConfig.timeout` generations: runs here are far shorter, and a
learner that starts anew has learned nothing yet, whereas AlphaStar's has learned from people.
"""
