"""Test doubles: a batch without physics, small snapshots, a small run."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from gymnasium.spaces import Box
from numpy.typing import ArrayLike, NDArray

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.snapshot import Origin, Part, Snapshot, load_named, make_snapshot
from dohyo.arenas.batch import Batch
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.registry import ARENAS
from dohyo.arenas.rules.arena import Arena, observation_size
from dohyo.arenas.step import Finished, Step
from dohyo.curricula.opponents.ledger import Known, Ledger
from dohyo.curricula.opponents.matchmaker import Matchmaker
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

FloatArray = NDArray[np.float32]

PART = Part(arena="sumo", role="sumo", body="ant", drive="target", layout="01234567")
ORIGIN = Origin(part=PART, observation=3, action=2, engine="mujoco", generation=4, samples=5, seed=6)


def network(observation: int = 3, action: int = 2, width: int = 4, seed: int = 0) -> dict[str, FloatArray]:
    """Tensors of a network with one hidden layer."""
    rng = np.random.default_rng(seed)
    shapes = {
        "mean": (observation,),
        "weight_0": (width, observation),
        "bias_0": (width,),
        "weight_1": (action, width),
        "bias_1": (action,),
        "log_std": (action,),
    }
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return tensors | {"variance": rng.uniform(0.5, 2, observation).astype(np.float32)}


def snapshot(seed: int = 0, **changes: Any) -> Snapshot:
    """A snapshot of `network(seed=seed)`; `changes` go into its origin."""
    return make_snapshot(replace(ORIGIN, **changes), network(seed=seed))


def pusher(push: float) -> Snapshot:
    """A snapshot with a given push in a `StubBatch`, without noise."""
    tensors = {name: np.zeros_like(tensor) for name, tensor in network().items()}
    tensors["variance"] += 1
    tensors["log_std"] -= 30
    tensors["bias_1"] += np.float32(push)
    return make_snapshot(ORIGIN, tensors)


class Constant:
    """A policy with a constant action."""

    memory = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        return np.full((len(observation), 2), self.value, np.float32)


class StubBatch(Batch):
    """A batch without physics.

    World w's bouts last `lengths[w]` steps, in turn, over and over. The side that pushes hardest in the last step (the
    largest first entry of an action) wins; equal is a draw. A seat sees (world, seat, 1000 * bout + step). A step pays
    seat s of world w 10 * w + s. Seat s leaves bouts of world w after `leave[w, s]` steps. `taken` keeps what was done,
    `[S, W, act]` per step.
    """

    diverged = 0

    def __init__(
        self,
        lengths: Sequence[Sequence[int]],
        sides: Sequence[int] = (0, 1),
        leave: Mapping[tuple[int, int], int] | None = None,
    ) -> None:
        self.worlds, self._lengths = len(lengths), lengths
        self.endings = ("pushed", "even")
        self.observation_spaces = (Box(-np.inf, np.inf, (3,), np.float32),) * len(sides)
        self.action_spaces = (Box(-1, 1, (2,), np.float32),) * len(sides)
        self.alpha = 0.0
        self.taken: list[NDArray[np.float32]] = []
        self.closed = False
        seats = tuple(f"sumo_{s}" for s in range(len(sides)))
        self.arena: Any = SimpleNamespace(roles=("sumo",) * len(sides), seats=seats, sides=tuple(sides))
        self.randomiser: Any = SimpleNamespace(drawn=np.zeros((self.worlds, 0), np.float32))
        self._step = np.zeros(self.worlds, np.intp)
        self._bout = np.zeros(self.worlds, np.intp)
        self._halted = np.zeros(self.worlds, bool)
        self._leave = np.full((self.worlds, len(sides)), 10**6)
        for place, step in (leave or {}).items():
            self._leave[place] = step
        self._observation = tuple(np.zeros((self.worlds, 3), np.float32) for _ in sides)

    @property
    def out(self) -> NDArray[np.bool_]:
        return self._leave <= self._step[:, None]

    def reset(self, seed: int | None = None) -> tuple[FloatArray, ...]:
        self._step[:], self._bout[:], self._halted[:] = 0, 0, False
        self._look()
        return self._observation

    def step(self, actions: Sequence[ArrayLike]) -> Step:
        self.taken.append(np.array(actions, np.float32))
        self._step += 1
        ends = np.array([turns[int(b) % len(turns)] for turns, b in zip(self._lengths, self._bout, strict=True)])
        done, out = (self._step >= ends) & ~self._halted, self.out
        over = np.flatnonzero(done)
        push = self.taken[-1][:, over, 0]
        winner, seats = self.judge(push), len(self.action_spaces)
        self._look()
        finished = Finished(
            ids=over,
            observation=tuple(o[over] for o in self._observation),
            winner=winner,
            ending=(winner < 0).astype(np.intp),
            steps=self._step[over],
            left=np.minimum(self._leave[over], self._step[over, None]),
            dense=np.zeros((len(over), seats)),
            outcome=np.zeros((len(over), seats)),
        )
        self._bout[over] += 1
        self._step[over] = 0
        self._look()
        pay = np.add.outer(10.0 * np.arange(self.worlds), np.arange(float(seats)))
        return Step(self._observation, pay, pay, np.zeros_like(pay), {}, done, out, finished)

    def halt(self, ids: NDArray[np.intp]) -> None:
        self._halted[ids] = True

    def judge(self, push: FloatArray) -> NDArray[np.intp]:
        """Return who wins bouts that end with these pushes, `[S, n]`."""
        hardest = push == push.max(axis=0)
        sides = np.array(self.arena.sides)[:, None]
        first = np.where(hardest, sides, len(push)).min(axis=0)
        return np.where(first == np.where(hardest, sides, -1).max(axis=0), first, -1)

    def _look(self) -> None:
        for seat, seen in enumerate(self._observation):
            seen[:, 0], seen[:, 1], seen[:, 2] = np.arange(self.worlds), seat, 1000 * self._bout + self._step

    def close(self) -> None:
        self.closed = True


def learner_state(learner: PpoLearner) -> dict[str, bytes]:
    """Every number that the learner holds, bit for bit."""
    ppo = learner._ppo
    tensors = {f"policy {name}": tensor for name, tensor in ppo.policy.state_dict().items()}
    for index, entry in ppo.policy.optimizer.state_dict()["state"].items():
        tensors |= {f"adam {index} {name}": tensor for name, tensor in entry.items()}
    counters = {"samples": str(learner.samples).encode(), "updates": str(ppo._n_updates).encode()}
    return counters | {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def tiny_config(**changes: Any) -> TrainConfig:
    """Settings of a run that takes seconds: 96 samples in a generation."""
    ppo = PpoConfig(width=8, rollout=16, minibatch=48, epochs=1)
    config = TrainConfig(
        engine="mujoco",
        worlds=4,
        workers=1,
        minutes=None,
        samples=288,
        mirror=0.5,
        updates=1,
        rate_every=2,
        rated_share=1e6,
        rated_bouts=4,
        ppo=ppo,
    )
    return replace(config, **changes)


def pool_of(
    folder: Path,
    chains: Sequence[Sequence[str]],
    matchmaker: Matchmaker,
    worlds: int,
    seed: int,
    *,
    guests: Sequence[str] = (),
    known: Known | None = None,
    **more: Any,
) -> Pool:
    """A pool over a new ledger."""
    return Pool(partial(load_named, folder), Ledger(chains, guests, known), matchmaker, worlds, seed, **more)


def train(path: Path, config: TrainConfig) -> Training:
    """Train in the run folder `path` to the end of the budget, and close it."""
    folder = RunFolder.create_or_resume(path, config)
    try:
        training = Training(folder)
        training.run()
    finally:
        folder.close()
    return training


def observed(arena: Arena, frame: Frame, seat: int) -> dict[str, list[float]]:
    """A seat's observation in world 0, by entry name."""
    outs = [np.zeros((len(frame.failed), observation_size(arena.entries(s))), np.float32) for s in (0, 1)]
    arena.observe(frame, outs)
    cuts = np.cumsum([entry.size for entry in arena.entries(seat)])[:-1]
    parts = np.split(outs[seat][0], cuts)
    return {entry.name: part.tolist() for entry, part in zip(arena.entries(seat), parts, strict=True)}


