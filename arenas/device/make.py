"""Build a device batch by the names of its parts."""

import torch

from dohyo.arenas.arrays import Movable
from dohyo.arenas.batch import Batch
from dohyo.arenas.checks import share, whole
from dohyo.arenas.device.batch import DeviceBatch
from dohyo.arenas.device.engines import DeviceEngine, HostEngine
from dohyo.arenas.device.warp import WarpTensors
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics import Engine
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.physics.warp_engine import WarpEngine, choose_device
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.registry import build_arena, build_engine, set_up


def make_device_batch(
    arena: str,
    body: str | None = None,
    engine: str | None = None,
    worlds: int = 64,
    *,
    device: str | None = None,
    workers: int | None = None,
    drive: str | None = None,
    physics: str | None = None,
    alpha: float = 0.0,
    max_cycles: int | None = None,
    autoreset: bool = True,
    randomisation: Randomisation = OFF,
    push: Push | None = None,
) -> DeviceBatch:
    """Build a device batch of `worlds` worlds of `arena`, every seat taken by `body`.

    `engine` is "warp" by default; other engines compute on the host, and copy actions and states in every step.
    `device` is "cuda" or "cpu", by default that of the environment variable `DOHYO_DEVICE`, or a GPU if one is there.
    The rest is as in `dohyo.arenas.make_batch`. Raises `UnknownName`, `EngineError`, and `ConfigError` for what works
    over numpy arrays alone: randomisation, pushes, and some arenas.
    """
    if randomisation != OFF or push is not None:
        raise ConfigError("a device batch has no randomisation and no pushes yet: use make_batch()")
    worlds, alpha = whole("worlds", worlds, 1), share("alpha", alpha)
    setup = set_up(arena, body, engine or "warp", drive, physics)
    rules = build_arena(arena, body, worlds=worlds, drive=drive, physics=physics, max_cycles=max_cycles)
    host = _engine(arena, setup.engine, rules.scene, worlds, workers, device)
    if not isinstance(rules, Movable) or type(host.frame) is not Frame:
        host.close()
        raise ConfigError(f"arena {arena!r} works over numpy arrays alone: use make_batch()")
    return DeviceBatch(Batch(rules, host, alpha=alpha, autoreset=autoreset), _over_tensors(host, device))


def _engine(arena: str, name: str, scene: Scene, worlds: int, workers: int | None, device: str | None) -> Engine:
    """Build the engine over numpy arrays."""
    if name == WarpEngine.name:
        return WarpEngine(scene, worlds, 1, device)
    return build_engine(arena, name, scene, worlds, workers)


def _over_tensors(host: Engine, device: str | None) -> DeviceEngine:
    """Return the same engine over tensors."""
    if isinstance(host, WarpEngine):
        return WarpTensors(host)
    return HostEngine(host, torch.device(choose_device(torch.cuda.is_available(), device)))
