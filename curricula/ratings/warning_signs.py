"""Warning signs in what a run has recorded: a learner that stalls, or gets better against itself alone."""

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import Rating

STALLED = 0.95
"""From this share of draws on, outcomes teach nothing any more (ours; ants that learn draw in a fifth to two fifths of
their bouts, docs/results/sumo.md)."""


def stalled(draws: float) -> bool:
    """Tell whether a share of draws says that bouts are no longer decided."""
    return draws >= STALLED


def against_itself_alone(previous: Score, rating: Rating, before: Rating) -> bool:
    """Tell whether a snapshot beats its learner's previous one, `before`, and yet is rated no higher than that.

    Ratings rest on frozen references alone. To beat is to win more than half of the decided bouts, with 95 %
    confidence (Wilson 1927).
    """
    return previous.better and rating.mu <= before.mu
