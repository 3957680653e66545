"""The warp engine over growing numbers of worlds: compilation, agreement, repeatability, speed, memory, training."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.physics.warp_engine import WarpEngine
from dohyo.arenas.registry import build_arena, build_engine
from dohyo.arenas.rules.dice import Dice
from dohyo.curricula.bench.training_speed import measure_training
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.presets import read_preset

COUNTS = {"cuda": (1024, 2048, 4096, 8192, 16384, 32768), "cpu": (4, 16)}
"""Numbers of worlds by device."""
STEPS = {"cuda": 50, "cpu": 5}
"""Control steps to time per number of worlds, by device."""
TIGHT = 1e-10
"""Tolerance of the solver for the comparison with MuJoCo in C; the scenes' own would hide errors."""
COMPARED = 4
"""Worlds that are compared."""


@dataclass(frozen=True)
class Row:
    """Speed at one number of worlds; a step is one control step of one world."""

    worlds: int
    engine_steps_per_s: float
    """The bare engine."""
    batch_steps_per_s: float
    """With rules, observations and resets, on the device too."""
    mb_per_world: float
    """Memory on the device."""


@dataclass(frozen=True)
class Sweep:
    """What `sweep` measured."""

    arena: str
    body: str
    device: str
    first_step_s: float
    """Time to build, reset and step the first batch, with compilation unless the kernels are in Warp's cache."""
    agreement: float
    """Largest difference from MuJoCo in C of a position after one control step, m or rad."""
    repeats: bool
    """Whether two batches of one seed play the same, bit for bit, and a world plays what it plays alone."""
    rows: tuple[Row, ...]
    training_worlds: int = 0
    """Number of worlds in the training below; 0 without training."""
    rollouts: float = 0.0
    """Samples per second of rollouts alone, on the device."""
    updates: float = 0.0
    """Samples per second of updates alone, on the device."""
    training: float = 0.0
    """Samples per second of whole training on the device, with the settings of the preset `gpu`."""
    training_on_cores: float = 0.0
    """The same with `engine="mujoco"` and the worlds of the command on all cores."""


def sweep(config: TrainConfig, generations: int, tick: Callable[[], None] = lambda: None) -> Sweep:
    """Measure the warp engine on a scene, and training over `generations` generations, unless that is 0.

    `tick` is called after every number of worlds. Raises `ConfigError` for another engine, `EngineError` without
    MuJoCo Warp.
    """
    if config.engine != "warp":
        raise ConfigError(f"a sweep measures the warp engine, not {config.engine}")
    start = time.perf_counter()
    _play(config, 1, 0, 1)
    first = time.perf_counter() - start
    device = _device(config)
    rows = []
    for worlds in COUNTS[device]:
        rows.append(_row(config, worlds, STEPS[device]))
        tick()
    together = _play(config, COMPARED, 0, 20)
    repeats = np.array_equal(together, _play(config, COMPARED, 0, 20))
    repeats &= np.array_equal(together[:, 1], _play(config, 1, 1, 20)[:, 0])
    return Sweep(
        config.arena,
        config.body,
        device,
        first_step_s=first,
        agreement=agreement(config),
        repeats=bool(repeats),
        rows=tuple(rows),
        **(_trained(config, device, generations) if generations else {}),
    )


def _trained(config: TrainConfig, device: str, generations: int) -> dict[str, Any]:
    """Return the figures of training on the device, as the preset `gpu` trains there, and on all cores."""
    settings = read_preset("gpu").settings
    gpu = replace(config, **settings | {"ppo": replace(config.ppo, **settings["ppo"])})
    here = measure_training(gpu if device == "cuda" else replace(gpu, worlds=COUNTS[device][0]), generations)
    cores = measure_training(replace(config, engine="mujoco"), generations)
    names = {"training_worlds": here.worlds, "rollouts": here.rollouts, "updates": here.updates}
    return names | {"training": here.training, "training_on_cores": cores.training}


def agreement(config: TrainConfig) -> float:
    """Return the largest difference of positions from MuJoCo in C, m or rad, after a control step of random actions."""
    rng, states = np.random.default_rng(0), []
    arena = build_arena(config.arena, config.body, worlds=COMPARED, drive=config.drive, physics=config.physics)
    arena.scene.model.opt.tolerance = TIGHT
    ids = np.arange(COMPARED)
    start, action = arena.spawn(ids, Dice(range(COMPARED))), rng.uniform(-1, 1, (COMPARED, arena.scene.model.nu))
    for name in ("mujoco", "warp"):
        with closing(build_engine(config.arena, name, arena.scene, COMPARED)) as engine:
            engine.reset(ids, *start[:2])
            engine.step(action)
            frame = engine.frame
            positions = [frame.root_position.reshape(COMPARED, -1), *frame.joint_angle]
            states.append(np.concatenate(positions, axis=1))
    return float(np.abs(states[0] - states[1]).max())


def _device(config: TrainConfig) -> str:
    """Return the device on which the engine runs."""
    with closing(config.make_batch(1)) as batch:
        assert isinstance(batch.engine, WarpEngine)
        return batch.engine.device


def _row(config: TrainConfig, worlds: int, steps: int) -> Row:
    from dohyo.arenas.device import make_device_batch

    scene = (config.arena, config.body, config.engine, worlds)
    with closing(make_device_batch(*scene, drive=config.drive, physics=config.physics)) as batch:
        engine, rng = batch.engine.host, np.random.default_rng(0)
        assert isinstance(engine, WarpEngine)
        batch.reset(0)
        actions = [rng.uniform(-1, 1, (worlds, *space.shape)) for space in batch.action_spaces]
        tensors, whole = batch.tensors(actions), np.concatenate(actions, axis=1)
        batch_s = _timed(lambda: batch.step(tensors), steps, engine.wait)
        bare_s = _timed(lambda: engine.advance(whole), steps, engine.wait)
        return Row(worlds, worlds / bare_s, worlds / batch_s, engine.memory() / worlds / 1e6)


def _timed(step: Callable[[], object], steps: int, wait: Callable[[], None]) -> float:
    """Return the mean seconds of a step, after one that is not counted; `wait` returns once the device is idle."""
    step()
    wait()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    wait()
    return (time.perf_counter() - start) / steps


def _play(config: TrainConfig, worlds: int, seed: int, steps: int) -> Array:
    """Return the observations `[steps, W, obs]` of random play in which a world's actions depend only on its seed."""
    with closing(config.make_batch(worlds)) as batch:
        batch.reset(seed)
        dice = [np.random.default_rng(seed + w) for w in range(worlds)]
        played = []
        for _ in range(steps):
            step = batch.step([_actions(dice, space.shape[0]) for space in batch.action_spaces])
            played.append(np.concatenate(step.observation, axis=1))
        return np.array(played)


def _actions(dice: Sequence[np.random.Generator], size: int) -> Array:
    return np.stack([rng.uniform(-1, 1, size) for rng in dice])
