"""Measure training with collectors: `python docs/collectors.py growth`, `… head`, `… overhead` or `… stale`.

`growth`: speed with one to four collectors. Physics sleeps instead of computing, so that four collectors fit on two
cores: each is like a machine of its own. `head`: how many samples per second one head can learn from. `overhead`: two
collectors against two workers of one process. `stale`: one collector that plays ahead against one that waits.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import ray

from dohyo.agents.learning.config import PpoConfig
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.mujoco_engine import ThreadEngine
from dohyo.arenas.registry import ARENAS, register_arena
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

SLEEP = 0.2
"""Seconds of a control step of all worlds of a collector."""
WORLDS, STEPS, ROUNDS = 16, 16, 6
"""Worlds of a collector, control steps of a rollout, and timed rollouts."""


class Sleeping(ThreadEngine):
    """MuJoCo whose steps take `SLEEP` seconds and move nothing."""

    seconds = SLEEP

    def step(self, action: Array) -> None:
        """Sleep."""
        time.sleep(self.seconds)


class Brisk(Sleeping):
    """One whose steps take 10 ms."""

    seconds = 0.01


@contextmanager
def training(config: TrainConfig) -> Iterator[Training]:
    """A training that has made one update."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        closing(RunFolder.create_or_resume(Path(scratch), config)) as folder,
        closing(Training(folder)) as begun,
    ):
        begun.start_chains()
        update(begun)
        yield begun


def update(begun: Training) -> None:
    """Make one update."""
    [lineage] = begun.lineages
    lineage.learn(lineage.collect(begun.scheduled()))


def per_second(act: Callable[[], int], clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the samples per second of `ROUNDS` calls of `act`, which returns the samples of each."""
    start = clock()
    return sum(act() for _ in range(ROUNDS)) / (clock() - start)


def collected(begun: Training) -> int:
    """Collect once; return the samples."""
    return sum(int(rollout.samples["acted"].sum()) for rollout in begun.lineages[0].collect(begun.scheduled()))


def learned(begun: Training) -> int:
    """Make one update; return the samples."""
    before = begun.lineages[0].learner.samples
    update(begun)
    return begun.lineages[0].learner.samples - before


def speeds(collectors: int) -> list[float]:
    """Return samples per second of collecting, of training, and of training with `--stale 1`."""
    with training(small(collectors, stale=0)) as begun:
        found = [per_second(partial(collected, begun)), per_second(partial(learned, begun))]
    with training(small(collectors, stale=1)) as begun:
        return [*found, per_second(partial(learned, begun))]


def growth() -> None:
    """Write samples per second for one to four collectors, with the share of linear growth."""
    base = speeds(1)
    for count in (1, 2, 3, 4):
        now = base if count == 1 else speeds(count)
        cells = [f"{speed:,.0f} ({speed / (count * one):.3f})" for speed, one in zip(now, base, strict=True)]
        say(f"{count} collectors: collecting {cells[0]}, training {cells[1]}, with --stale 1 {cells[2]}")


def say(line: str) -> None:
    """Write a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stale() -> None:
    """Write how much longer updates take without `--stale 1` than with it, in turn, if a step takes 10 ms."""
    config = TrainConfig("brisk", engine="mujoco", worlds=64, collectors=1, samples=10**9, rated_bouts=0)
    ratios = []
    for _ in range(3):
        rates = []
        for run in (config, replace(config, stale=1)):
            with training(run) as begun:
                rates.append(per_second(partial(learned, begun)))
        ratios.append(rates[1] / rates[0])
    say(f"training without --stale 1 takes {spread(ratios)} of the time with it")


def small(collectors: int, stale: int) -> TrainConfig:
    """Settings of a run whose physics sleeps."""
    ppo = PpoConfig(rollout=STEPS)
    worlds = WORLDS * collectors
    config = TrainConfig("sleeping", engine="mujoco", worlds=worlds, samples=10**9, rated_bouts=0, ppo=ppo)
    return replace(config, collectors=collectors, stale=stale)


def head() -> None:
    """Write the samples per second that the head can take from the object store, count and learn from."""
    config = TrainConfig("sumo", engine="mujoco", worlds=64, samples=10**9, rated_bouts=0, collectors=1)
    with training(config) as begun:
        [lineage] = begun.lineages
        stored = [ray.put(lineage.collect(begun.scheduled())) for _ in range(2)]

        def feed() -> int:
            before = lineage.learner.samples
            rollouts = [rollout for reference in stored for rollout in ray.get(reference)]
            lineage.learn([replace(rollout, version=lineage._version) for rollout in rollouts])
            return lineage.learner.samples - before

        say(f"head: {per_second(feed):,.0f} samples per second of wall time")
        say(f"head: {per_second(feed, time.process_time):,.0f} samples per second of processor time")


def overhead() -> None:
    """Write how much longer updates take with two collectors than in one process with two workers, in turn."""
    here = TrainConfig("sumo", engine="mujoco", worlds=64, workers=2, samples=10**9, rated_bouts=0)
    with training(here) as one, training(replace(here, workers=1, collectors=2)) as two:
        compare("two collectors take {} of the time of two workers", one, two)


def compare(words: str, one: Training, two: Training) -> None:
    """Write in which share of the time of three updates of `one` those of `two` are made, in turn: median and range."""
    ratios = []
    for _ in range(ROUNDS):
        times = []
        for begun in (one, two):
            update(begun)  # of a collector that plays ahead, this one began to play while the other training ran
            start = time.perf_counter()
            for _ in range(3):
                update(begun)
            times.append(time.perf_counter() - start)
        ratios.append(times[1] / times[0])
    say(words.format(spread(ratios)))


def spread(ratios: Sequence[float]) -> str:
    """Return median, least and greatest of ratios."""
    return f"{np.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"


if __name__ == "__main__":
    register_arena("sleeping", replace(ARENAS["sumo"], id="sleeping_v0", engines={"mujoco": Sleeping}))
    register_arena("brisk", replace(ARENAS["sumo"], id="brisk_v0", engines={"mujoco": Brisk}))
    {"head": head, "growth": growth, "overhead": overhead, "stale": stale}[sys.argv[1]]()
