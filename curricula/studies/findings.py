"""The findings of a study: each arm's result against the others together and one by one, and verdicts on the claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.curricula.matches.score import Score
from dohyo.curricula.studies.catalogue import Claim
from dohyo.curricula.studies.estimate import VERDICTS, Estimate, over_seeds

Scores = Mapping[tuple[str, str], Sequence[Sequence[Score]]]
"""Scores `[seed][opposing seed]` from the first arm's side, by arm and opposing arm."""


@dataclass(frozen=True)
class Result:
    """The result of an arm against another, or against all others (`against` is None)."""

    arm: str
    against: str | None
    score: Score
    """Score over all seeds."""
    payoff: Estimate
    """Mean over all pairs of seeds with equal weights, and its interval over seeds. If all pairs have the same payoff,
    seeds give no spread, and the interval is that of the bouts."""
    by_seed: tuple[float, ...]
    """Mean payoff of each of the arm's seeds."""


@dataclass(frozen=True)
class Finding:
    """A claim, its result, and the verdict."""

    claim: Claim
    result: Result

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`."""
        return VERDICTS[self.claim.sign * self.result.payoff.sign]


def results(scores: Scores) -> list[Result]:
    """Return each arm's result against the others together, then against each other arm."""
    arms = list(dict.fromkeys(arm for arm, _ in scores))
    rivals = {arm: [other for other in arms if other != arm] for arm in arms}
    field = [_result(arm, None, [scores[arm, other] for other in rivals[arm]]) for arm in arms]
    return field + [_result(arm, other, [scores[arm, other]]) for arm in arms for other in rivals[arm]]


def findings(claims: Sequence[Claim], found: Sequence[Result]) -> list[Finding]:
    """Return each claim with its result."""
    by_pair = {(result.arm, result.against): result for result in found}
    return [Finding(claim, by_pair[claim.arm, claim.against]) for claim in claims]


def _result(arm: str, against: str | None, tables: Sequence[Sequence[Sequence[Score]]]) -> Result:
    blocks = [payoffs(table) for table in tables]
    total = reduce(add, (score for table in tables for row in table for score in row))
    by_seed = np.mean([block.mean(axis=1) for block in blocks], axis=0)
    payoff = over_seeds(blocks)
    if payoff.low == payoff.high:
        payoff = _of_bouts(total)
    return Result(arm, against, total, payoff, tuple(by_seed.tolist()))


def _of_bouts(score: Score) -> Estimate:
    """Return a payoff with the interval of its bouts: Wilson's of the wins minus that of the losses."""
    wins, losses = score.interval, score.turned().interval
    return Estimate(score.payoff, wins[0] - losses[1], wins[1] - losses[0])


def payoffs(table: Sequence[Sequence[Score]]) -> Array:
    """Return the payoffs `[S, T]` of one arm's S seeds against another's T seeds."""
    return np.array([[score.payoff for score in row] for row in table])
