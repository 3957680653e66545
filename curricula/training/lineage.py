"""A lineage: one learner of a run with its chain of snapshots, and its ledger of opponents and results."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dohyo.agents.snapshot import SUFFIX, Origin, Part, Snapshot, SnapshotError, make_snapshot
from dohyo.agents.surgery import widen
from dohyo.arenas.batch import Batch
from dohyo.arenas.randomisation import texts_of
from dohyo.arenas.saved import AnyArray, Saved
from dohyo.curricula.opponents.league import KINDS, Standings
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.learners import rivals
from dohyo.curricula.run.record import JOINED, RESET, Generation
from dohyo.curricula.run.seeds import Seeds
from dohyo.curricula.training.collector import Collector, Order, Rollout, Scheduled
from dohyo.curricula.training.curves import BoutCounts
from dohyo.curricula.training.lag import Lag


class Crew(Protocol):
    """Whoever plays the training bouts of a run: a `Site` in this process, or collectors elsewhere."""

    def collect(self, learner: str, order: Order) -> list[Rollout]:
        """Play one rollout of a learner, in one part or more."""

    def save(self, learner: str) -> Saved:
        """Return the state of a learner's bouts; empty if they cannot be continued."""

    def restore(self, learner: str, saved: Mapping[str, AnyArray]) -> None:
        """Continue bouts that `save` returned, or begin new ones."""

    def close(self) -> None:
        """Release everything."""


class Lineage:
    """The learner of `collector`, which plays the generations of one name; `crew` plays its bouts."""

    def __init__(self, folder: RunFolder, batch: Batch, collector: Collector, crew: Crew, seeds: Seeds) -> None:
        self.folder, self.config, self._batch, self._seeds = folder, folder.config, batch, seeds
        self.collector, self._crew = collector, crew
        self.name, self.role, self._kind = collector.spec.name, collector.spec.role, KINDS[collector.spec.kind]
        self.learner, self.ledger = collector.learner, collector.spec.ledger
        chain = folder.record.chain(self.name)
        self.snapshots = [link.snapshot for link in chain]
        self.generation = chain[-1].generation if chain else -1
        self._joined = max((link.generation for link in chain if link.joined), default=0)
        self.curves: dict[str, float] = chain[-1].curves if chain else {}
        self._rivals = rivals(folder.learners, self.name)
        self._bouts, self._lag = BoutCounts(batch.endings), Lag()
        self._version = self._gathered = 0
        self.diverged = 0
        """Number of bouts in this session whose physics diverged."""
        if self.config.start:
            self._begin_as(self.config.start)

    def resume(self, link: Generation) -> None:
        """Continue from a generation's checkpoint, in the middle of its bouts.

        The lineage of the newest generation must resume last, because all lineages share the batch and
        Stable-Baselines3's random streams. Raises `SnapshotError` for a damaged file.
        """
        path = self.folder.checked_checkpoint(link)
        saved = self.learner.restore(path)
        if self.learner.samples != link.samples:
            raise SnapshotError(
                f"{path} has {self.learner.samples} samples, the record {link.samples}: restore both, or train in a "
                "new folder"
            )
        try:
            self._crew.restore(self.name, saved)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise SnapshotError(f"cannot resume from {path} ({error}): start a new run in another folder") from error

    def _begin_as(self, name: str) -> None:
        snapshot, *_ = [self.folder.fitted(name, seat) for seat in self.role.seats]
        self.learner.adopt(widen(snapshot, self.config.ppo.width) if self.config.surgery else snapshot)

    def improve(self, schedule: Callable[[], Scheduled], tell: Callable[[], None]) -> None:
        """Make the updates of one generation; `schedule` is asked before each, and `tell` is called after it."""
        self._bouts.clear()
        self._lag.clear()
        alone = len(self.folder.learners) == 1
        for left in reversed(range(self.config.updates)):
            self.learn(self.collect(schedule(), goes_on=alone or left > 0))
            tell()

    def collect(self, scheduled: Scheduled, *, goes_on: bool = True) -> list[Rollout]:
        """Play one rollout; `goes_on` if this lineage plays the next, too."""
        self.collector.prepare(scheduled)
        rollouts: list[Rollout] = []
        while not rollouts:
            found = self._crew.collect(self.name, Order(self._version, self.ledger, scheduled, goes_on))
            rollouts = [one for one in found if self._version - one.version <= self.config.stale]
        return rollouts

    def learn(self, rollouts: Sequence[Rollout]) -> None:
        """Count the bouts of rollouts, and learn from their samples."""
        for rollout in rollouts:
            self._bouts.add(rollout.bouts)
            self.ledger.record(rollout.results)
            self.diverged += rollout.diverged
        self._gathered = max(rollout.gathered for rollout in rollouts)
        samples = [rollout.samples for rollout in rollouts]
        if self.config.stale:
            self._lag.add([self._version - one.version for one in rollouts], self.learner.divergence(samples))
        self.learner.learn(samples)
        self._version += 1

    def meet(self, learner: str, snapshot: str) -> None:
        """Add a learner's new snapshot to the opponents, if this lineage meets that learner."""
        if learner in self._rivals:
            self.ledger.add(self._rivals.index(learner), snapshot)

    def commit(self, seconds: float, curves: Mapping[str, float]) -> Generation:
        """Write snapshot and checkpoint, then the record's row that commits them; return the row."""
        self.generation += 1
        name = self.folder.save_snapshot(self._snapshot())
        self.curves = self._bouts.curves() | self._lag.curves() | self.learner.curves() | dict(curves) | self._settle()
        if self._gathered:
            self.curves["opponents"] = float(self._gathered)
        self.learner.save(self.folder.checkpoint(self.name, self.generation), self._crew.save(self.name))
        row = Generation(self.name, self.generation, name, self.learner.samples, seconds, self.curves)
        self.folder.commit(row, self.ledger.known())
        self.snapshots.append(name)
        if row.joined:
            self._joined = self.generation
        return row

    def _settle(self) -> dict[str, float]:
        """In a league, decide whether a copy joins and whether the learner starts anew; return the two curves.

        The decision depends only on the run's record, the generation and the seed, and precedes the checkpoint.
        """
        if not self.config.league:
            return {}
        standings = Standings.of(self.collector.spec.rivals, self.ledger.payoffs())
        joins = self._kind.joins(standings, self.generation - self._joined, self.config.timeout)
        reset = joins and self._kind.resets(self._seeds.restarts, self.generation)
        if reset:
            self.learner.reset()
            self.ledger.forget_results()
        return {JOINED: float(joins), RESET: float(reset)}

    def _snapshot(self) -> Snapshot:
        own = self.role.seats[0]
        origin = Origin(
            part=Part.of(self._batch.arena, *self.role.seats),
            observation=self._batch.observation_spaces[own].shape[0],
            action=self._batch.action_spaces[own].shape[0],
            engine=self.config.engine,
            generation=self.generation,
            samples=self.learner.samples,
            seed=self.config.seed,
            physics=self.config.physics,
            randomise=", ".join(texts_of(self.config.randomisation)),
        )
        return make_snapshot(origin, self.learner.tensors(), self._batch.arena.entries(own))

    @property
    def newest(self) -> Path:
        """Path of the newest snapshot's file."""
        return self.folder.snapshots / f"{self.snapshots[-1]}{SUFFIX}"
