"""Warning signs in a run's record: a learner that stalls, or improves only against itself."""

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import Rating

STALLED = 0.95
"""From this share of draws on, outcomes carry no learning signal (ours; ants that learn draw a fifth to two fifths of
their bouts, docs/results/sumo.md)."""


def stalled(draws: float) -> bool:
    """Return whether a share of draws means that the learner has stalled."""
    return draws >= STALLED


def against_itself_alone(previous: Score, rating: Rating, before: Rating, sides: int = 2) -> bool:
    """Return whether a snapshot beats its learner's previous one, rated `before`, but is rated no higher.

    Ratings depend only on frozen references. To beat is to win more than one in `sides` of the decided bouts, with 95 %
    confidence (Wilson 1927).
    """
    return previous.decided[0] > 1 / sides and rating.mu <= before.mu
