"""Probe: control steps of sumo ants on MuJoCo, random actions, one thread. Argument: seconds.

Figures, all processor time of a control step of one world, us: the bare engine on one world, `parallel_env` in a
Python loop, a batch of 64 worlds; and the speeds of the latter two over the engine's.
"""

import sys
import time
from collections.abc import Callable
from statistics import median

import mujoco
import numpy as np
from numpy.typing import ArrayLike
from probing import tell

from dohyo.arenas import make_batch, sumo_v0

WORLDS, ACTIONS, RESTART = 64, 50, 150
"""Worlds of the batch; distinct actions; control steps after which the bare engine's world starts again."""


def engine() -> Callable[[int], None]:
    """Return a step of the bare engine: five physics steps of one world, without rules or observations."""
    batch = make_batch("sumo", body="ant", engine="mujoco", worlds=WORLDS, workers=1)
    batch.reset(seed=0)
    model = batch.arena.scene.model
    data, rng = mujoco.MjData(model), np.random.default_rng(0)
    controls = [rng.uniform(-1, 1, model.nu) for _ in range(ACTIONS)]
    states = [getattr(batch.engine, name).copy() for name in ("_qpos", "_qvel")]

    def step(k: int) -> None:
        if k % RESTART == 0:
            mujoco.mj_resetData(model, data)
            data.qpos[:], data.qvel[:] = (rows[k // RESTART % WORLDS] for rows in states)
            mujoco.mj_forward(model, data)
        data.ctrl[:] = controls[k % ACTIONS]
        mujoco.mj_step(model, data, 5)

    return step


def view() -> Callable[[int], None]:
    """Return a step of PettingZoo's view, with a reset at the end of a bout."""
    env, rng = sumo_v0.parallel_env(body="ant", engine="mujoco"), np.random.default_rng(0)
    env.reset(seed=0)
    actions: list[dict[str, ArrayLike]] = [
        {a: rng.uniform(-1, 1, 8).astype(np.float32) for a in env.possible_agents} for _ in range(ACTIONS)
    ]

    def step(k: int) -> None:
        env.step(actions[k % ACTIONS])
        if not env.agents:
            env.reset()

    return step


def batch() -> Callable[[int], None]:
    """Return a step of a batch."""
    worlds = make_batch("sumo", body="ant", engine="mujoco", worlds=WORLDS, workers=1)
    worlds.reset(seed=0)
    rng = np.random.default_rng(0)
    actions = [[rng.uniform(-1, 1, (WORLDS, 8)).astype(np.float32) for _ in range(2)] for _ in range(ACTIONS)]

    def step(k: int) -> None:
        worlds.step(actions[k % ACTIONS])

    return step


def main() -> None:
    """Step the three in turn and print medians over the turns."""
    steps, times, turn = [engine(), view(), batch()], list[list[float]](), 0
    counts = [320, 160, 5]  # about as long as each other
    end = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < end or len(times) < 2:
        row = []
        for step, count in zip(steps, counts, strict=True):
            start = time.process_time()
            for k in range(turn * count, (turn + 1) * count):
                step(k)
            row.append((time.process_time() - start) / count * 1e6)
        row[2] /= WORLDS
        times.append(row)
        turn += 1
    bare, loop, many = (median(column) for column in zip(*times[1:], strict=True))
    tell(engine_us=bare, parallel_env_us=loop, batch_us=many, parallel_env_ratio=bare / loop, batch_ratio=bare / many)


if __name__ == "__main__":
    main()
