"""The collector of a learner: it plays the learner's training bouts, and knows nothing of where it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from dohyo.agents.learning.algorithms import Samples, make_learner
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.device_vec import DeviceVec
from dohyo.agents.learning.slots import opponents_of
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import IntArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.rules.arena import Ranges
from dohyo.arenas.saved import AnyArray, Saved, nested, under
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.opponents.device_pool import DevicePool
from dohyo.curricula.opponents.league import KINDS
from dohyo.curricula.opponents.ledger import Ledger, Result
from dohyo.curricula.opponents.matchmaker import Evenly, Matchmaker
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.fitting import fit
from dohyo.curricula.run.seeds import Seeds

Load = Callable[[str], Snapshot]
"""Returns a snapshot by its name."""


@dataclass(frozen=True)
class CollectorSpec:
    """What a collector needs to know of its learner."""

    name: str
    role: Role
    kind: str
    rivals: tuple[str, ...]
    """Kinds of the learners that it meets, in the order of the ledger's chains."""
    ledger: Ledger
    """The ledger at the beginning of the session."""


@dataclass(frozen=True)
class Scheduled:
    """The scheduled quantities of an update."""

    share: float
    """Share of the budget that is used up, 0 to 1."""
    alpha: float
    """The dense share."""
    ranges: Ranges
    """The ranges that widen."""
    widths: dict[str, float] = field(default_factory=dict)
    """Shares of the width of the randomised fields that widen, by name."""
    crowd: int = 0
    """Most distinct opponents of bouts that begin; 0 for all."""


@dataclass(frozen=True)
class Order:
    """What to play: the learner, its opponents, and the schedules."""

    version: int
    """Number of updates of the learner so far."""
    ledger: Ledger
    scheduled: Scheduled
    goes_on: bool = True
    """Whether the next order is for the same learner."""
    weights: Saved | None = None
    """The learner's weights; None if the collector's own learner is the one that learns."""


@dataclass(frozen=True)
class Rollout:
    """What a collector brings: samples to learn from, and how bouts ended meanwhile."""

    version: int
    """The version that played, see `Order`."""
    samples: Samples
    bouts: EndedBouts
    results: list[Result]
    """Results against opponents, for the ledger."""
    diverged: int
    """Number of bouts whose physics diverged."""
    gathered: int
    """Number of distinct opponents of bouts that began, if the order limits it."""


class Collector:
    """Batch, slots, opponents and acting of one learner; the learners of a run can share the batch in turn.

    `load` returns a snapshot to meet by its name. The `learner` acts; in training in one process it also learns.
    """

    def __init__(self, spec: CollectorSpec, config: TrainConfig, batch: Batch, load: Load, seeds: Seeds) -> None:
        self.spec, self._config, self._batch = spec, config, batch
        self._device = getattr(batch, "device", None)
        self.pool = self._make_pool(load, seeds.opponents)
        self.vec = self._make_vec()
        self.learner = make_learner(self.vec, config.ppo, seeds.learner, config.algorithm)
        self.vec.seed(seeds.bouts)  # after the learner, because PPO seeds its environment
        self._ended: list[EndedBouts] = []
        self.vec.report_to(self._ended.append)

    def _make_pool(self, load: Load, seed: int) -> Pool:
        config, arena, side = self._config, self._batch.arena, self.spec.role.sides[0]
        rival = seats_of_sides(arena.sides)[side - 1][0]
        more: dict[str, Any] = {"guest_share": config.guest_share, "opponents": opponents_of(arena.sides, side)}
        more["actions"] = self._batch.action_spaces[rival].shape[0]
        kind = Pool if self._device is None else partial(DevicePool, device=self._device)
        ledger, matchmaker = self.spec.ledger.copy(), self._matchmaker()
        return kind(
            lambda name: fit(load(name), config=config, arena=arena, seat=rival),
            ledger,
            matchmaker,
            config.worlds,
            seed,
            **more,
        )

    def _matchmaker(self) -> Matchmaker:
        config, both = self._config, self.spec.role.mirrored
        if config.league:
            return KINDS[self.spec.kind].matchmaker(self.spec.rivals, mirrored=both)
        return Evenly(config.opponents, first=config.first, newest=0.0 if both else config.mirror)

    def _make_vec(self) -> SeatVec:
        config, both = self._config, self.spec.role.mirrored
        share = round(KINDS[self.spec.kind].self_play * config.worlds) if config.league else config.mirrored
        mirrored, side = (share, None) if both else (0, self.spec.role.sides[0])
        privileged = config.ppo.value == "privileged"
        kind: Callable[..., SeatVec] = SeatVec if self._device is None else DeviceVec
        return kind(self._batch, self.pool, mirrored, config.ppo.reward_scale, side, privileged=privileged)

    def begin(self) -> None:
        """Begin new bouts in every world, because another learner has used the batch."""
        self.learner.begin()

    def prepare(self, scheduled: Scheduled) -> None:
        """Set the scheduled quantities."""
        self._batch.alpha = scheduled.alpha
        self._batch.arena.ranges |= scheduled.ranges
        if scheduled.widths:
            self._batch.randomiser.narrow(self._config.randomisation.at(scheduled.widths))
        self.learner.spend(scheduled.share)

    def collect(self, order: Order) -> Rollout:
        """Play one rollout in every slot; opponents are drawn from the order's ledger."""
        self.prepare(order.scheduled)
        if order.weights is not None:
            self.learner.load(order.weights)
        self.pool.ledger = order.ledger.copy()
        crowd, diverged = order.scheduled.crowd, self._batch.diverged
        gathered = self.pool.gather(crowd) if crowd else 0
        self._ended[:] = [self._no_bouts()]
        samples = self.learner.collect()
        bouts, results = EndedBouts.join(self._ended), self.pool.new_results()
        return Rollout(order.version, samples, bouts, results, self._batch.diverged - diverged, gathered)

    def _no_bouts(self) -> EndedBouts:
        none: IntArray = np.zeros(0, np.intp)
        places = np.zeros((0, max(self._batch.arena.sides) + 1), np.intp)
        return EndedBouts(none, none, none, none, none, np.zeros(0), places)

    def save(self) -> Saved:
        """Return the state of the bouts, from which a like collector continues."""
        pool, vec, batch = self.pool.save(), self.vec.save(), self._batch.save()
        return nested("pool", pool) | nested("vec", vec) | nested("batch", batch)

    def restore(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue the bouts that `save` returned; begin new ones if there are none, or if guests have changed."""
        pool, batch = under("pool", saved), under("batch", saved)
        if not self.pool.goes_on(pool):
            self.begin()
            return
        self.pool.restore(pool)
        self.vec.restore(under("vec", saved))
        if batch:
            self._batch.restore(batch)
