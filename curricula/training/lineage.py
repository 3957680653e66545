"""A lineage: one learner of a run with its chain of snapshots, its slots and its pool of opponents."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.slots import opponents_of
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import SUFFIX, Origin, Part, Snapshot, SnapshotError, make_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.saved import AnyArray, nested, under
from dohyo.arenas.sides import seats_of_sides
from dohyo.curricula.opponents.league import KINDS, Standings
from dohyo.curricula.opponents.matchmaker import Evenly, Matchmaker
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.learners import rivals
from dohyo.curricula.run.record import JOINED, RESET, Generation
from dohyo.curricula.run.seeds import SEEDINGS
from dohyo.curricula.training.curves import BoutWatch


class Lineage:
    """The learner `name` of a run, on a batch that all lineages of the run use in turn.

    `chains` are the snapshots of every learner that can be met, oldest first; `meet` adds later ones.
    """

    def __init__(self, folder: RunFolder, batch: Batch, name: str, chains: Mapping[str, Sequence[str]]) -> None:
        self.folder, self.config, self.name, self._batch = folder, folder.config, name, batch
        self.role, self._kind = folder.specs[name].role, KINDS[folder.specs[name].kind]
        chain = folder.record.chain(name)
        self.snapshots = [link.snapshot for link in chain]
        self.generation = chain[-1].generation if chain else -1
        self._joined = max((link.generation for link in chain if link.joined), default=0)
        self.curves: dict[str, float] = chain[-1].curves if chain else {}
        index = list(folder.learners).index(name)
        # If bouts cannot be resumed, a resumed session plays other bouts than the sessions before.
        self._seeds = SEEDINGS[self.config.seeding](self.config.seed, index, self.generation + 1, self.config.worlds)
        self._rivals = rivals(folder.learners, name)
        self._pool = self._make_pool([chains[rival] for rival in self._rivals])
        self.vec = self._make_vec()
        self.learner = make_learner(self.vec, self.config.ppo, self._seeds.learner, self.config.algorithm)
        self.vec.seed(self._seeds.bouts)  # after the learner, because PPO seeds its environment
        self._bouts = BoutWatch(self.vec)
        self._gathered = 0
        if self.config.start:
            self._begin_as(folder.load(self.config.start))

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
            self._go_on(saved)
        except (KeyError, ValueError, TypeError, IndexError, OverflowError) as error:
            raise SnapshotError(f"cannot resume from {path} ({error}): start a new run in another folder") from error

    def _go_on(self, saved: Mapping[str, AnyArray]) -> None:
        """Continue the bouts that `_save` has saved; begin new ones if there are none, or if guests have changed."""
        pool, batch = under("pool", saved), under("batch", saved)
        if not self._pool.goes_on(pool):
            self.learner.begin()
            return
        self._pool.restore(pool)
        self.vec.restore(under("vec", saved))
        if batch:
            self._batch.restore(batch)

    def _save(self, path: Path) -> None:
        """Write the checkpoint."""
        pool, vec, batch = self._pool.save(), self.vec.save(), self._batch.save()
        self.learner.save(path, nested("pool", pool) | nested("vec", vec) | nested("batch", batch))

    def _begin_as(self, snapshot: Snapshot) -> None:
        for seat in self.role.seats:
            snapshot.check_plays(Part.of(self._batch.arena, seat))
        self.learner.adopt(snapshot)

    def _make_pool(self, met: Sequence[Sequence[str]]) -> Pool:
        config, arena, side = self.config, self._batch.arena, self.role.sides[0]
        rival = seats_of_sides(arena.sides)[side - 1][0]
        return Pool(
            self.folder.snapshots,
            met,
            self._matchmaker(),
            config.worlds,
            self._seeds.opponents,
            guests=[name for name, roles in self.folder.guests.items() if any(map(self.role.meets, roles))],
            guest_share=config.guest_share,
            actions=self._batch.action_spaces[rival].shape[0],
            opponents=opponents_of(arena.sides, side),
            known=self.folder.record.payoffs(self.name),
        )

    def _matchmaker(self) -> Matchmaker:
        config, both = self.config, self.role.mirrored
        if config.league:
            return self._kind.matchmaker(self._kinds, mirrored=both)
        return Evenly(config.opponents, first=config.first, newest=0.0 if both else config.mirror)

    @property
    def _kinds(self) -> list[str]:
        """The kinds of the learners that it meets."""
        return [self.folder.specs[rival].kind for rival in self._rivals]

    def _make_vec(self) -> SeatVec:
        config, both = self.config, self.role.mirrored
        share = round(self._kind.self_play * config.worlds) if config.league else config.mirrored
        mirrored, side = (share, None) if both else (0, self.role.sides[0])
        privileged = config.ppo.value == "privileged"
        return SeatVec(self._batch, self._pool, mirrored, config.ppo.reward_scale, side, privileged=privileged)

    def begin(self) -> None:
        """Begin new bouts in every world, because another lineage has used the batch."""
        self.learner.begin()
        self._bouts.clear()

    def improve(self, prepare: Callable[[], None], tell: Callable[[], None]) -> None:
        """Make the updates of one generation; `prepare` is called before and `tell` after each update."""
        self._bouts.clear()
        for _ in range(self.config.updates):
            prepare()
            self.collect()
            self.learner.learn()
            tell()

    def gather(self, count: int) -> None:
        """Limit new bouts to `count` distinct opponents, or to all if there are fewer."""
        self._gathered = self._pool.gather(count)

    def collect(self) -> None:
        """Play one rollout."""
        self.learner.collect()

    def meet(self, learner: str, snapshot: str) -> None:
        """Add a learner's new snapshot to the opponents, if this lineage meets that learner."""
        if learner in self._rivals:
            self._pool.add(self._rivals.index(learner), snapshot)

    def commit(self, seconds: float, curves: Mapping[str, float]) -> Generation:
        """Write snapshot and checkpoint, then the record's row that commits them; return the row."""
        self.generation += 1
        name = self.folder.save_snapshot(make_snapshot(self._origin(), self.learner.tensors()))
        self.curves = self._bouts.curves() | self.learner.curves() | dict(curves) | self._settle()
        if self._gathered:
            self.curves["opponents"] = float(self._gathered)
        self._save(self.folder.checkpoint(self.name, self.generation))
        row = Generation(self.name, self.generation, name, self.learner.samples, seconds, self.curves)
        self.folder.commit(row, self._pool.known())
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
        standings = Standings.of(self._kinds, self._pool.payoffs())
        joins = self._kind.joins(standings, self.generation - self._joined, self.config.timeout)
        reset = joins and self._kind.resets(self._seeds.restarts, self.generation)
        if reset:
            self.learner.reset()
            self._pool.forget_results()
        return {JOINED: float(joins), RESET: float(reset)}

    def _origin(self) -> Origin:
        own = self.role.seats[0]
        return Origin(
            part=Part.of(self._batch.arena, *self.role.seats),
            observation=self._batch.observation_spaces[own].shape[0],
            action=self._batch.action_spaces[own].shape[0],
            engine=self.config.engine,
            generation=self.generation,
            samples=self.learner.samples,
            seed=self.config.seed,
            physics=self.config.physics,
        )

    @property
    def newest(self) -> Path:
        """Path of the newest snapshot's file."""
        return self.folder.snapshots / f"{self.snapshots[-1]}{SUFFIX}"
