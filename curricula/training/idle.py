"""A batch that is never stepped: it has the shapes of a run's bouts, for a process that does not play them."""

from typing import cast

from dohyo.arenas.batch import Batch
from dohyo.arenas.physics import Engine
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.registry import build_arena
from dohyo.curricula.run.config import TrainConfig


class _NoPhysics:
    """In place of an engine: a scene and a number of worlds, and nothing in them."""

    fixed: frozenset[str] = frozenset()

    def __init__(self, scene: Scene, worlds: int) -> None:
        self.scene, self.worlds = scene, worlds

    def close(self) -> None:
        """Release nothing."""


def idle_batch(config: TrainConfig) -> Batch:
    """Return a batch of the run's arena and number of worlds without an engine: only its shapes can be used."""
    rules = build_arena(config.arena, config.body, worlds=config.worlds, drive=config.drive, physics=config.physics)
    return Batch(rules, cast(Engine, _NoPhysics(rules.scene, config.worlds)), randomisation=config.randomisation)
