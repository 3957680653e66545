"""AlphaStar's league: kinds of learners, whom each meets, when a copy of it joins, and when it begins anew.

Vinyals et al. 2019, "Grandmaster level in StarCraft II using multi-agent reinforcement learning" (Nature 575),
Methods, "Multi-agent learning", and the pseudocode in its supplement. Where the two differ the Methods are followed;
weightings, and the thresholds of 30 and 70 % of the main agents' matches, are given in the pseudocode alone.
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
"""Shares of a main agent's matches: itself as it is, all players of the league, who may have been forgotten."""
TOO_STRONG = 0.3
"""A main agent below this win rate meets an opponent's past instead, or looks to the main exploiters."""
BEATEN = 0.7
"""Above this win rate an opponent counts as beaten."""
HOPELESS = 0.2
"""Below this win rate a main exploiter meets the main agent's past in half of its matches."""
ENOUGH = 10
"""Bouts, faded, without which nobody counts as beaten (ours: a generation here is some hundred bouts)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Standings:
    """A learner's results against the players of a league, all chains in a row, each oldest first; arrays `[N]`."""

    kind: NDArray[np.str_]
    """Kind of the learner that a player is a copy of."""
    chain: IntArray
    version: IntArray
    newest: Mask
    """The last of its chain; of a main agent that is the agent as it is now."""
    rate: Array
    """Share of wins, draws counted half; one half against who was never met."""
    games: Array

    @classmethod
    def of(cls, kinds: Sequence[str], payoffs: Sequence[Payoffs]) -> "Standings":
        """Return the standings against chains of such kinds."""
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
        """Return the players of each main agent."""
        return [self.chain == chain for chain in np.unique(self.chain[self.kind == MAIN])]

    def prioritised(self, among: Mask, weighting: Callable[[Array], Array]) -> Array:
        """Return PFSP's probabilities `[N]` over some of the players."""
        chances: Array = np.zeros(len(self.rate))
        chances[among] = weigh(weighting(self.rate[among]))
        return chances


def main_chances(standings: Standings, mirrored: bool) -> Array:
    """Return whom a main agent meets, `[N]`: 50 % PFSP over all, 15 % verification, 35 % self-play.

    With `mirrored` self-play has worlds of its own, and the other two share what is left. Each main agent, itself
    among them where it can take both seats, is met as often. Weights are (1 - p)^2.
    """
    agents = standings.agents()
    everyone = standings.prioritised(np.ones(len(standings.rate), bool), WEIGHTINGS["squared"])
    verification = np.mean([_verification(standings, agent) for agent in agents], axis=0)
    past = EVERYONE * everyone + VERIFICATION * verification
    own = SELF_PLAY * np.mean([_self_play(standings, agent) for agent in agents], axis=0)
    chances: Array = past / (EVERYONE + VERIFICATION) if mirrored else past + own
    return chances


def _self_play(standings: Standings, agent: Mask) -> Array:
    """The agent as it is now; where it wins more than 70 %, its past by p (1 - p), which makes a curriculum."""
    now = agent & standings.newest
    return standings.prioritised(agent if standings.rate[now] <= TOO_STRONG else now, WEIGHTINGS["variance"])


def _verification(standings: Standings, agent: Mask) -> Array:
    """Past main exploiters where one wins more than 70 %, else forgotten players, else self-play.

    Forgotten are an agent's players up to the last one that is beaten more often than the one before it, if one of
    them is beaten in less than 70 % (later ones are harder in turn, as they should be).
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
    """Return whom a main exploiter meets, `[N]`: the main agents as they are.

    Below a win rate of 20 % it meets the agent's past in half of the matches, by p (1 - p).
    """
    parts = []
    for agent in standings.agents():
        now = agent & standings.newest
        half = 0.5 if standings.rate[now] < HOPELESS else 0.0
        parts.append(half * standings.prioritised(agent, WEIGHTINGS["variance"]) + (1 - half) * now)
    chances: Array = np.mean(parts, axis=0)
    return chances


def league_exploiter_chances(standings: Standings, mirrored: bool) -> Array:
    """Return whom a league exploiter meets, `[N]`: PFSP over all, with weights min(1/2, 1 - p)."""
    return standings.prioritised(np.ones(len(standings.rate), bool), lambda p: np.minimum(0.5, 1 - p))


@dataclass(frozen=True)
class Kind:
    """What makes a learner of a league."""

    chances: Callable[[Standings, bool], Array]
    """Whom it meets, over (standings, whether its self-play has worlds of its own)."""
    self_play: float
    """Share of the worlds in which it meets itself, where it can take both seats."""
    goal: Callable[[Standings], Mask]
    """Who must be beaten before a copy joins the league."""
    patience: int
    """Time-outs after which a copy joins anyhow; 0: with every generation."""
    reset: float
    """Chance to begin anew when a copy has joined."""

    def joins(self, standings: Standings, generations: int, timeout: int) -> bool:
        """Tell whether a copy joins the league, so many generations after the last one: all beaten, or time is out."""
        goal = self.goal(standings)
        beaten = (standings.rate[goal] > BEATEN) & (standings.games[goal] >= ENOUGH)
        return generations >= self.patience * timeout or bool(len(beaten) and beaten.all())

    def resets(self, seed: int, generation: int) -> bool:
        """Tell whether the learner begins anew, now that a copy has joined; the same for the same arguments."""
        return bool(np.random.default_rng([seed, generation]).random() < self.reset)

    def matchmaker(self, kinds: Sequence[str], mirrored: bool) -> Matchmaker:
        """Return the matchmaker over chains of such kinds."""

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
"""Main agents never begin anew, main exploiters always, league exploiters in a quarter of the cases.

A copy of a main agent joins every 2e9 steps there, every generation here. Exploiters have 4e9 and 2e9 steps there, two
and one time-outs of `TrainConfig.timeout` generations here: what begins anew there has learned from people, here
nothing yet, and runs are far shorter.
"""
