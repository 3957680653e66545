"""Settings of a training run."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dohyo.agents.files import parse_json
from dohyo.agents.learning.config import PpoConfig
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.checks import share, whole
from dohyo.arenas.errors import ConfigError, DohyoError
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.curricula.opponents.samplers import LEAGUE


@dataclass(frozen=True)
class ScheduleStart:
    """Where a run stood when its budget was last changed; zeros where it still has its first one."""

    minutes: float = 0.0
    """Training time."""
    samples: int = 0
    """Of all learners."""
    share: float = 0.0
    """How far along the schedules were, 0 to 1."""

    def __post_init__(self) -> None:
        """Raise `ConfigError` for values that cannot be."""
        share("share of the schedules", self.share)
        whole("samples at the schedules' start", self.samples, 0)
        if not 0 <= self.minutes < math.inf:
            raise ConfigError(f"minutes at the schedules' start must be a number from 0 on, not {self.minutes!r}")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; all but the budget are fixed once it has begun. EC is arXiv 1710.03748."""

    arena: str = "sumo"
    body: str = "ant"
    engine: str = "pybullet"
    drive: str = "target"
    physics: str = ACCURATE
    """How finely MuJoCo simulates, see `dohyo.arenas.physics.presets`."""
    seed: int = 0
    worlds: int = 64
    """Worlds stepped together."""
    workers: int | None = None
    """Threads or processes; None: one per core."""
    minutes: float | None = 20.0
    """Budget in minutes of training, summed over resumes; None: no limit."""
    samples: int | None = None
    """Budget in control steps of learning seats; None: no limit."""
    opponents: str = "uniform(0)"
    """Who is met outside mirror bouts, see `dohyo.curricula.opponents.samplers`; delta 0 was best for ants (EC, Table
    1). With `league` each role has learners of three kinds, and what follows is theirs to say but `timeout`."""
    timeout: int = 20
    """Generations after which a copy of a league exploiter joins the league at the latest; of a main exploiter, two
    such times. See `dohyo.curricula.opponents.league`."""
    first: float = 0.3
    """Share of the bouts against the past that meet generation 0, the untrained policy. Without them (all opponents
    come closer by themselves) a learner forgets to go to one that stands still (docs/results/training_choices.md)."""
    mirror: float = 0.5
    """Share of the worlds in which the learner meets itself; all of them with `latest`. A learner that plays one seat
    only meets the newest snapshot of the other role in this share of its bouts."""
    crowd: str = ""
    """How many distinct past opponents can be met at a time, see `dohyo.curricula.run.schedules.parse_growth`;
    drawn anew before every rollout. Empty: all."""
    shared: bool = False
    """One policy plays all roles, as far as they see and act alike; else each role has a learner of its own."""
    start: str = ""
    """Snapshot that every learner begins as, by name; its file is among the run's snapshots. Empty: drawn anew."""
    roles: tuple[str, ...] = ()
    """Roles that learn; empty: all."""
    guests: tuple[str, ...] = ()
    """Who is met as well: built-in policies, and snapshots from elsewhere, by name, whose files are among the run's."""
    guest_share: float = 0.0
    """Share of the bouts outside mirror bouts that meet a guest."""
    population: int = 1
    """Learners per role, each of which meets the snapshots of all (EC, section 5.4)."""
    dense: str = "fade"
    """How the dense reward's share changes, see `dohyo.curricula.run.schedules.DENSE`."""
    anneal: float = 0.6
    """Share of the budget over which the dense reward fades to 0 (EC: 10 to 15 % of runs a hundred times as long)."""
    terms: dict[str, float] = field(default_factory=dict)
    """Weights of the dense reward's terms, by name, where they are not the arena's own."""
    widen: tuple[str, ...] = ()
    """Ranges that widen, see `dohyo.curricula.run.schedules.parse_widening`; ratings are always on whole
    ranges."""
    updates: int = 5
    """Updates of the networks per generation; a generation ends with a snapshot."""
    rate_every: int = 10
    """Generations between ratings."""
    rated_bouts: int = 20
    """Bouts per reference in a rating; 0: the run is not rated."""
    imports: tuple[str, ...] = ()
    """Files and modules that the command line imported, for the arena; opening a run imports none of them."""
    ppo: PpoConfig = field(default_factory=PpoConfig)
    schedule_start: ScheduleStart = field(default_factory=ScheduleStart)
    """Where the run stood when its budget was last changed. The run folder sets it; schedules go on from there, see
    `dohyo.curricula.run.budget`."""

    @property
    def league(self) -> bool:
        """Whether learners are of AlphaStar's three kinds."""
        return self.opponents == LEAGUE

    @property
    def schedule_basis(self) -> tuple[object, ...]:
        """What the schedules follow: the budget, and where they start."""
        return self.minutes, self.samples, self.schedule_start

    @property
    def mirrored(self) -> int:
        """Worlds in which the learner meets itself: with `latest` all of them."""
        return self.worlds if self.opponents == "latest" else round(self.mirror * self.worlds)

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> "TrainConfig":
        """Rebuild settings from what `asdict` gave; raises `TypeError` for keys that do not exist."""
        ppo, start = PpoConfig(**settings["ppo"]), ScheduleStart(**settings.get("schedule_start", {}))
        lists = {key: tuple(value) for key, value in settings.items() if isinstance(value, list)}  # JSON has no tuples
        return cls(**{**settings, **lists, "ppo": ppo, "schedule_start": start})

    def make_batch(self, worlds: int | None = None, engine: str | None = None) -> Batch:
        """Build a batch of the run's bouts; by default of as many worlds as it trains with, on its engine."""
        return make_batch(
            self.arena,
            self.body,
            engine or self.engine,
            worlds or self.worlds,
            workers=self.workers,
            drive=self.drive,
            physics=self.physics,
        )

    def same_run(self, other: "TrainConfig") -> bool:
        """Tell whether two settings differ in nothing but budget, workers, guests and imports."""
        return self._without_budget() == other._without_budget()

    def _named(self) -> dict[str, Any]:
        """Return what makes the run, the learner's settings among the others."""
        settings = asdict(self._without_budget())
        learner: dict[str, Any] = settings.pop("ppo")
        return settings | learner

    def _without_budget(self) -> "TrainConfig":
        return replace(
            self,
            minutes=None,
            samples=None,
            workers=None,
            guests=(),
            guest_share=0.0,
            imports=(),
            schedule_start=ScheduleStart(),
        )


def _read_settings(path: Path) -> TrainConfig:
    try:
        return TrainConfig.from_json(parse_json(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DohyoError(f"cannot read {path} ({error}): restore it, or train in a new folder") from error
