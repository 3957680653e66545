"""A herd: PyBullet worlds, split among the caller and worker processes that share one block of memory.

A worker is a fresh Python process, not a fork: it holds no copy of the caller's libraries, and a user's script needs
no `if __name__ == "__main__"`. Commands and answers are single lines over a socket. Each has the command's number, so
that an answer to an interrupted command is not mistaken for the next answer. A worker ends when its stream ends, as it
does when the caller is gone.
"""

import json
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.bullet.pen import COMMANDS, Block, Pen
from dohyo.arenas.physics.bullet.world import ActorPlan
from dohyo.arenas.physics.quantities import places, unvaried

START = f"import sys; from {__name__} import main; main(int(sys.argv[1]), int(sys.argv[2]))"


class Herd:
    """All worlds of an engine: the first share lives in the caller's process, each other share in a worker's."""

    def __init__(
        self,
        model: mujoco.MjModel,
        actors: Sequence[ActorPlan],
        pairs: Sequence[tuple[int, int]],
        worlds: int,
        workers: int,
    ) -> None:
        neutral, self._places = unvaried(model), places(model)
        widths = [model.nu, model.nq, model.nv, model.nsensor, 1, len(neutral), 3 * len(actors), 1]
        own, *others = pairwise(np.linspace(0, worlds, workers + 1).astype(int).tolist())
        plan = {"actors": [asdict(actor) for actor in actors], "pairs": pairs, "worlds": worlds, "widths": widths}
        with tempfile.TemporaryFile() as file:
            file.truncate(Block.size(worlds, widths))
            self._block = Block(mmap.mmap(file.fileno(), 0), worlds, widths)
            self._workers = [
                _Worker({**plan, "rows": rows, "core": core}, model, file.fileno())
                for rows, core in zip(others, _homes(len(others)), strict=True)
            ]
        self._pen = Pen(model, actors, pairs, self._block, *own)
        self._await()
        self._block.varied[:] = neutral
        self._busy = False
        """Whether a command is running; still true at the next command if this one was interrupted."""

    @property
    def state(self) -> tuple[Array, Array, Array]:
        """Positions `[W, nq]`, velocities `[W, nv]` and counts of contacts `[W, sensors]`, refreshed in place."""
        return self._block.qpos, self._block.qvel, self._block.sensed

    def put(self, ids: NDArray[np.intp], qpos: Array, qvel: Array) -> None:
        """Put the worlds `ids` `[n]` into states `[n, nq]`, `[n, nv]`, and cancel their push."""
        self._settle()
        self._block.qpos[ids], self._block.qvel[ids] = qpos, qvel
        self._block.force[ids] = 0
        self._choose(ids)
        self._order("put")

    def vary(self, ids: NDArray[np.intp], changes: Mapping[str, Array]) -> None:
        """Set quantities by name in the worlds `ids` `[n]`, see `Engine.vary`."""
        self._settle()
        for name, values in changes.items():
            self._block.varied[ids, self._places[name]] = values.reshape(len(ids), -1)
        self._choose(ids)
        self._order("vary")

    def halt(self, ids: NDArray[np.intp]) -> None:
        """Leave the worlds `ids` `[n]` out of all steps until the next `put`."""
        self._settle()
        self._choose(ids)
        self._order("halt")

    def push(self, force: Array) -> None:
        """Push the roots with `force` `[W, S, 3]` N in the next control step."""
        self._settle()
        self._block.force[:, : force[0].size] = force.reshape(len(force), -1)  # loose furniture is not pushed
        self._order("push")

    def pace(self, steps: NDArray[np.intp]) -> None:
        """Let each world make `steps` `[W]` of the scene's physics steps in the next control step."""
        self._settle()
        self._block.steps[:, 0] = steps
        self._order("pace")

    def _choose(self, ids: NDArray[np.intp]) -> None:
        self._block.chosen[:] = 0
        self._block.chosen[ids] = 1

    def step(self, action: Array) -> None:
        """Advance all worlds by one control step under `action` `[W, nu]` and read their states."""
        self._settle()
        self._block.action[:] = action
        self._order("step")

    def advance(self, action: Array) -> None:
        """Advance all worlds by one control step under `action` `[W, nu]`, without reading their states."""
        self._settle()
        self._block.action[:] = action
        self._order("advance")

    def _settle(self) -> None:
        """Wait for workers that still run an interrupted command: they would write into the block at any time."""
        if self._busy:
            self._order("rest")

    def _order(self, command: str) -> None:
        self._busy = True
        for worker in self._workers:
            worker.tell(command)
        getattr(self._pen, command)()
        self._await()
        self._busy = False

    def _await(self) -> None:
        for worker in self._workers:
            worker.answer()

    def close(self) -> None:
        """End the worlds of this process, and the workers."""
        self._pen.close()
        for worker in self._workers:
            worker.close()
        self._workers = []


