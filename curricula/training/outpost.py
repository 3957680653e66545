"""An outpost: a site in another process, which gets everything that it needs by value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dohyo.agents.learning.algorithms import ALGORITHMS, Algorithm
from dohyo.agents.snapshot import Snapshot, SnapshotError, decode
from dohyo.arenas.registry import ARENAS, ArenaSpec
from dohyo.curricula.opponents.samplers import SAMPLERS
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.seeds import Seeds
from dohyo.curricula.training.collector import Order, Rollout
from dohyo.curricula.training.plan import SitePlan
from dohyo.curricula.training.site import Site


@dataclass(frozen=True)
class Entries:
    """What a run uses of the tables that a user can extend: another process does not have the user's entries."""

    arenas: dict[str, ArenaSpec]
    algorithms: dict[str, Algorithm]
    rules: dict[str, Any]

    @classmethod
    def of(cls, config: TrainConfig) -> "Entries":
        """Return the entries that a run uses."""
        algorithms = {name: one for name, one in ALGORITHMS.items() if name == config.algorithm}
        rules = {name: one for name, one in SAMPLERS.items() if name == config.opponents}
        return cls({config.arena: ARENAS[config.arena]}, algorithms, rules)

    def register(self) -> None:
        """Add the entries to the tables of this process."""
        ARENAS.update(self.arenas)
        ALGORITHMS.update(self.algorithms)
        SAMPLERS.update(self.rules)


class Outpost:
    """A site in a process of its own; `fetch` returns the content of a snapshot's file from its handle."""

    def __init__(self, plan: SitePlan, seeds: list[Seeds], entries: Entries, fetch: Callable[[Any], bytes]) -> None:
        entries.register()
        self._plan, self._seeds, self._fetch = plan, seeds, fetch
        self._handles: dict[str, Any] = {}

    def build(self) -> None:
        """Build the site; nothing else can be called before."""
        self._site = Site(self._plan, self._plan.config.make_batch(), self._load, self._seeds)

    def collect(self, learner: str, order: Order, snapshots: Mapping[str, Any]) -> Rollout:
        """Play one rollout of a learner; `snapshots` are the handles of those that the outpost has not had before."""
        self._handles.update(snapshots)
        [rollout] = self._site.collect(learner, order)
        return rollout

    def settle(self, learner: str) -> None:
        """Do to a learner's bouts what saving them does, so that they go on as in a run that saves them here."""
        self._site.save(learner)

    def _load(self, name: str) -> Snapshot:
        snapshot = decode(self._fetch(self._handles[name]), f"snapshot {name}")
        if snapshot.name != name:
            raise SnapshotError(f"in the place of snapshot {name} came {snapshot.name}: restore the run's files")
        return snapshot
