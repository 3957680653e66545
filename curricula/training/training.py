"""Self-play training: each generation collects, learns, takes a snapshot and may rate it, until the budget ends."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stable_baselines3.common.logger import KVWriter, Logger, TensorBoardOutputFormat

from dohyo.curricula.ratings.rating import Rating, rate
from dohyo.curricula.ratings.referee import Referee
from dohyo.curricula.ratings.references import titles
from dohyo.curricula.run.budget import budget_used, schedules_at
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.schedules import DENSE, Widenings, parse_growth
from dohyo.curricula.run.software import note_versions
from dohyo.curricula.training.ahead import Ahead
from dohyo.curricula.training.collector import Scheduled
from dohyo.curricula.training.curves import CurvesFile
from dohyo.curricula.training.device import training_batch
from dohyo.curricula.training.idle import idle_batch
from dohyo.curricula.training.lineage import Crew, Lineage
from dohyo.curricula.training.plan import SitePlan
from dohyo.curricula.training.site import Site
from dohyo.curricula.training.tracking import Tracked

LEAST_BOUTS = 4
"""Least bouts per reference in a rating while a run goes on; it waits until the budget of ratings allows as many."""


@dataclass(frozen=True)
class Progress:
    """The state of a run, as a watcher gets it after every update and every generation."""

    share: float
    """Share of the budget that is used up, 0 to 1."""
    seconds: float
    """Training time so far, over all resumes."""
    samples: int
    """Samples of all learners."""
    samples_per_s: float
    """Speed of this session."""
    learner: str
    """The learner whose turn it is; the following fields describe it."""
    generation: int
    alpha: float
    curves: dict[str, float]
    """Curves of the last generation."""
    rating: Rating | None
    """Rating of the last rated snapshot."""
    win_rates: dict[str, float]
    """Win rates of that snapshot against each reference, by title."""


class Training:
    """One session of a run: `run()` continues from the folder's last generation, and the learners take turns.

    `tracker` is one of `dohyo.curricula.training.trackers.TRACKERS`, to which curves go too; empty for none.
    """

    def __init__(
        self, folder: RunFolder, watch: Callable[[Progress], None] = lambda progress: None, tracker: str = ""
    ) -> None:
        self.folder, self.config, self._watch = folder, folder.config, watch
        config = self.config
        tracked: list[KVWriter] = [Tracked(tracker, folder)] if tracker else []
        plan = SitePlan.of(folder)
        seeds = plan.seeds()
        self._batch = idle_batch(config) if config.collectors else training_batch(config)
        site = Site(plan, self._batch, folder.load, seeds)
        self._crew = _crew(plan, site, folder)
        self._widenings = Widenings(config.widen, self._batch.arena.ranges, config.randomisation)
        self._growth = parse_growth(config.crowd) if config.crowd else None
        links = folder.record.generations()
        self._seconds = max((link.seconds for link in links), default=0.0)
        self._diverged = max((link.curves.get("diverged", 0.0) for link in links), default=0.0)
        self.lineages = [
            Lineage(folder, self._batch, collector, self._crew, own)
            for collector, own in zip(site.collectors.values(), seeds, strict=True)
        ]
        self._turn = self._resume()
        self._referee = Referee(folder)
        writers: list[KVWriter] = [TensorBoardOutputFormat(str(folder.path / "tensorboard")), *tracked]
        self._logger = Logger(str(folder.path), writers)
        self._curves = CurvesFile(folder)
        self._rated: dict[str, tuple[Rating, dict[str, float]]] = {}
        self._first_samples, self._began = self._samples(), time.monotonic()

    def run(self) -> None:
        """Train until the budget is used up; every finished generation is on disk before the next begins."""
        note_versions(self.folder.path, self._samples())
        try:
            self._curves.update()
            self.start_chains()
            # Those of other lineages were decided when fewer samples had been trained.
            self._rate_if_due(self._turn)
            while self._used() < 1:
                self._take_turn()
            for lineage in self.lineages:
                self._rate(lineage, last=True)
        finally:
            self.close()

    def start_chains(self) -> None:
        """Take the untrained policies as generation 0."""
        new = [lineage for lineage in self.lineages if lineage.generation < 0]
        if new:
            self._tell()
            self._began = time.monotonic()
        for lineage in new:
            self._commit(lineage)

    def _resume(self) -> Lineage:
        """Resume the lineages in the order of their last generations; return the last, or in a new run the next."""
        last = {link.learner: (k, link) for k, link in enumerate(self.folder.record.generations())}
        begun = sorted(
            (lineage for lineage in self.lineages if lineage.name in last), key=lambda one: last[one.name][0]
        )
        for lineage in begun:
            lineage.resume(last[lineage.name][1])
        return begun[-1] if begun else self._next()

    def _next(self) -> Lineage:
        """Return the lineage whose turn it is: the first with the fewest generations."""
        return min(self.lineages, key=lambda lineage: lineage.generation)

    def _take_turn(self) -> None:
        """Train one generation of the lineage whose turn it is."""
        self._turn = lineage = self._next()
        lineage.improve(self.scheduled, self._tell)
        self._commit(lineage)
        self._rate_if_due(lineage)

    def scheduled(self) -> Scheduled:
        """Return all scheduled quantities for the next update."""
        share = self._schedules()
        crowd = self._growth.at(share) if self._growth else 0
        widenings = self._widenings
        return Scheduled(share, self.alpha, widenings.at(share), widenings.widths(share), crowd)

    @property
    def alpha(self) -> float:
        """The current dense share."""
        return DENSE[self.config.dense](self._schedules(), self.config.anneal)

    def _samples(self) -> int:
        return sum(lineage.learner.samples for lineage in self.lineages)

    def _elapsed(self) -> float:
        return self._seconds + time.monotonic() - self._began

    def _used(self) -> float:
        """Return the share of the budget that is used up, 0 to 1."""
        return budget_used(self.config, self._elapsed() / 60, self._samples())

    def _schedules(self) -> float:
        """Return the progress of the schedules, 0 to 1."""
        return schedules_at(self.config, self._elapsed() / 60, self._samples())

    def _commit(self, lineage: Lineage) -> None:
        """Commit a lineage's generation, add its snapshot to the opponents of all, and write the curves."""
        self._turn = lineage
        diverged = self._diverged + sum(one.diverged for one in self.lineages)
        curves = {"diverged": diverged, "alpha": self._batch.alpha, "samples_per_s": self._speed()}
        for name in self._widenings.at(0):
            low, high = self._batch.arena.ranges[name]
            curves |= {f"range/{name}/low": low, f"range/{name}/high": high}
        curves |= {f"width/{name}": width for name, width in self._widenings.widths(self._schedules()).items()}
        row = lineage.commit(self._elapsed(), curves)
        if row.joined:
            for other in self.lineages:
                other.meet(row.learner, row.snapshot)
        self._log(lineage, lineage.curves)
        self._curves.update()
        self._tell()

    def _log(self, lineage: Lineage, values: dict[str, float]) -> None:
        prefix = f"{lineage.name}/" if len(self.lineages) > 1 else ""
        for key, value in values.items():
            self._logger.record(f"{prefix}{key}", value)
        self._logger.dump(lineage.learner.samples)

    def _rate_if_due(self, lineage: Lineage) -> None:
        if lineage.generation % self.config.rate_every == 0:
            self._rate(lineage)

    def _rate(self, lineage: Lineage, *, last: bool = False) -> None:
        """Rate the newest snapshot if the budget of ratings allows it, or if it is the `last` of the session.

        Its bouts are recorded at once, so a kill loses at most one rating.
        """
        name = lineage.snapshots[-1]
        new = self._referee.unmet(name)
        bouts = self._affordable(len(new), last=last) if new else 0
        if bouts:
            self._referee.play(new, bouts)
        if bouts or not new:
            self._show_rating(lineage, name, new=bool(bouts))

    def _affordable(self, pairs: int, *, last: bool) -> int:
        """Return how many bouts each of `pairs` new pairs can play, as even shares of the sides.

        Control steps are counted, not seconds, so that runs repeat and resume alike: those of rated bouts so far, and
        those of new ones as if all were full-length.
        """
        arena, most = self._batch.arena, self.config.rated_bouts
        sides = max(arena.sides) + 1
        left = self.config.rated_share * self._steps() - self.folder.record.rated_steps(self._referee.engine)
        bouts = int(left / (pairs * arena.max_cycles)) // sides * sides
        if last:
            return min(most, max(sides, bouts))
        return 0 if bouts < min(most, LEAST_BOUTS) else min(most, bouts)

    def _steps(self) -> float:
        """Return the control steps of a world, over all worlds, in which the learners were trained."""
        return sum(one.learner.samples * self.config.worlds / one.collector.vec.num_envs for one in self.lineages)

    def _show_rating(self, lineage: Lineage, name: str, *, new: bool) -> None:
        """Show the rating of a rated snapshot; log it if it is `new`, as otherwise an earlier session has done so."""
        known = self._referee.references()
        played = self.folder.record.matches(self._referee.engine)
        matches = [match for match in played if match.player == name or match.player in known]
        rating = rate(list(known), matches)[name]
        labels = {self._referee.previous(name): "previous"} | titles(known, self.folder.record.generations())
        wins = {labels.get(m.opponent, m.opponent): m.score.win_rate for m in matches if m.player == name}
        self._rated[lineage.name] = rating, wins
        if new:
            values = {"rating/mu": rating.mu, "rating/low": rating.low, "rating/high": rating.high}
            self._log(lineage, values | {f"win_rate/{key.replace(' ', '_')}": share for key, share in wins.items()})
        self._tell()

    def _speed(self) -> float:
        return (self._samples() - self._first_samples) / max(1e-9, time.monotonic() - self._began)

    def _tell(self) -> None:
        self._watch(self.progress())

    def progress(self) -> Progress:
        """Return the state of the run."""
        rating, wins = self._rated.get(self._turn.name, (None, {}))
        return Progress(
            share=self._used(),
            seconds=self._elapsed(),
            samples=self._samples(),
            samples_per_s=self._speed(),
            learner=self._turn.name,
            generation=self._turn.generation,
            alpha=self._batch.alpha,
            curves=self._turn.curves,
            rating=rating,
            win_rates=wins,
        )

    def newest(self) -> dict[str, Path]:
        """Return the path of each learner's newest snapshot."""
        return {lineage.name: lineage.newest for lineage in self.lineages}

    def close(self) -> None:
        """Release both batches and the log."""
        self._logger.close()
        self._referee.close()
        self._crew.close()


def _crew(plan: SitePlan, site: Site, folder: RunFolder) -> Crew:
    """Return who plays the bouts: the site in this process, or collectors on Ray."""
    if not plan.config.collectors:
        return site
    from dohyo.curricula.training.on_ray import Supervisor

    supervisor = Supervisor(plan, site, folder.snapshots)
    return Ahead(supervisor) if plan.config.stale else supervisor
