"""Settings of a training run."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from dohyo.agents.learning.algorithms import ALGORITHMS
from dohyo.agents.learning.config import HYPERPARAMETERS, NETWORK, PpoConfig
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.bodies import BODIES
from dohyo.arenas.physics import DEFAULT_ENGINE, ENGINES
from dohyo.arenas.physics.presets import ACCURATE, PHYSICS
from dohyo.arenas.physics.scene import DRIVES
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.randomisation import GROUPS, OFF, Randomisation, parse
from dohyo.arenas.randomisation import PRESETS as RANDOMISATIONS
from dohyo.arenas.registry import ARENAS
from dohyo.arenas.settings import build, check, read, setting
from dohyo.curricula.opponents.samplers import LEAGUE, Sampler, known_opponents, rule_name
from dohyo.curricula.run.config_checks import check_together
from dohyo.curricula.run.schedules import DENSE, ScheduleStart
from dohyo.curricula.run.seeds import SEEDINGS

MEETINGS, WORLD = "Learners and opponents", "Rewards and starts"
"""Headings of options in the help; options of the run as a whole come first, without a heading."""
FREE: dict[str, Any] = {"minutes": None, "samples": None, "workers": None, "collectors": 0, "ray": "", "stale": 0}
FREE |= {"guests": (), "guest_share": 0.0, "imports": ()}
"""Settings that can change from session to session, with a value for comparisons of the others."""
FIRST = "the arena's first"
FIRST_THERE = "that of the run or snapshot, else the arena's first that is installed"


@dataclass(frozen=True)
class TrainConfig:
    """Settings of a training run; all but the budget are fixed once it has begun. EC is arXiv 1710.03748.

    Raises `ConfigError` for a value of a wrong type or out of range, `UnknownName` for a text that is not a choice.
    Settings that depend on the arena are checked when the arena is built.
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
        "Budget in minutes of training, summed over resumes; the last generation is finished.",
        shown="20, or no limit with --samples",
        low=0,
    )
    samples: int | None = setting(
        None,
        "Budget in control steps of learning seats, with which runs repeat exactly; the last generation is finished.",
        shown="no limit",
        low=1,
    )
    worlds: int = setting(64, "Worlds stepped together.", low=2, high=100_000)
    workers: int | None = setting(
        None, "Threads (mujoco) or processes (pybullet).", shown="one per core", low=1, high=1024
    )
    collectors: int = setting(
        0, "Processes on Ray that play, each its part of the worlds.", shown="none, this one plays", low=0, high=1024
    )
    ray: str = setting("", "Ray cluster for the collectors: HOST:PORT, or auto.", shown="a cluster on this machine")
    stale: int = setting(0, "With 1 collectors play while the networks learn, one update behind.", low=0, high=1)
    seed: int = setting(0, "Seed of everything random.", low=0)
    algorithm: str = setting(
        "",
        f"Learning algorithm: {', '.join(ALGORITHMS)}, or your own, see --import.",
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
        "League: generations after which a league exploiter times out; a main exploiter has twice as many.",
        note="Then a copy joins the league in any case. See `dohyo.curricula.opponents.league`.",
        low=1,
        panel=MEETINGS,
    )
    mirror: float = setting(
        0.5,
        "Share of the worlds in which the learner meets itself.",
        note="With `latest` it is all worlds. A learner that can fill only one seat meets the newest snapshot of the "
        "other role in this share of its bouts.",
        shown="0.5; a league has its own",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    first: float = setting(
        0.3,
        "Share of the past opponents that are generation 0.",
        note="Generation 0 is the untrained policy. Without such bouts a learner forgets to approach an opponent that "
        "stands still, because all others walk towards it (docs/results/training_choices.md).",
        shown="0.3; a league has its own",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    shared: bool = setting(
        False,
        "Train one policy for all roles with the same observation and body.",
        note="Otherwise each role has its own learner.",
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
        "Begin as this snapshot, with its network and width: a file, RUN or RUN:LEARNER.",
        note="The settings of a run hold the snapshot's name; its file is among the run's snapshots.",
        shown="random weights",
        option="from",
        panel=NETWORK,
    )
    surgery: bool = setting(
        False,
        "Fit the snapshot of --from, and guests, to other observations, and the network to a larger --width.",
        note="See [stages and surgery](../guide/stages.md).",
        panel=NETWORK,
    )
    drop: tuple[str, ...] = setting(
        (),
        "Entry of the old observation that surgery lets a snapshot forget, because it is missing here or has changed.",
        shown="none",
        panel=NETWORK,
    )
    roles: tuple[str, ...] = setting((), "Role that learns.", shown="all", option="role", panel=MEETINGS)
    guests: tuple[str, ...] = setting(
        (),
        f"Also meet this player: a snapshot file, RUN, RUN:LEARNER, {' or '.join(BUILT_IN)}. Guests can change when a "
        "run resumes.",
        note="The settings of a run hold names of snapshots, whose files are among the run's.",
        shown="none",
        option="guest",
        panel=MEETINGS,
    )
    guest_share: float = setting(
        0.3,
        "Share of the bouts that meet guests, if there are any.",
        note="Mirror bouts do not count.",
        low=0,
        high=1,
        panel=MEETINGS,
    )
    dense: str = setting(
        "fade",
        f"Schedule of the dense share: {', '.join(DENSE)}. It fades at once, or late: after half of the time that "
        "--anneal sets.",
        note="See [schedules](#schedules-of-the-dense-share).",
        choices=DENSE,
        panel=WORLD,
    )
    terms: dict[str, float] = setting(
        dict,
        "Weight of a term of the dense reward: NAME=WEIGHT.",
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
        "Begin with narrow start ranges: BEGIN:OVER for every range, or 'RANGE=BEGIN:OVER'; shares of the width and of "
        "the budget.",
        note="Ratings always use whole ranges. RANGE can also be a field or a group of --randomise, which widens from "
        "nothing.",
        shown="whole ranges",
        panel=WORLD,
    )
    randomise: tuple[str, ...] = setting(
        (),
        f"Vary physics, actions, observations and timing: {', '.join(RANDOMISATIONS)}, or FIELD=VALUE.",
        note="See [randomisation](randomisation.md). Its fields widen like start ranges, see `widen`. The settings of "
        "a run hold the fields of a preset. Ratings play without.",
        shown="nothing",
        panel=WORLD,
    )
    without: tuple[str, ...] = setting(
        (), f"Group of --randomise to leave out: {', '.join(GROUPS)}; several with commas.", shown="none", panel=WORLD
    )
    crowd: str = setting(
        "",
        "Number of distinct past opponents, drawn anew before every rollout: FEW:MANY:OVER grows from FEW to MANY over "
        "this share of the budget.",
        shown="all",
        panel=MEETINGS,
    )
    updates: int = setting(5, "Updates of the networks per generation, which ends in a snapshot.", low=1, option=None)
    rate_every: int = setting(10, "Generations between ratings.", low=1, option=None)
    rated_bouts: int = setting(20, "Most bouts per reference in a rating; 0 for no ratings.", low=0, option=None)
    rated_share: float = setting(
        0.07, "Most control steps in rated bouts per control step of training.", low=0, option=None
    )
    imports: tuple[str, ...] = setting(
        (),
        "File or module that registers your own arenas.",
        note="Opening a run never imports them.",
        shown="none",
        option="import",
    )
    ppo: PpoConfig = setting(
        PpoConfig,
        f"Hyperparameter of PPO, such as minibatch=256: {', '.join(HYPERPARAMETERS)}.",
        shown="by the kind of policy",
        panel=NETWORK,
    )
    schedule_start: ScheduleStart = setting(
        ScheduleStart,
        "State of the run at the last change of its budget.",
        note="The run folder sets it; schedules continue from there, see `dohyo.curricula.run.budget`.",
        option=None,
    )
    seeding: int = setting(
        max(SEEDINGS),
        "How random streams follow from the seed.",
        note="The run folder keeps what the run began with, see `dohyo.curricula.run.seeds`.",
        low=min(SEEDINGS),
        high=max(SEEDINGS),
        option=None,
    )

    def __post_init__(self) -> None:
        """Name the opponent rule and check the settings."""
        if callable(self.opponents):
            object.__setattr__(self, "opponents", rule_name(self.opponents))
        check(self)
        check_together(self)

    @property
    def randomisation(self) -> Randomisation:
        """What is randomised in training, at its whole width."""
        return parse(self.randomise, self.without)

    @property
    def league(self) -> bool:
        """Whether the run is a league, with learners of AlphaStar's three kinds."""
        return self.opponents == LEAGUE

    @property
    def schedule_basis(self) -> tuple[object, ...]:
        """The settings that schedules follow: the budget, and their start."""
        return self.minutes, self.samples, self.schedule_start

    @property
    def mirrored(self) -> int:
        """Number of worlds with mirror bouts; with `latest` all worlds."""
        return self.worlds if self.opponents == "latest" else round(self.mirror * self.worlds)

    @classmethod
    def from_json(cls, settings: Any) -> "TrainConfig":
        """Rebuild settings from the values of `asdict`; raises `UnknownName` or `ConfigError` for anything else."""
        return build(cls, read(cls, settings))

    def make_batch(self, worlds: int | None = None, engine: str | None = None, *, randomised: bool = True) -> Batch:
        """Build a batch for the run's bouts, by default with its number of worlds, its engine and its randomisation."""
        scene, chosen = (self.arena, self.body, engine or self.engine), self.randomisation if randomised else OFF
        drive, physics = self.drive, self.physics
        return make_batch(
            *scene, worlds or self.worlds, workers=self.workers, drive=drive, physics=physics, randomisation=chosen
        )

    def same_run(self, other: "TrainConfig") -> bool:
        """Return whether two settings are equal except for budget, workers, collectors, guests and imports."""
        return self._without_budget() == other._without_budget()

    def _named(self) -> dict[str, Any]:
        """Return the fixed settings of the run by name, with the learner's settings among them."""
        settings = asdict(self._without_budget())
        learner: dict[str, Any] = settings.pop("ppo")
        return settings | learner

    def _without_budget(self) -> "TrainConfig":
        return replace(self, **FREE, schedule_start=ScheduleStart(), seeding=TrainConfig.seeding)
