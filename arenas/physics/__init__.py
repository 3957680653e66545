"""Physics engines behind one interface, `Engine`, chosen by name from the table `ENGINES`."""

import importlib.util
import os
from collections.abc import Callable, Mapping

from dohyo.arenas.checks import whole
from dohyo.arenas.errors import lookup
from dohyo.arenas.physics.bullet.engine import BulletEngine
from dohyo.arenas.physics.engine import Engine
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.mujoco_engine import ThreadEngine
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.physics.warp_engine import WarpEngine

__all__ = ["DEFAULT_ENGINE", "ENGINES", "Constructor", "Engine", "Frame", "cores", "is_installed", "make_engine"]

Constructor = Callable[[Scene, int, int], Engine]
ENGINES: dict[str, Constructor] = {"pybullet": BulletEngine, "mujoco": ThreadEngine, "warp": WarpEngine}
"""Constructors of engines by name; arguments are scene, worlds and workers."""

PACKAGES = {"pybullet": "pybullet", "warp": "mujoco_warp"}
"""The package that an engine needs, where Dohyo works without it."""

FEW = 4
"""Up to this number of worlds an engine runs in the caller's thread: waking others costs more than it saves."""


def is_installed(engine: str) -> bool:
    """Tell whether the package that an engine needs is there."""
    return engine not in PACKAGES or importlib.util.find_spec(PACKAGES[engine]) is not None


DEFAULT_ENGINE = next(filter(is_installed, ENGINES))
"""The first engine that is installed, for arenas that run on all."""


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_engine(
    name: str, scene: Scene, worlds: int, workers: int | None = None, engines: Mapping[str, Constructor] = ENGINES
) -> Engine:
    """Build the engine `name`; `workers` defaults to one per core, or to one for up to `FEW` worlds.

    Raises `UnknownName` for an engine that is not in `engines`, `EngineError` for one that is not installed,
    `ConfigError` for fewer than one world or worker.
    """
    build = lookup(engines, name, "engine")
    worlds = whole("worlds", worlds, 1)
    if workers is None:
        workers = 1 if worlds <= FEW else cores()
    return build(scene, worlds, min(whole("workers", workers, 1), worlds))
