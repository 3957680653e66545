"""The wind test of arXiv 1710.03748 ("EC"): how long a player stays up under repeated pushes."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import t

from dohyo.agents.policies.policy import Policy
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.bodies import BODIES
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.physics import DEFAULT_ENGINE, make_engine
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.players import Acts, built_in
from dohyo.arenas.push import Push
from dohyo.arenas.registry import build_arena, need_two_seats
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.rules.one_seat import FELL, Alone
from dohyo.curricula.evaluation.masked import MASKS
from dohyo.curricula.matches.match import Bout, play_match

WORLDS = 40
"""Worlds in which the bouts are played; bouts repeat only with the same number."""


@dataclass(frozen=True)
class WindConfig:
    """Settings of a wind test; the schedule of the pushes is the default of `dohyo.arenas.Push`, which is EC's."""

    forces: tuple[float, ...] = (200.0, 300.0, 400.0, 500.0, 600.0)
    """Forces at the beginning of a push, N (EC)."""
    bouts: int = 200
    """Bouts per player and force, 2 or more (EC)."""
    mask: str = "zero"
    """What a player sees in place of its opponent, see `dohyo.curricula.evaluation.masked.MASKS` (EC: zeros)."""
    stochastic: bool = True
    """Whether players act with their own noise; if not, they take the mean."""
    engine: str = DEFAULT_ENGINE
    workers: int | None = None
    seed: int = 0
    physics: str = ACCURATE


@dataclass(frozen=True)
class Subject:
    """A player to be pushed, and the arena and seat for it."""

    name: str
    snapshot: Snapshot | None
    """None for the built-in policy `name`."""
    arena: str
    body: str
    """The body of all seats, or one per seat joined by commas."""
    drive: str
    seat: int


@dataclass(frozen=True)
class Stand:
    """The bouts of one player under one force."""

    player: str
    force: float
    """Force at the beginning of a push, N."""
    steps: tuple[int, ...]
    """Control steps until the fall, by bout; without a fall the length of the bout, which underestimates them."""
    endings: dict[str, int]
    """Number of bouts by ending."""

    @property
    def fell(self) -> int:
        """Number of bouts that ended in a fall."""
        return self.endings.get(FELL, 0)

    @property
    def mean(self) -> float:
        """Mean of the steps."""
        return float(np.mean(self.steps))

    @property
    def deviation(self) -> float:
        """Standard deviation of the steps, from n - 1."""
        return float(np.std(self.steps, ddof=1))

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        return self.deviation / sqrt(len(self.steps))

    @property
    def half_width(self) -> float:
        """Half of the mean's 95 % interval: Student's, which holds for few bouts too."""
        return float(t.ppf(0.975, len(self.steps) - 1)) * self.error


def check_pushable(arena: Arena) -> None:
    """Raise `UnknownName` for an arena of other bodies or more seats than those in which the test was tried."""
    if any(BODIES.get(body.name) is not body for body in arena.bodies):
        raise UnknownName(f"the wind test takes arenas with the bodies {', '.join(BODIES)}, not {arena.name!r}")
    need_two_seats(arena.name)


def wind_test(subject: Subject, config: WindConfig, watch: Callable[[Bout], None] | None = None) -> Iterator[Stand]:
    """Push one player with each force in turn and yield the bouts; `watch` is called with each bout.

    With the same seed and number of bouts, bout k has the same start and the same times and directions of pushes for
    every player and force.
    """
    for force in config.forces:
        batch, players = set_wind(subject, force, config, min(WORLDS, config.bouts))
        with closing(batch):
            bouts = play_match(batch, players, config.bouts, config.seed, watch, swap=False)
        endings = dict(Counter(bout.ending for bout in bouts).most_common())
        yield Stand(subject.name, force, tuple(bout.steps for bout in bouts), endings)


def set_wind(
    subject: Subject, force: float, config: WindConfig, worlds: int, *, autoreset: bool = True
) -> tuple[Batch, tuple[Acts, Acts]]:
    """Return a batch in which the subject stands alone and is pushed with `force` N, and the players of its seats."""
    arena = build_arena(subject.arena, subject.body, worlds=worlds, drive=subject.drive, physics=config.physics)
    wind = Push(force, seat=arena.seats[subject.seat])
    engine = make_engine(config.engine, arena.scene, worlds, config.workers)
    batch = Batch(Alone(arena, worlds, subject.seat), engine, push=wind, autoreset=autoreset)
    pair = _policy(subject, batch, config), built_in("zero", batch, 1 - subject.seat, config.seed)
    return batch, pair if subject.seat == 0 else pair[::-1]


def _policy(subject: Subject, batch: Batch, config: WindConfig) -> Policy:
    if subject.snapshot is None:
        return built_in(subject.name, batch, subject.seat, config.seed)
    policy = subject.snapshot.policy(stochastic=config.stochastic, seed=config.seed)
    return MASKS[config.mask](subject.snapshot, policy, batch.arena.entries(subject.seat))
