"""The wind test, the trial of a best response and the speed of a card's subject."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.errors import UnknownName
from dohyo.curricula.cards.cases import scored
from dohyo.curricula.cards.subject import Subject
from dohyo.curricula.evaluation import push
from dohyo.curricula.evaluation.exploit import EXPLOITER, Trial
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.software import machine

ATTACKS = 2
"""Matches of the trial of a best response: against the victim, and against the victim that does not see."""
ACTIONS, WARM_UP = 2000, 100
"""Actions that are timed, and those before them that are not."""


def pushed(subject: Subject, bouts: int, seed: int) -> list[tuple[push.Subject, push.WindConfig]]:
    """Return the wind tests of a card, each one player under one force: of the subject, and of `zero`."""
    arena, setup = subject.arena.name, subject.setup
    seat = subject.roles[0].seats[0]
    players = [("it", subject.snapshot), ("zero", None)]
    return [
        (
            push.Subject(name, snapshot, arena, setup.body, setup.drive, seat),
            push.WindConfig((force,), bouts, engine=setup.engine, physics=setup.physics, seed=seed),
        )
        for name, snapshot in players
        for force in push.WindConfig.forces
    ]


def blow(player: push.Subject, config: push.WindConfig, watch: Callable[[Bout], None]) -> dict[str, Any]:
    """Return the result of one wind test."""
    [stand] = push.wind_test(player, config, watch)
    return {
        "player": stand.player,
        "force": stand.force,
        "bouts": config.bouts,
        "mean_steps": stand.mean,
        "error": stand.error,
        "fell": stand.fell,
    }


def takes_wind(subject: Subject) -> str:
    """Return why there is no wind test of a subject; empty if there is one."""
    try:
        push.check_pushable(subject.arena)
    except UnknownName as refusal:
        return str(refusal)
    return ""


def resist(run: Path, bouts: int, seed: int, watch: Callable[[Bout], None]) -> dict[str, Any]:
    """Return the result of the newest best response of a run against its victim, seeing and blind."""
    with closing(RunFolder.open(run)) as folder:
        learner, role = next(iter(folder.learners.items()))
        plain, blind = Trial(folder).attacks(bouts, seed, watch, (EXPLOITER,))
        return {
            "attacker": role.name,
            "samples": folder.latest(learner).origin.samples,
            "minutes": folder.minutes,
            "attack": scored(plain.score),
            "blind": scored(blind.score),
        }


def time_actions(snapshot: Snapshot, actions: int = ACTIONS) -> dict[str, Any]:
    """Return the median and the 99th percentile of the time of one action, s: one core, one observation at a time."""
    policy, rng = snapshot.policy(), np.random.default_rng(0)
    seen = rng.normal(size=(actions, 1, snapshot.origin.observation)).astype(np.float32)
    memory = np.zeros((1, policy.memory), np.float32) if policy.memory else None
    with threadpool_limits(limits=1, user_api="blas"):
        for observation in seen[:WARM_UP]:
            policy.act(observation, memory)
        times = list(_timed(lambda observation: policy.act(observation, memory), seen))
    median, slow = np.quantile(times, [0.5, 0.99])
    return {"actions": actions, "median_s": float(median), "slowest_percent_s": float(slow), "machine": machine()}


def _timed(act: Callable[[Any], Any], seen: Any) -> Iterator[float]:
    for observation in seen:
        began = perf_counter()
        act(observation)
        yield perf_counter() - began
