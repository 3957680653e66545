"""Play ahead: collectors play the next rollout while the networks learn from the last one."""

from collections.abc import Mapping
from typing import Protocol

from dohyo.arenas.saved import AnyArray, Saved
from dohyo.curricula.training.collector import Order, Rollout
from dohyo.curricula.training.lineage import Crew


class Remote(Crew, Protocol):
    """A crew in other processes, which play while this one goes on."""

    def start(self, learner: str, order: Order) -> None:
        """Let the crew play one rollout of a learner."""

    def finish(self) -> list[Rollout]:
        """Wait for what was started, and return it."""


class Ahead:
    """A crew that returns rollouts one order late: meanwhile it plays the next.

    The first rollout of a learner is not late. No other follows the last one before another learner's turn.
    """

    def __init__(self, crew: Remote) -> None:
        self._crew = crew
        self._started = False

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        """Return the rollouts of the order before, and start this one if the learner goes on."""
        if not self._started:
            self._crew.start(learner, order)
        rollouts, self._started = self._crew.finish(), order.goes_on
        if order.goes_on:
            self._crew.start(learner, order)
        return rollouts

    def save(self, learner: str) -> Saved:
        """Return what the crew returns."""
        return self._crew.save(learner)

    def restore(self, learner: str, saved: Mapping[str, AnyArray]) -> None:
        """Let the crew restore."""
        self._crew.restore(learner, saved)

    def close(self) -> None:
        """Release the crew."""
        self._crew.close()