def _homes(workers: int) -> Sequence[int | None]:
    """Return the core to pin each worker to: None for all unless there is one core per process and pinning works.

    Without pinning, the system often wakes two processes on one core next to an idle core, which costs a seventh of a
    step (measured with two processes on two cores).
    """
    _, *others = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    return others if len(others) == workers else [None] * workers


class _Worker:
    """The caller's end of one worker process."""

    def __init__(self, order: dict[str, Any], model: mujoco.MjModel, memory: int) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", START, str(theirs.fileno()), str(memory)],
                pass_fds=[theirs.fileno(), memory],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches only the caller, which then ends its workers
            )
        self._stream = ours.makefile("rwb")
        ours.close()
        self._end = weakref.finalize(self, _dismiss, self._stream.close, self._process)
        self._number = 0
        """Number of the last command."""
        binary = np.empty(mujoco.mj_sizeModel(model), np.uint8)
        mujoco.mj_saveModel(model, None, binary)
        self._send(json.dumps({**order, "model_bytes": len(binary)}).encode() + b"\n" + binary.tobytes())

    def tell(self, command: str) -> None:
        self._number += 1
        self._send(f"{self._number} {command}\n".encode())

    def _send(self, message: bytes) -> None:
        try:
            self._stream.write(message)
            self._stream.flush()
        except OSError:
            self._died()

    def answer(self) -> None:
        """Wait for the answer to the last command; drop answers to earlier, interrupted commands."""
        number = -1
        while number < self._number:
            try:
                line = self._stream.readline().decode()
            except OSError:
                line = ""
            answered, _, said = line.partition(" ")
            if said != "ok\n":
                self._died(said.strip())
            number = int(answered)

    def _died(self, why: str = "") -> None:
        raise EngineError(
            f"a PyBullet worker process ended ({why or 'killed, or out of memory'}): "
            "start again with fewer worlds or workers"
        )

    def close(self) -> None:
        self._end()


def _dismiss(close: Callable[[], None], process: subprocess.Popen[bytes]) -> None:
    """End a worker, on `close` or when its `_Worker` is garbage-collected."""
    with suppress(OSError):  # a dead worker cannot take unsent commands
        close()
    process.wait()


def main(socket_number: int, memory: int) -> None:
    """Serve the caller's commands until the stream ends."""
    stream = socket.socket(fileno=socket_number).makefile("rwb")
    order = json.loads(stream.readline())
    if order["core"] is not None:
        os.sched_setaffinity(0, {order["core"]})
    binary = stream.read(order["model_bytes"])
    model = mujoco.MjModel.from_binary_path("scene.mjb", {"scene.mjb": binary})
    block = Block(mmap.mmap(memory, 0), order["worlds"], order["widths"])
    os.close(memory)
    number = b"0"
    try:
        actors = [ActorPlan(**actor) for actor in order["actors"]]
        pen = Pen(model, actors, [(a, b) for a, b in order["pairs"]], block, *order["rows"])
        commands = {name: getattr(pen, name) for name in COMMANDS}
        stream.write(number + b" ok\n")
        stream.flush()
        while line := stream.readline():
            number, command = line.split()
            commands[command.decode()]()
            stream.write(number + b" ok\n")
            stream.flush()
    except ConnectionError:
        return
    except Exception as error:
        with suppress(ConnectionError):
            stream.write(number + f" {type(error).__name__}: {error}".replace("\n", " ").encode() + b"\n")
            stream.flush()