def shorten_bouts(monkeypatch: pytest.MonkeyPatch, cycles: int = 12, arena: str = "sumo") -> None:
    """Limit an arena's bouts to a number of control steps."""
    monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=cycles))


class Noise:
    """A policy of seeded noise that keeps what it saw and did; the noise of a row is its own stream's."""

    memory = 0

    def __init__(self, actions: int = 8, seed: int = 0, worlds: int = 1) -> None:
        self._streams = [np.random.default_rng(seed + w) for w in range(worlds)]
        self._actions = actions
        self.saw: list[Any] = []
        self.did: list[Any] = []

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        self.saw.append(observation)
        rows = [stream.uniform(-1, 1, self._actions) for stream in self._streams]
        action = np.array(rows, np.float32)
        self.did.append(action)
        return action


def draws(steps: int, seed: int = 5, worlds: int | None = None) -> Any:
    """Random actions for a number of steps, `[steps, 8]` or `[steps, W, 8]`."""
    shape = (steps, 8) if worlds is None else (steps, worlds, 8)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


def dohyo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in another process, because engines write to standard output without Python."""
    program = [sys.executable, "-c", "from dohyo.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False)


def only_object(output: str) -> Any:
    """Parse a text that must be one line with one JSON value."""
    assert output.endswith("\n")
    assert output.count("\n") == 1
    return json.loads(output)


class Counter:
    """A policy whose action is the number of steps in its bout, which it counts in its memory."""

    memory = 1

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        assert memory is not None
        memory += 1
        return memory.repeat(2, axis=1)


def lstm(observation: int = 4, action: int = 2, embed: int = 5, hidden: int = 3) -> dict[str, FloatArray]:
    """Tensors of a small recurrent network."""
    rng, shapes = (
        np.random.default_rng(0),
        {
            "mean": (observation,),
            "variance": (observation,),
            "log_std": (action,),
            "embed_weight": (embed, observation),
            "embed_bias": (embed,),
            "gates_in": (4 * hidden, embed),
            "gates_back": (4 * hidden, hidden),
            "gates_bias": (4 * hidden,),
            "weight_0": (action, hidden),
            "bias_0": (action,),
        },
    )
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return drawn | {"variance": np.ones(observation, np.float32)}
