"""Speed of the batch next to the bare engine: the same bouts, replayed without rules and observations."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.batch import Batch
from dohyo.arenas.physics import Engine, make_engine
from dohyo.arenas.physics.frame import Array
from dohyo.arenas.registry import build_arena

BLOCK = 10
"""Control steps after which batch and bare engine take turns, so that a slow moment of the machine hits both."""
MEGABYTE = 1e6


@dataclass(frozen=True)
class Speed:
    """One line of the benchmark; a step is one control step of one world."""

    arena: str
    body: str
    engine: str
    worlds: int
    workers: int
    batch_steps_per_s: float
    engine_steps_per_s: float
    ratio: float
    """Batch over bare engine."""
    mb_per_world: float
    """Memory that the batch took, workers' included, over the number of worlds."""


class Recorder:
    """An engine that notes what it is told, so that another can be told the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.scene, self.worlds, self.workers = engine.name, engine.scene, engine.worlds, engine.workers
        self.frame = engine.frame
        self.resets: list[tuple[int, NDArray[np.intp], Array, Array]] = []
        self.actions: list[Array] = []

    def reset(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        self.resets.append((len(self.actions), ids.copy(), qpos, qvel))
        self._engine.reset(ids, qpos, qvel)

    def step(self, action: Array) -> None:
        self.actions.append(action.copy())
        self._engine.step(action)

    def advance(self, action: Array) -> None:
        self._engine.advance(action)

    def close(self) -> None:
        self._engine.close()


def measure(
    arena: str, body: str, engine: str, worlds: int, workers: int | None, *, blocks: int = 20, drive: str = "target"
) -> Speed:
    """Play `blocks` blocks of random bouts in a batch and replay each at once on a bare engine of the same scene."""
    before = memory()
    rules = build_arena(arena, body, worlds=worlds, drive=drive)
    recorder = Recorder(make_engine(engine, rules.scene, worlds, workers))
    batch = Batch(rules, recorder)
    batch.reset(seed=0)
    taken = memory() - before
    bare_scene = build_arena(arena, body, drive=drive).scene
    # The sensors are there for the frame; the bare engine does not read it.
    bare_scene.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_SENSOR
    bare = make_engine(engine, bare_scene, worlds, workers)
    try:
        times = np.array([_take_turns(batch, recorder, bare, seed) for seed in range(blocks + 1)])[1:]
    finally:
        batch.close()
        bare.close()
    batch_s, bare_s = times.sum(axis=0) / (blocks * BLOCK * worlds)
    return Speed(
        arena=arena,
        body=body,
        engine=engine,
        worlds=worlds,
        workers=recorder.workers,
        batch_steps_per_s=1 / batch_s,
        engine_steps_per_s=1 / bare_s,
        ratio=bare_s / batch_s,
        mb_per_world=taken / worlds / MEGABYTE,
    )


def _take_turns(batch: Batch, recorder: Recorder, bare: Engine, seed: int) -> tuple[float, float]:
    """Play a block, then replay it; return the seconds that each took. The first block warms up."""
    rng = np.random.default_rng(seed)
    shapes = [(batch.worlds, *space.shape) for space in batch.action_spaces]
    actions = [[rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes] for _ in range(BLOCK)]
    start = time.perf_counter()
    for action in actions:
        batch.step(action)
    middle = time.perf_counter()
    _replay(recorder, bare)
    return middle - start, time.perf_counter() - middle


def _replay(recorder: Recorder, bare: Engine) -> None:
    """Tell the bare engine what the recorder noted, and forget it."""
    resets = iter(recorder.resets)
    due = next(resets, None)
    for k in range(len(recorder.actions) + 1):
        while due is not None and due[0] == k:
            bare.reset(*due[1:])
            due = next(resets, None)
        if k < len(recorder.actions):
            bare.advance(recorder.actions[k])
    recorder.resets, recorder.actions = [], []


def memory() -> float:
    """Return the bytes that this process and its children hold, shared pages counted by share; 0 where unknown."""
    total = 0
    for process in [os.getpid(), *_children()]:
        rollup = Path(f"/proc/{process}/smaps_rollup")
        if rollup.exists():
            lines = rollup.read_text().splitlines()
            total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return float(total)


def _children() -> list[int]:
    tasks = Path("/proc/self/task")
    lists = [task / "children" for task in tasks.iterdir()] if tasks.exists() else []
    return [int(number) for file in lists if file.exists() for number in file.read_text().split()]
