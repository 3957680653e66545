"""Speed of the batch compared with the bare engine, which replays the same bouts without rules and observations."""

import copy
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics import Engine
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.randomisation import parse
from dohyo.arenas.registry import build_arena, build_engine
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.saved import AnyArray

BLOCK = 10
"""Control steps of a turn of batch and bare engine; short turns let slow moments affect both equally."""
MEGABYTE = 1e6


@dataclass(frozen=True)
class Case:
    """A case to measure."""

    arena: str
    body: str
    engine: str
    worlds: int
    workers: int
    physics: str = ACCURATE
    randomise: tuple[str, ...] = ()
    """What is randomised, see `dohyo.arenas.randomisation.parse`."""


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
    """Speed of the batch over that of the bare engine."""
    mb_per_world: float
    """Memory of the batch and its workers over the number of worlds, MB."""


class Recorder:
    """An engine that records all calls that change it, so that another engine can replay them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.scene, self.worlds, self.workers = engine.name, engine.scene, engine.worlds, engine.workers
        self.frame, self.fixed = engine.frame, engine.fixed
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        """Names of the engine's methods and their arguments, in order."""

    def reset(self, ids: NDArray[np.intp], *state: Array) -> None:
        self._call("reset", ids, *state)

    def step(self, action: Array) -> None:
        self._call("step", action)

    def advance(self, action: Array) -> None:
        self._call("advance", action)

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        self._call("vary", ids, changes)

    def halt(self, ids: NDArray[np.intp]) -> None:
        self._call("halt", ids)

    def push(self, force: Array) -> None:
        self._call("push", force)

    def pace(self, steps: NDArray[np.intp]) -> None:
        self._call("pace", steps)

    def _call(self, name: str, *arguments: Any) -> None:
        self.calls.append((name, copy.deepcopy(arguments)))
        getattr(self._engine, name)(*arguments)

    @property
    def state(self) -> Mapping[str, AnyArray]:
        return self._engine.state

    def settle(self) -> None:
        self._engine.settle()

    def close(self) -> None:
        self._engine.close()


class Duel:
    """A batch and a bare engine of the same scene, which take turns to play the same bouts."""

    def __init__(self, case: Case) -> None:
        rules, engine = _parts(case)
        self.recorder = Recorder(engine)
        self._batch = Batch(rules, self.recorder, randomisation=parse(case.randomise))
        self._batch.reset(seed=0)
        scene = build_arena(case.arena, case.body, physics=case.physics).scene
        # Only the frame needs sensors, and the bare engine does not fill it.
        scene.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_SENSOR
        self._bare = build_engine(case.arena, case.engine, scene, case.worlds, case.workers)

    def turn(self, seed: int) -> tuple[float, float]:
        """Play a block of random actions, then replay it; return the seconds that each took."""
        rng = np.random.default_rng(seed)
        shapes = [(self._batch.worlds, *space.shape) for space in self._batch.action_spaces]
        actions = [[rng.uniform(-1, 1, shape).astype(np.float32) for shape in shapes] for _ in range(BLOCK)]
        start = time.perf_counter()
        for action in actions:
            self._batch.step(action)
        middle = time.perf_counter()
        _replay(self.recorder, self._bare)
        return middle - start, time.perf_counter() - middle

    def close(self) -> None:
        """Release both engines."""
        self._batch.close()
        self._bare.close()


def measure(cases: Sequence[Case], *, blocks: int = 20, tick: Callable[[], None] = lambda: None) -> list[Speed]:
    """Time all cases in turn over `blocks` blocks of random bouts, after a warm-up block.

    Slow moments therefore affect all cases equally, and medians over the blocks remove outliers. `tick` is called after
    every block.
    """
    memory = [footprint(case) for case in cases]
    with ExitStack() as stack:
        duels = [stack.enter_context(closing(Duel(case))) for case in cases]
        times = np.zeros((blocks + 1, len(cases), 2))
        for block in range(blocks + 1):
            for k, duel in enumerate(duels):
                times[block, k] = duel.turn(block)
            tick()
        workers = [duel.recorder.workers for duel in duels]
    typical = np.median(times[1:], axis=0) / BLOCK
    return [
        Speed(
            arena=case.arena,
            body=case.body,
            engine=case.engine,
            worlds=case.worlds,
            workers=used,
            batch_steps_per_s=case.worlds / batch_s,
            engine_steps_per_s=case.worlds / bare_s,
            ratio=bare_s / batch_s,
            mb_per_world=taken / case.worlds / MEGABYTE,
        )
        for case, used, (batch_s, bare_s), taken in zip(cases, workers, typical.tolist(), memory, strict=True)
    ]


def _replay(recorder: Recorder, bare: Engine) -> None:
    """Replay the recorded calls on the bare engine, without refreshing its frame after steps, and clear the record."""
    for name, arguments in recorder.calls:
        getattr(bare, "advance" if name == "step" else name)(*arguments)
    recorder.calls = []


FOOTPRINT = f"import sys; from {__name__} import take; take(sys.argv[1:])"


def footprint(case: Case) -> float:
    """Return the bytes that a batch and its workers take, measured in a fresh process."""
    words = [case.arena, case.body, case.engine, str(case.worlds), str(case.workers), *case.randomise]
    done = subprocess.run([sys.executable, "-P", "-c", FOOTPRINT, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"the process that measures memory failed: {done.stderr.strip().splitlines()[-1]}")
    return float(done.stdout)


def take(words: Sequence[str]) -> None:
    """Build the batch of the case in `words` and print the bytes that it took."""
    arena, body, engine, worlds, workers, *randomise = words
    with closing(Batch(*_parts(Case(arena, body, engine, 1, 1)))):  # loads what a process loads only once
        before, parts = _held(), _parts(Case(arena, body, engine, int(worlds), int(workers)))
        with closing(Batch(*parts, randomisation=parse(randomise))) as batch:
            batch.reset(seed=0)
            sys.stdout.write(f"{_held() - before}")


def _parts(case: Case) -> tuple[Arena, Engine]:
    rules = build_arena(case.arena, case.body, worlds=case.worlds, physics=case.physics)
    return rules, build_engine(case.arena, case.engine, rules.scene, case.worlds, case.workers)


def _held() -> float:
    """Return the bytes that this process and its children hold, with shared pages divided; 0 if unknown."""
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
