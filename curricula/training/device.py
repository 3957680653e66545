"""Training on a device: which runs keep their bouts and updates in the memory of one device."""

from typing import Any

from dohyo.agents.learning.algorithms import check_algorithm
from dohyo.arenas.batch import Batch
from dohyo.arenas.randomisation import OFF
from dohyo.curricula.run.config import TrainConfig

ENGINES = ("warp",)
"""Engines whose worlds live on a device."""


def on_device(config: TrainConfig) -> bool:
    """Return whether a run plays in a device batch; all others play over arrays on the processor.

    Its algorithm has to learn from tensors. Randomisation is for arrays, and collectors send arrays.
    """
    able = check_algorithm(config.algorithm, config.ppo.policy).on_device
    return able and config.engine in ENGINES and config.randomisation == OFF and not config.collectors


def training_batch(config: TrainConfig) -> Batch:
    """Return the batch in which a run's learners play: a device batch, or one over arrays."""
    if not on_device(config):
        return config.make_batch()
    from dohyo.arenas.device import make_device_batch

    scene: Any = (config.arena, config.body, config.engine, config.worlds)
    batch: Any = make_device_batch(*scene, workers=config.workers, drive=config.drive, physics=config.physics)
    return batch  # type: ignore[no-any-return]  # it has the members of a batch that learners and collectors use
