"""A herd of PyBullet worlds, split among the caller and worker processes that share one block of memory with it.

A worker is a fresh Python process, not a fork: it holds no copy of the caller's libraries, and a user's script needs
no `if __name__ == "__main__"`. Commands and answers are single lines over a socket; a worker whose caller is gone
reads the end of the stream and ends.
"""

import json
import mmap
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.bullet.coordinates import Coordinates
from dohyo.arenas.physics.bullet.world import ActorPlan, BulletWorld
from dohyo.arenas.physics.engine import QUANTITIES

START = f"import sys; from {__name__} import main; main(int(sys.argv[1]), int(sys.argv[2]))"

COMMANDS = ("put", "step", "advance", "scale", "push")
"""What a worker can be told: methods of its `Pen`."""


class Block:
    """The shared arrays, each with a row per world.

    Action, state, sensed contacts, a mark of chosen worlds, factors of `QUANTITIES`, and forces on the
    actors' roots.
    """

    def __init__(self, buffer: Any, worlds: int, widths: Sequence[int]) -> None:
        first = 0
        parts = []
        for width in widths:
            parts.append(np.frombuffer(buffer, np.float64, worlds * width, first).reshape(worlds, width))
            first += 8 * worlds * width
        self.action, self.qpos, self.qvel, self.sensed, self.chosen, self.factors, self.force = parts

    @staticmethod
    def size(worlds: int, widths: Sequence[int]) -> int:
        """Bytes that the arrays need."""
        return 8 * worlds * sum(widths)


class Pen:
    """The worlds `[first, last)` of a block, stepped one after another in this process."""

    def __init__(
        self,
        model: mujoco.MjModel,
        actors: Sequence[ActorPlan],
        pairs: Sequence[tuple[int, int]],
        block: Block,
        first: int,
        last: int,
    ) -> None:
        self._coordinates = Coordinates(model, actors)
        rows = slice(first, last)
        self._action, self._sensed, self._chosen = block.action[rows], block.sensed[rows], block.chosen[rows]
        self._qpos, self._qvel = block.qpos[rows], block.qvel[rows]
        self._factors, self._force = block.factors[rows], block.force[rows].reshape(last - first, len(actors), 3)
        self._calm, self._pushed = [None] * (last - first), False
        self._raw = np.zeros((last - first, self._coordinates.width))
        self._worlds = [BulletWorld(model, actors, pairs) for _ in range(first, last)]

    def put(self) -> None:
        chosen = np.flatnonzero(self._chosen[:, 0])
        self._sensed[chosen] = 0
        self._raw[chosen] = self._coordinates.to_raw(self._qpos[chosen], self._qvel[chosen])
        for k in chosen:
            self._worlds[k].put(self._raw[k])

    def step(self) -> None:
        # Each world is read at once after it has moved, while the processor's cache still holds it.
        for world, order, raw, sensed in zip(self._worlds, self._orders(), self._raw, self._sensed, strict=True):
            world.advance(*order)
            world.read(raw, sensed)
        with np.errstate(invalid="ignore", over="ignore"):  # of worlds that have diverged
            self._coordinates.from_raw(self._raw, self._qpos, self._qvel)

    def advance(self) -> None:
        for world, order in zip(self._worlds, self._orders(), strict=True):
            world.advance(*order)

    def _orders(self) -> Iterator[tuple[Array, Array | None]]:
        """Return every world's action and the force to come, which is then gone."""
        forces, self._pushed = self._force if self._pushed else self._calm, False
        return zip(self._action, forces, strict=True)

    def scale(self) -> None:
        for k in np.flatnonzero(self._chosen[:, 0]):
            self._worlds[k].scale(self._factors[k])

    def push(self) -> None:
        self._pushed = True

    def close(self) -> None:
        for world in self._worlds:
            world.close()


