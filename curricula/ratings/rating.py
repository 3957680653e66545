"""Ratings of players by their bouts against references that never change."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import hypot, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, softmax

from dohyo.curricula.matches.intervals import NORMAL_95
from dohyo.curricula.ratings.ranking import Ranking, comparisons, of_match
from dohyo.curricula.run.record import Match

BUILT_IN_REFERENCES = ("zero", "random")
"""References of every run, in order; the first anchors the scale."""
ANCHOR = 25.0
"""The anchor's rating, exact by definition."""
PRIOR_DEVIATION = 25 / 3
"""Standard deviation of the rating of a player without bouts (TrueSkill: Herbrich, Minka and Graepel 2007)."""
UNIT = PRIOR_DEVIATION / sqrt(2)
"""Rating points that multiply the odds of a win by e: sqrt(2) times TrueSkill's beta of 25 / 6."""
PRIOR_WINS, PRIOR_BOUTS = 1.0, 2.0
"""The prior of every player: one win and one loss against a player at the anchor's rating.

Near the anchor it is as sharp as a normal distribution with `PRIOR_DEVIATION`; far away it pulls less. A normal prior
pulls strong players down so far that their intervals miss the true rating (docs/results/ratings.md).
"""


@dataclass(frozen=True)
class Rating:
    """A rating with its 95 % interval."""

    mu: float
    sigma: float
    shared: tuple[float, ...] = ()
    """The parts of the error that come from the references' own errors, in rating points, in the references' order."""

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mu - NORMAL_95 * self.sigma

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mu + NORMAL_95 * self.sigma

    def minus(self, other: "Rating") -> "Rating":
        """Return the difference to another player of the same run; its interval leaves out errors that both share."""
        common = sum(mine * theirs for mine, theirs in zip(self.shared, other.shared, strict=False))
        return Rating(self.mu - other.mu, sqrt(max(0.0, self.sigma**2 + other.sigma**2 - 2 * common)))


def rate(references: Sequence[str], matches: Iterable[Match]) -> dict[str, Rating]:
    """Rate every player of `matches` by its bouts against `references`; see `rate_rankings`."""
    return rate_rankings(references, chain.from_iterable(map(of_match, matches)))


def rate_rankings(references: Sequence[str], rankings: Iterable[Ranking]) -> dict[str, Rating]:
    """Rate every player of `rankings` by its bouts in which all others are `references`.

    References are rated first, each by its bouts against those before it in the list, and then frozen; the first is the
    anchor. Every other player is rated by its own bouts only, so its rating depends neither on the time of rating nor
    on other rated players. Its interval includes the errors of the references, with their correlations.
    """
    by_player: defaultdict[str, list[Ranking]] = defaultdict(list)
    for ranking in rankings:
        by_player[ranking.player].append(ranking)
    frozen = {references[0]: Rating(ANCHOR, 0.0)}
    for name in references[1:]:
        frozen[name] = _frozen(_posterior(frozen, by_player[name]), errors=len(frozen) - 1)
    return frozen | {name: _posterior(frozen, met) for name, met in by_player.items() if name not in frozen}


def _posterior(frozen: dict[str, Rating], rankings: list[Ranking]) -> Rating:
    """Return the most probable rating given frozen references (Bradley and Terry 1952), with Laplace's deviation."""
    known = comparisons([ranking for ranking in rankings if all(name in frozen for name in ranking.others)])
    fields = [_field([frozen[name] for name in comparison.others]) for comparison in known] + [Rating(ANCHOR, 0.0)]
    wins = np.array([comparison.wins for comparison in known] + [PRIOR_WINS])
    bouts = np.array([comparison.bouts for comparison in known] + [PRIOR_BOUTS])
    against = np.array([field.mu for field in fields])

    def slope(mu: float) -> float:
        """Return the derivative of the log-posterior times UNIT: wins minus expected wins."""
        return float((wins - bouts * expit((mu - against) / UNIT)).sum())

    # Beyond this margin the prior outweighs all bouts: opponents win less than a tenth of a bout in all.
    margin = UNIT * log(10 * bouts.sum())
    mu = brentq(slope, against.min() - margin, against.max() + margin, xtol=1e-9)
    chance = expit((mu - against) / UNIT)
    information = bouts * chance * (1 - chance) / UNIT**2
    shared = information @ _errors(fields) / information.sum()
    own = 1 / sqrt(information.sum())
    return Rating(mu, hypot(own, *shared), tuple(shared.tolist()))


def _field(others: list[Rating]) -> Rating:
    """Return a player as hard to beat as all of `others` at once (Luce 1959); its `sigma` is not used."""
    if len(others) == 1:
        return others[0]
    scaled = np.array([other.mu for other in others]) / UNIT
    return Rating(float(UNIT * np.logaddexp.reduce(scaled)), 0.0, tuple((softmax(scaled) @ _errors(others)).tolist()))


def _errors(ratings: Sequence[Rating]) -> NDArray[np.float64]:
    """Return the shared errors `[ratings, references]`, 0 for references that a player did not meet."""
    size = max(len(rating.shared) for rating in ratings)
    return np.array([rating.shared + (0.0,) * (size - len(rating.shared)) for rating in ratings])


def _frozen(rating: Rating, errors: int) -> Rating:
    """Return a new reference's rating with its own error appended to those of the `errors` references before it."""
    shared = rating.shared + (0.0,) * (errors - len(rating.shared))
    own = sqrt(max(0.0, rating.sigma**2 - sum(error**2 for error in rating.shared)))
    return Rating(rating.mu, rating.sigma, (*shared, own))
