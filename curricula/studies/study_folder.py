"""The folder of a study: one run per arm and seed, and their matches. A study resumes from where it stopped."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import combinations, product
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import lookup
from dohyo.arenas.physics import DEFAULT_ENGINE
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.curricula.evaluation.crossplay import CrossConfig, Crossplay, Entrant, Pair
from dohyo.curricula.matches.match import share_out
from dohyo.curricula.matches.score import Score
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.results_folder import claim
from dohyo.curricula.studies.arms import RATES, WIDTHS, width_arms
from dohyo.curricula.studies.catalogue import STUDIES, Study
from dohyo.curricula.studies.findings import Scores
from dohyo.curricula.training.training import Progress, Training

Match = tuple[Pair, int]
"""A pair, and the number of its bouts."""
FREE = ("seeds", "bouts", "workers", "imports", "widths", "rates")
"""Settings that may change when a study resumes."""


@dataclass(frozen=True)
class StudyConfig:
    """Settings of a study; all but those in `FREE` are fixed once it has begun."""

    study: str
    arena: str = "sumo"
    body: str = "ant"
    engine: str = DEFAULT_ENGINE
    drive: str = "target"
    samples: int | None = None
    """Budget of each run in control steps of learning seats, with which runs repeat exactly. None: no limit."""
    minutes: float | None = None
    """Budget of each run in minutes of training. None: no limit."""
    worlds: int = 64
    seeds: int = 3
    """Runs per arm, with the seeds 0, 1, …"""
    bouts: int = 800
    """Bouts of each pair of arms, over all pairs of seeds (Table 1 of arXiv 1710.03748 has 800)."""
    workers: int | None = None
    physics: str = ACCURATE
    imports: tuple[str, ...] = ()
    """Files and modules that the command line imported, as in `TrainConfig`."""
    widths: tuple[int, ...] = WIDTHS
    """Widths of the study `width`, ascending."""
    rates: tuple[float, ...] = RATES
    """Learning rates of the study `width`, ascending."""


@dataclass(frozen=True)
class StudyRun:
    """One training run of a study."""

    arm: str
    seed: int
    path: Path
    config: TrainConfig

    @property
    def name(self) -> str:
        """The run's name."""
        return f"{self.arm}.seed{self.seed}"


class StudyFolder:
    """The folder of a study, which one process at a time can use.

    Its folder `runs` holds the training runs, `matches` the matches between them. Raises `UnknownName` for an unknown
    study, `DohyoError` if another process uses the folder, or if it has other settings or is not a study's.
    """

    def __init__(self, path: Path, config: StudyConfig) -> None:
        self.study: Study = lookup(STUDIES, config.study, "study")
        self.path, self.config = path, config
        fixed = {key: value for key, value in asdict(config).items() if key not in FREE}
        self._lock = claim("study", path, fixed)

    @cached_property
    def runs(self) -> list[StudyRun]:
        """The runs in their order of training: all arms of a seed, then the next seed."""
        return [self._run(arm, seed) for seed in range(self.config.seeds) for arm in self.arms]

    @cached_property
    def arms(self) -> Mapping[str, Mapping[str, Any]]:
        """The settings that each arm changes."""
        return width_arms(self.config.widths, self.config.rates) if self.study.kind == "width" else self.study.arms

    @property
    def grid(self) -> dict[str, Sequence[float]]:
        """The options from which the arms follow, in a study that has some."""
        return {"widths": self.config.widths, "rates": self.config.rates} if self.study.kind == "width" else {}

    def _run(self, arm: str, seed: int) -> StudyRun:
        c = self.config
        base = TrainConfig(
            arena=c.arena,
            body=c.body,
            engine=c.engine,
            drive=c.drive,
            physics=c.physics,
            worlds=c.worlds,
            workers=c.workers,
            samples=c.samples,
            minutes=c.minutes,
            seed=seed,
            rated_bouts=0,
            imports=c.imports,
        )
        config = replace(base, **{**self.study.alike, **self.arms[arm]})
        return StudyRun(arm, seed, self.path / "runs" / f"{arm}.seed{seed}", config)

    def train(self, run: StudyRun, watch: Callable[[Progress], None] = lambda progress: None) -> None:
        """Train a run to the end of its budget, from where it stopped."""
        with closing(RunFolder.create_or_resume(run.path, run.config)) as folder:
            Training(folder, watch).run()

    def open_matches(self, engine: str | None = None) -> Crossplay:
        """Open the folder of the study's matches, or of those on another engine; the caller closes it."""
        c = self.config
        if engine is None or engine == c.engine:
            folder, played = "matches", CrossConfig(c.arena, c.body, c.engine, c.drive, physics=c.physics)
        else:
            folder, played = f"matches_{engine}", CrossConfig(c.arena, c.body, engine, c.drive)
        return Crossplay(self.path / folder, played, c.workers)

    def both_seats(self, crossplay: Crossplay, pair: Pair, bouts: int) -> list[Match]:
        """Return the matches of a pair: one if the seats are alike, else one for each way to seat it."""
        if crossplay.symmetric:
            return [(pair, bouts)]
        return [(pair, share_out(bouts, 2, 0)), (pair[::-1], share_out(bouts, 2, 1))]

    def schedule(self, crossplay: Crossplay) -> list[Match]:
        """Return all matches with their numbers of bouts, which add up to `bouts` for each pair of arms."""
        matches: list[Match] = []
        seeds = list(product(range(self.config.seeds), repeat=2))
        for one, two in combinations(self.arms, 2):
            for k, (s, t) in enumerate(seeds):
                pair = self.entrant(one, s), self.entrant(two, t)
                matches += self.both_seats(crossplay, pair, share_out(self.config.bouts, len(seeds), k))
        return matches

    def scores(self, crossplay: Crossplay) -> Scores:
        """Return the scores of every arm against every other, by pair of seeds."""
        found: dict[tuple[str, str], list[list[Score]]] = {}
        for one, two in combinations(self.arms, 2):
            n = range(self.config.seeds)
            pairs = [[(self.entrant(one, s), self.entrant(two, t)) for t in n] for s in n]
            found[one, two] = [[crossplay.both_ways(pair) for pair in row] for row in pairs]
            found[two, one] = [[found[one, two][s][t].turned() for s in n] for t in n]
        return found

    @cached_property
    def _entrants(self) -> dict[tuple[str, int], Entrant]:
        """The newest snapshots of every run."""
        return {(run.arm, run.seed): self._entrant(run) for run in self.runs}

    def entrant(self, arm: str, seed: int) -> Entrant:
        """Return the newest snapshots of an arm's run with a seed, as a participant of matches."""
        return self._entrants[arm, seed]

    def _entrant(self, run: StudyRun) -> Entrant:
        with closing(RunFolder.open(run.path)) as folder:
            by_seat = {seat: name for name, role in reversed(folder.learners.items()) for seat in role.seats}
            return Entrant(run.name, (folder.latest(by_seat[0]), folder.latest(by_seat[1])))

    def close(self) -> None:
        """Release the folder."""
        self._lock.close()