class Herd:
    """All worlds of an engine: the first share lives in the caller's own process, each other in a worker's."""

    def __init__(
        self,
        model: mujoco.MjModel,
        actors: Sequence[ActorPlan],
        pairs: Sequence[tuple[int, int]],
        worlds: int,
        workers: int,
    ) -> None:
        widths = [model.nu, model.nq, model.nv, model.nsensor, 1, len(QUANTITIES), 3 * len(actors)]
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
        self._block.factors[:] = 1

    @property
    def state(self) -> tuple[Array, Array, Array]:
        """Positions `[W, nq]`, velocities `[W, nv]` and counts of contacts `[W, sensors]`, refreshed in place."""
        return self._block.qpos, self._block.qvel, self._block.sensed

    def put(self, ids: NDArray[np.intp]) -> None:
        """Place the worlds `ids` as their rows of the state say; a push that was to come is off."""
        self._block.force[ids] = 0
        self._choose(ids)
        self._order("put")

    def scale(self, ids: NDArray[np.intp], factors: Mapping[str, Array]) -> None:
        """Set factors `[n]` of `QUANTITIES` in the worlds `ids`."""
        for name, values in factors.items():
            self._block.factors[ids, QUANTITIES.index(name)] = values
        self._choose(ids)
        self._order("scale")

    def push(self, force: Array) -> None:
        """Push the roots with `force` `[W, S, 3]` N in the next control step."""
        self._block.force[:, : force[0].size] = force.reshape(len(force), -1)  # loose furniture is not pushed
        self._order("push")

    def _choose(self, ids: NDArray[np.intp]) -> None:
        self._block.chosen[:] = 0
        self._block.chosen[ids] = 1

    def step(self, action: Array) -> None:
        """Advance all worlds by a control step and read them."""
        self._block.action[:] = action
        self._order("step")

    def advance(self, action: Array) -> None:
        """Advance all worlds by a control step."""
        self._block.action[:] = action
        self._order("advance")

    def _order(self, command: str) -> None:
        for worker in self._workers:
            worker.tell(command)
        getattr(self._pen, command)()
        self._await()

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
    """Return the core that each worker keeps to; None where there are cores to choose from, or no way to say so.

    All wake at once, and the system often puts two of them, or one and the caller, on one core beside an idle one: a
    seventh of a step (measured with two on two cores).
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
                start_new_session=True,  # Ctrl-C is for the caller, who ends its workers in order
            )
        self._stream = ours.makefile("rwb")
        ours.close()
        binary = np.empty(mujoco.mj_sizeModel(model), np.uint8)
        mujoco.mj_saveModel(model, None, binary)
        self.tell(json.dumps({**order, "model_bytes": len(binary)}))
        self._stream.write(binary.tobytes())
        self._stream.flush()

    def tell(self, line: str) -> None:
        try:
            self._stream.write(line.encode() + b"\n")
            self._stream.flush()
        except OSError:
            self._died()

    def answer(self) -> None:
        try:
            line = self._stream.readline()
        except OSError:
            line = b""
        if line != b"ok\n":
            self._died(line.decode().strip())

    def _died(self, why: str = "") -> None:
        raise EngineError(
            f"a PyBullet worker process ended ({why or 'killed, or out of memory'}): "
            "start again with fewer worlds or workers"
        )

    def close(self) -> None:
        with suppress(OSError):  # what was still to be said to a worker that has died
            self._stream.close()
        self._process.wait()


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
    try:
        actors = [ActorPlan(**actor) for actor in order["actors"]]
        pen = Pen(model, actors, [(a, b) for a, b in order["pairs"]], block, *order["rows"])
        commands = {name: getattr(pen, name) for name in COMMANDS}
        stream.write(b"ok\n")
        stream.flush()
        while line := stream.readline():
            commands[line.decode().strip()]()
            stream.write(b"ok\n")
            stream.flush()
    except ConnectionError:
        return
    except Exception as error:
        with suppress(ConnectionError):
            stream.write(f"{type(error).__name__}: {error}".replace("\n", " ").encode() + b"\n")
            stream.flush()
