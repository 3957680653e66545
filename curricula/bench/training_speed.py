"""Speed of training compared with its two halves: rollouts alone and updates alone."""

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training


@dataclass(frozen=True)
class TrainingSpeed:
    """Speed of training in samples per second; a sample is one control step of one learning seat."""

    arena: str
    body: str
    engine: str
    worlds: int
    policy: str
    rollouts: float
    """Speed of rollouts alone."""
    updates: float
    """Speed of updates alone."""
    training: float
    """Speed of whole training as in `dohyo train`: rollouts, updates, snapshots, checkpoints and ratings."""
    share: float
    """`training` over the slower half."""


def measure_training(config: TrainConfig, generations: int) -> TrainingSpeed:
    """Time the halves alone, then training over `generations` generations in a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        with (
            closing(RunFolder.create_or_resume(Path(scratch) / "halves", config)) as folder,
            closing(Training(folder)) as halves,
        ):
            rollouts, updates = time_halves(halves, generations)
            samples = samples_per_generation(halves) * generations
        limited = replace(config, minutes=None, samples=samples)
        with closing(RunFolder.create_or_resume(Path(scratch) / "whole", limited)) as folder:
            training = Training(folder)
            start = time.perf_counter()
            training.run()
            whole = training.progress().samples / (time.perf_counter() - start)
    return TrainingSpeed(
        arena=config.arena,
        body=config.body,
        engine=config.engine,
        worlds=config.worlds,
        policy=config.ppo.policy,
        rollouts=rollouts,
        updates=updates,
        training=whole,
        share=whole / min(rollouts, updates),
    )


def samples_per_generation(training: Training) -> int:
    """Return the samples that one generation of every learner takes."""
    slots = sum(lineage.collector.vec.num_envs for lineage in training.lineages)
    return slots * training.config.ppo.rollout * training.config.updates


def time_halves(training: Training, rounds: int) -> tuple[float, float]:
    """Return samples per second of rollouts alone and of updates alone, for a run that has not begun."""
    training.start_chains()
    lineage = training.lineages[0]
    lineage.improve(training.scheduled, lambda: None)  # a warm-up
    first, seconds = lineage.learner.samples, [0.0, 0.0]
    for _ in range(rounds * training.config.updates):
        scheduled, start = training.scheduled(), time.perf_counter()
        rollouts = lineage.collect(scheduled)
        middle = time.perf_counter()
        lineage.learn(rollouts)
        times = middle - start, time.perf_counter() - middle
        seconds = [total + one for total, one in zip(seconds, times, strict=True)]
    samples = lineage.learner.samples - first
    return samples / seconds[0], samples / seconds[1]
