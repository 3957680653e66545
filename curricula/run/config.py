"""Settings of a training run."""

import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from dohyo.agents.learning.algorithms import ALGORITHMS
from dohyo.agents.learning.config import HYPERPARAMETERS, NETWORK, PpoConfig
from dohyo.agents.settings import build, check, read, setting
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.bodies import BODIES
from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics import DEFAULT_ENGINE, ENGINES
from dohyo.arenas.physics.presets import ACCURATE, PHYSICS
from dohyo.arenas.physics.scene import DRIVES
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import ARENAS
from dohyo.curricula.opponents.samplers import LEAGUE, Sampler, known_opponents, rule_name
from dohyo.curricula.run.schedules import DENSE, ScheduleStart, parse_growth, parse_widening

MEETINGS, WORLD = "Who learns, and whom it meets", "Rewards and starts"
"""Headings of options in the help; those that concern the run as a whole come first, without one."""
FIRST = "the arena's first"
FIRST_THERE = "that of the run or snapshot, else the arena's first that is installed"
SNAPSHOT_NAME = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; all but the budget are fixed once it has begun. EC is arXiv 1710.03748.

    Raises `ConfigError` for a value of another type or out of range, `UnknownName` for a text that is no choice. What
    depends on the arena is checked when the arena is built.
    """

    arena: str = setting("sumo", f"Arena: {', '.join(ARENAS)}.", option=None)
    body: str = setting(
        "ant",
        f"Body of every seat, or one per seat with commas: {', '.join(BODIES)}; paper/ arenas have others.",
        shown=FIRST,
    )
    engine: str = setting(DEFAULT_ENGINE, f"Physics engine: {', '.join(ENGINES)}.", shown=FIRST_THERE)
    drive: str = setting("target", f"What an action means for a joint: {', '.join(DRIVES)}.", shown=FIRST)
    physics: str = setting(ACCURATE, f"How finely MuJoCo simulates: {', '.join(PHYSICS)}.", shown=FIRST)
    minutes: float | None = setting(
        20.0,
        "Budget in minutes of training, summed over resumes; the generation that has begun is finished.",
        shown="20, or no limit with --samples",
        low=0,
    )
    samples: int | None = setting(
        None,
        "Budget in control steps of learning seats: runs that repeat exactly. The generation that has begun is "
        "finished.",
        shown="no limit",
        low=1,
    )
    worlds: int = setting(64, "Worlds stepped together.", low=2, high=100_000)
    workers: int | None = setting(
        None, "Threads (mujoco) or processes (pybullet).", shown="one per core", low=1, high=1024
    )
    seed: int = setting(0, "Seed of everything random.", low=0)
    algorithm: str = setting(
        "",
        f"Who learns: {', '.join(ALGORITHMS)}, or one of your own, see --import.",
        note="See `dohyo.agents.learning.algorithms`.",
        shown="by the kind of policy",
        panel=NETWORK,
    )
    opponents: str | Sampler = setting(
        "uniform(0)",
        f"Past opponents: {known_opponents().replace('|', ' | ')}, or a rule of your own, see --import.",
        note="In Python also a function. See [opponent rules](#opponent-rules); delta 0 was best for ants (EC, Table "
        "1). With `league` each role has learners of three kinds, which set what follows themselves, except for "
        "`timeout`.",
        panel=MEETINGS,
    )
    timeout: int = setting(
        20,
        "League: generations that a league exploiter has; a main exploiter has two times.",
        note="Then a copy joins the league at the latest. See `dohyo.curricula.opponents.league`.",
        low=1,
        panel=MEETINGS,
    )
    mirror: float = setting(
        0.5,
        "Share of the worlds in which the learner meets itself.",
        note="All of them with `latest`. A learner that plays one seat only meets the newest snapshot of the other "
        "role in this share of its bouts.",
        shown="0.5; a league has its own",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    first: float = setting(
        0.3,
        "Share of the past opponents that are generation 0.",
        note="That is the untrained policy. Without such bouts a learner forgets to go to an opponent that stands "
        "still, because all others walk towards it (docs/results/training_choices.md).",
        shown="0.3; a league has its own",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    shared: bool = setting(
        False,
        "One policy for all roles, as far as they see and act alike.",
        note="Otherwise each role has a learner of its own.",
        panel=MEETINGS,
    )
    population: int = setting(
        1,
        "Learners per role; each meets the snapshots of all.",
        note="EC, section 5.4.",
        low=1,
        high=1000,
        panel=MEETINGS,
    )
    start: str = setting(
        "",
        "Begin as this snapshot, with its kind and width of network: a file, RUN or RUN:LEARNER.",
        note="The settings of a run hold the snapshot's name; its file is among the run's snapshots.",
        shown="weights drawn anew",
        option="from",
        panel=NETWORK,
    )
    roles: tuple[str, ...] = setting((), "Role that learns.", shown="all", option="role", panel=MEETINGS)
    guests: tuple[str, ...] = setting(
        (),
        f"Also meet this player: a snapshot file, RUN, RUN:LEARNER, {' or '.join(BUILT_IN)}. A run that is resumed can "
        "have other guests.",
        note="The settings of a run hold names of snapshots, whose files are among the run's.",
        shown="nobody",
        option="guest",
        panel=MEETINGS,
    )
    guest_share: float = setting(
        0.3,
        "Share of the bouts that meet guests, where there are any.",
        note="Mirror bouts are not among them.",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    dense: str = setting(
        "fade",
        f"How the dense reward's share changes: {', '.join(DENSE)}. It begins to fade at once, or late: after half of "
        "the time that --anneal gives it.",
        note="See [schedules](#schedules-of-the-dense-share).",
        choices=DENSE,
        panel=WORLD,
    )
    terms: dict[str, float] = setting(
        dict,
        "Another weight of a term of the dense reward: NAME=WEIGHT.",
        shown="the arena's",
        option="term",
        panel=WORLD,
    )
    anneal: float = setting(
        0.6,
        "Share of the budget after which the dense reward has faded.",
        note="EC: 10 to 15 % of runs a hundred times as long.",
        low=0,
        high=1,
        panel=WORLD,
    )
    widen: tuple[str, ...] = setting(
        (),
        "What bouts start from begins narrow: BEGIN:OVER for every range, or 'RANGE=BEGIN:OVER'; shares of the width "
        "and of the budget.",
        note="Ratings are always on whole ranges.",
        shown="whole ranges",
        panel=WORLD,
    )
    crowd: str = setting(
        "",
        "Distinct past opponents at a time, drawn anew before every rollout: FEW:MANY:OVER, a number that grows over "
        "this share of the budget.",
        shown="all",
        panel=MEETINGS,
    )
    updates: int = setting(5, "Updates of the networks per generation, which ends in a snapshot.", low=1, option=None)
    rate_every: int = setting(10, "Generations between ratings.", low=1, option=None)
    rated_bouts: int = setting(20, "Bouts per reference in a rating; 0: the run is not rated.", low=0, option=None)
    imports: tuple[str, ...] = setting(
        (),
        "File or module that registers arenas of your own.",
        note="Opening a run imports none of them.",
        shown="none",
        option="import",
    )
    ppo: PpoConfig = setting(
        PpoConfig,
        f"Hyperparameter of PPO, such as minibatch=256. There are {', '.join(HYPERPARAMETERS)}.",
        shown="by the kind of policy",
        panel=NETWORK,
    )
    schedule_start: ScheduleStart = setting(
        ScheduleStart,
        "Where the run stood when its budget was last changed.",
        note="The run folder sets it; schedules go on from there, see `dohyo.curricula.run.budget`.",
        option=None,
    )

    def __post_init__(self) -> None:
        """Name the opponent rule and check the settings."""
        if callable(self.opponents):
            object.__setattr__(self, "opponents", rule_name(self.opponents))
        check(self)
        for text in self.widen:
            parse_widening(text)
        if self.crowd:
            parse_growth(self.crowd)
        for name in {self.start, *self.guests} - {"", *BUILT_IN}:
            if not SNAPSHOT_NAME.fullmatch(name):
                raise ConfigError(f"{short(name)} is no name of a snapshot: give one of 16 digits of 0-9 and a-f")

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
    def from_json(cls, settings: Any) -> "TrainConfig":
        """Rebuild settings from what `asdict` gave; raises `UnknownName` or `ConfigError` for anything else."""
        return build(cls, read(cls, settings))

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
