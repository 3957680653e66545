"""A site: one batch, and on it the collectors of all learners of a run."""

from collections.abc import Mapping, Sequence

import torch

from dohyo.agents.learning.threads import use_one_thread
from dohyo.arenas.batch import Batch
from dohyo.arenas.saved import AnyArray, Saved
from dohyo.curricula.run.seeds import Seeds
from dohyo.curricula.training.collector import Collector, Load, Order, Rollout
from dohyo.curricula.training.plan import SitePlan


class Site:
    """The collectors of a plan's learners by name, on a batch that they use in turn; `seeds` has one for each.

    `load` returns a snapshot to meet by its name.
    """

    def __init__(self, plan: SitePlan, batch: Batch, load: Load, seeds: Sequence[Seeds]) -> None:
        # With layers this small, a second thread is a third faster on an idle machine, and ten times slower on a busy
        # one (measured).
        torch.set_num_threads(1)
        use_one_thread()
        batch.arena.reweigh(plan.config.terms)
        self.batch = batch
        self.collectors = {
            spec.name: Collector(spec, plan.config, batch, load, own)
            for spec, own in zip(plan.specs, seeds, strict=True)
        }
        self._turn: str | None = None

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        """Play one rollout of a learner; its bouts begin anew if another one has used the batch."""
        if learner != self._turn:
            self.collectors[learner].begin()
        self._turn = learner
        return [self.collectors[learner].collect(order)]

    def save(self, learner: str) -> Saved:
        """Return the state of a learner's bouts, for `restore`."""
        return self.collectors[learner].save()

    def restore(self, learner: str, saved: Mapping[str, AnyArray]) -> None:
        """Continue a learner's bouts; the last learner that played must be the last one restored."""
        self.collectors[learner].restore(saved)
        self._turn = learner

    def close(self) -> None:
        """Release the batch."""
        self.batch.close()
