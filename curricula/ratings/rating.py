"""Ratings against references that never change: a snapshot's rating cannot rise by beating only its own kind."""

from collections.abc import Sequence
from dataclasses import dataclass

from openskill.models import PlackettLuce

from dohyo.curricula.matches.intervals import NORMAL_95
from dohyo.curricula.run.record import Match

BUILT_IN_REFERENCES = ("zero", "random")
"""References of every run, in order; the first anchors the scale."""
ANCHOR = 25.0
"""The anchor's rating, openskill's default mu."""
ANCHOR_DEVIATION = 1.0
"""The anchor's sigma: small, it defines the scale."""


@dataclass(frozen=True)
class Rating:
    """A rating with its 95 % interval."""

    mu: float
    sigma: float

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mu - NORMAL_95 * self.sigma

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mu + NORMAL_95 * self.sigma


def rate(references: Sequence[str], matches: Sequence[Match]) -> dict[str, Rating]:
    """Rate every player of `matches` by its bouts against `references` alone.

    References are rated first, each by its bouts against those before it in the list, then frozen; the first is the
    anchor. Every other player starts from openskill's prior (Weng and Lin 2011) and is updated by its own bouts
    only, so its rating depends neither on when it was rated nor on who else was.
    """
    frozen: dict[str, Rating] = {references[0]: Rating(ANCHOR, ANCHOR_DEVIATION)}
    for name in references[1:]:
        frozen[name] = _posterior(frozen, [m for m in matches if m.player == name])
    players = dict.fromkeys(m.player for m in matches)
    return frozen | {
        name: _posterior(frozen, [m for m in matches if m.player == name]) for name in players if name not in frozen
    }


def _posterior(frozen: dict[str, Rating], matches: Sequence[Match]) -> Rating:
    """Update the prior by bouts against frozen references, kinds of result spread evenly over the sequence."""
    model = PlackettLuce()
    player = model.rating()
    for match in matches:
        if match.opponent not in frozen:
            continue
        known = frozen[match.opponent]
        for result in _spread(match):
            opponent = model.rating(mu=known.mu, sigma=known.sigma)
            [[player], _] = model.rate([[player], [opponent]], ranks=RANKS[result])
    return Rating(player.mu, player.sigma)


RANKS: dict[str, list[float]] = {"win": [1, 2], "loss": [2, 1], "draw": [1, 1]}


def _spread(match: Match) -> list[str]:
    """Order a match's results so that each kind is spread evenly: the update is sequential, the match is not."""
    kinds = (("win", match.score.wins), ("loss", match.score.losses), ("draw", match.score.draws))
    placed = [((k + 0.5) / count, kind) for kind, count in kinds for k in range(count)]
    return [kind for _, kind in sorted(placed)]
