"""Self-play training: collect, learn, take a snapshot, rate it; generation after generation, until the budget ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from stable_baselines3.common.logger import KVWriter, Logger, TensorBoardOutputFormat

from dohyo.agents.learner import Learner
from dohyo.agents.snapshot import SUFFIX, Origin, Part, freeze
from dohyo.agents.vec import SeatVec
from dohyo.arenas.batch import make_batch
from dohyo.curricula.curves import BoutWatch, write_csv
from dohyo.curricula.league import Generation
from dohyo.curricula.opponents import Pool, parse_sampler
from dohyo.curricula.rated import Referee, references
from dohyo.curricula.ratings import Rating, rate
from dohyo.curricula.run import RunFolder
from dohyo.curricula.schedules import DENSE, Widenings


@dataclass(frozen=True)
class Progress:
    """What a watcher is told after every update and every generation."""

    share: float
    """Share of the budget that is used up, 0 to 1."""
    seconds: float
    """Training time so far, over all resumes."""
    samples: int
    samples_per_s: float
    """Of this session."""
    generation: int
    alpha: float
    curves: dict[str, float]
    """The last generation's curves."""
    rating: Rating | None
    """The last rated snapshot's."""
    win_rates: dict[str, float]
    """Its share of wins against each reference."""


class Training:
    """One session of a run. `run()` goes on where the folder's last generation ended."""

    def __init__(self, folder: RunFolder, watch: Callable[[Progress], None] = lambda progress: None) -> None:
        self.folder, self.config, self._watch = folder, folder.config, watch
        chain = folder.league.generations()
        self._generation = chain[-1].generation if chain else -1
        self._seconds = chain[-1].seconds if chain else 0.0
        self._curves: dict[str, float] = chain[-1].curves if chain else {}
        self._names = [g.snapshot for g in chain]
        self._build_learner()
        self._referee = Referee(folder)
        self._rated: tuple[Rating | None, dict[str, float]] = (None, {})
        if chain:
            self._learner.restore(folder.checkpoint(self._generation))
        self._first_samples, self._began = self._learner.samples, time.monotonic()

    def _build_learner(self) -> None:
        config = self.config
        # Layers this small gain a third from a second thread when the machine is idle, and lose a factor of ten when
        # anything else runs on it (measured).
        torch.set_num_threads(1)
        self._batch = make_batch(
            config.arena, config.body, config.engine, config.worlds, workers=config.workers, drive=config.drive
        )
        self._widenings = Widenings(config.widen, self._batch.arena.ranges)
        sampler = parse_sampler(config.opponents)
        seed = config.seed + (self._generation + 1) * config.worlds  # a resumed session plays bouts of its own
        pool = Pool(self.folder.snapshots, self._names, sampler, config.worlds, seed, config.first)
        self._vec = SeatVec(self._batch, pool, config.mirrored, config.ppo.reward_scale)
        writers: list[KVWriter] = [TensorBoardOutputFormat(str(self.folder.path / "tensorboard"))]
        self._logger = Logger(str(self.folder.path), writers)
        self._learner = Learner(self._vec, config.ppo, config.seed)
        self._bouts = BoutWatch(self._vec)
        self._vec.seed(seed)

    def run(self) -> None:
        """Train until the budget is used up; every finished generation is on disk before the next begins."""
        try:
            if self._generation < 0:
                self._start_chain()
            self._rate_if_due()
            while self._share() < 1:
                self._improve()
                self._commit()
                self._rate_if_due()
            self._rate()
        finally:
            self.close()

    def _start_chain(self) -> None:
        """Rate the built-in references and take the untrained policy as generation 0."""
        self._tell()
        self._referee.rate_references(self.config.rated_bouts)
        self._began = time.monotonic()
        self._commit()

    def _improve(self) -> None:
        """One generation's updates."""
        self._bouts.clear()
        for _ in range(self.config.updates):
            self._batch.alpha = self.alpha
            self._batch.arena.ranges |= self._widenings.at(self._share())
            self._learner.collect(self._bouts)
            self._learner.learn()
            self._tell()

    @property
    def alpha(self) -> float:
        """Share of the dense reward now."""
        return DENSE[self.config.dense](self._share(), self.config.anneal)

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._began

    def _share(self) -> float:
        """Share of the budget used up, by whichever limit is nearer."""
        by_time = _share_of(self._elapsed() / 60, self.config.minutes)
        return max(by_time, _share_of(self._learner.samples, self.config.samples))

    def _commit(self) -> None:
        """Write snapshot and checkpoint, then the league's row that makes them count, then the curves."""
        self._generation += 1
        config, spaces = self.config, (self._batch.observation_spaces[0], self._batch.action_spaces[0])
        origin = Origin(
            part=Part.of(self._batch.arena, 0, 1),
            observation=spaces[0].shape[0],
            action=spaces[1].shape[0],
            engine=config.engine,
            generation=self._generation,
            samples=self._learner.samples,
            seed=config.seed,
        )
        name = self.folder.freeze(freeze(origin, self._learner.tensors()))
        self._learner.save(self.folder.checkpoint(self._generation))
        self._curves = self._bouts.curves() | self._learner.curves() | {"alpha": self._batch.alpha}
        self._curves["samples_per_s"] = self._speed()
        for widened in self._widenings.at(0):
            low, high = self._batch.arena.ranges[widened]
            self._curves |= {f"range/{widened}/low": low, f"range/{widened}/high": high}
        row = Generation(self._generation, name, self._learner.samples, self._elapsed(), self._curves)
        self.folder.commit(row)
        self._names.append(name)
        for key, value in self._curves.items():
            self._logger.record(key, value)
        self._logger.dump(self._learner.samples)
        write_csv(self.folder)
        self._tell()

    def _rate_if_due(self) -> None:
        generation = self._generation
        if generation % self.config.rate_every == 0 or self._names[-1] in references(self.folder.league.generations()):
            self._rate()

    def _rate(self) -> None:
        """Rate the newest snapshot; its bouts are recorded match by match, so a kill loses at most one match."""
        league, name = self.folder.league, self._names[-1]
        self._referee.rate(name, self.config.rated_bouts)
        matches = league.matches(self._referee.engine)
        rating = rate(references(league.generations()), matches)[name]
        labels = {snapshot: f"generation {k}" for k, snapshot in enumerate(self._names)}
        wins = {labels.get(m.opponent, m.opponent): m.wins / m.bouts for m in matches if m.player == name}
        self._rated = (rating, wins)
        self._logger.record("rating/mu", rating.mu)
        self._logger.record("rating/low", rating.low)
        self._logger.record("rating/high", rating.high)
        for label, share in wins.items():
            self._logger.record(f"win_rate/{label.replace(' ', '_')}", share)
        self._logger.dump(self._learner.samples)
        self._tell()

    def _speed(self) -> float:
        return (self._learner.samples - self._first_samples) / max(1e-9, time.monotonic() - self._began)

    def _tell(self) -> None:
        self._watch(self.progress())

    def progress(self) -> Progress:
        """Return where the run stands."""
        rating, wins = self._rated
        return Progress(
            share=self._share(),
            seconds=self._elapsed(),
            samples=self._learner.samples,
            samples_per_s=self._speed(),
            generation=self._generation,
            alpha=self._batch.alpha,
            curves=self._curves,
            rating=rating,
            win_rates=wins,
        )

    def newest(self) -> Path:
        """Return the newest snapshot's file."""
        return self.folder.snapshots / f"{self._names[-1]}{SUFFIX}"

    def time_halves(self, rounds: int) -> tuple[float, float]:
        """Return samples per second of rollouts alone and of updates alone, on a run that has not begun."""
        self._start_chain()
        self._improve()  # a warm-up
        halves: list[Callable[[], None]] = [lambda: self._learner.collect(self._bouts), self._learner.learn]
        first, seconds = self._learner.samples, [0.0, 0.0]
        for _ in range(rounds * self.config.updates):
            times = [time.perf_counter()]
            for half in halves:
                half()
                times.append(time.perf_counter())
            seconds = [total + end - start for total, start, end in zip(seconds, times[:-1], times[1:], strict=True)]
        samples = self._learner.samples - first
        return samples / seconds[0], samples / seconds[1]

    def close(self) -> None:
        """Release both batches and the log."""
        self._logger.close()
        self._referee.close()
        self._vec.close()


def _share_of(used: float, budget: float | None) -> float:
    """Return how much of a budget is used up, 0 to 1; 0 where there is none to keep to."""
    if budget is None:
        return 0.0
    return min(1.0, used / budget) if budget > 0 else 1.0
