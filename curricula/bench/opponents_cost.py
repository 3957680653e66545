"""What opponents cost: the share of a training step that goes to the actions of many distinct snapshots."""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from dohyo.agents.learning.algorithms import Learner, make_learner
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Origin, Part, make_snapshot, save_snapshot
from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.batch import Batch
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.config import TrainConfig


@dataclass(frozen=True)
class OpponentsCost:
    """A training step is one control step of all worlds with its part of the update; all times in milliseconds."""

    arena: str
    body: str
    engine: str
    worlds: int
    opponents: int
    """Distinct snapshots that are met at once, one per world in turn."""
    step_ms: float
    """Physics, rules, the learner's and its opponents' actions, and the update's time per step."""
    opponents_ms: float
    """The opponents' actions in it, networks of one shape stacked, as `dohyo train` has them."""
    share: float
    """Opponents' actions over the step."""
    one_by_one_ms: float
    """The same actions with one call per distinct snapshot."""
    one_by_one_share: float
    """What the share would be with those."""
    speedup: float
    """One by one over stacked."""


class _Rivals:
    """Two pools that meet the same opponents: the first acts, the second is timed at the same observations."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools, self._turn = pools, 0
        self.seconds = np.zeros(2)
        """Of the pools' actions so far."""

    def assign(self, worlds: IntArray) -> None:
        for pool in self._pools:
            pool.assign(worlds)

    def note(self, bouts: EndedBouts) -> None:
        for pool in self._pools:
            pool.note(bouts)

    def act(self, observation: FloatArray, worlds: IntArray) -> FloatArray:
        """Let the pools act, each first in every other step: the first warms the caches for the second."""
        self._turn, actions = 1 - self._turn, {}
        for k in (self._turn, 1 - self._turn):
            start = time.perf_counter()
            actions[k] = self._pools[k].act(observation, worlds)
            self.seconds[k] += time.perf_counter() - start
        return actions[0]


def measure_opponents(
    config: TrainConfig, opponents: int, rounds: int, tick: Callable[[], None] = lambda: None
) -> OpponentsCost:
    """Train `rounds` rollouts with an opponent in every world, after one to warm up; medians over the rollouts.

    Opponents are `opponents` networks of the learner's shape with random weights. `tick` is called after every
    rollout.
    """
    torch.set_num_threads(1)  # as training does
    batch = config.make_batch()
    with tempfile.TemporaryDirectory() as scratch, closing(batch):
        rivals, learner = _players(Path(scratch), batch, config, opponents)
        times = np.zeros((rounds + 1, 4))
        for row in times:
            before, start = rivals.seconds.copy(), time.perf_counter()
            learner.collect()
            middle = time.perf_counter()
            learner.learn()
            row[:] = (middle - start, time.perf_counter() - middle, *(rivals.seconds - before))
            tick()
    rollout, update, stacked, one_by_one = np.median(times[1:], axis=0) * 1000 / config.ppo.rollout
    step = rollout + update - one_by_one
    return OpponentsCost(
        arena=config.arena,
        body=config.body,
        engine=config.engine,
        worlds=config.worlds,
        opponents=opponents,
        step_ms=float(step),
        opponents_ms=float(stacked),
        share=float(stacked / step),
        one_by_one_ms=float(one_by_one),
        one_by_one_share=float(one_by_one / (step - stacked + one_by_one)),
        speedup=float(one_by_one / stacked),
    )


def _players(folder: Path, batch: Batch, config: TrainConfig, opponents: int) -> tuple[_Rivals, Learner]:
    """Return the opponents and a learner that meets them in seat 0."""
    rng, chain = np.random.default_rng(config.seed), []
    for k in range(opponents):
        origin = _origin(batch, config, k)
        snapshot = make_snapshot(origin, _network(rng, origin.observation, config.ppo.width, origin.action))
        save_snapshot(snapshot, folder)
        chain.append(snapshot.name)
    pools = [
        Pool(folder, [chain], _in_turn(opponents), config.worlds, config.seed, together=together)
        for together in (True, False)
    ]
    rivals = _Rivals(pools)
    return rivals, make_learner(SeatVec(batch, rivals, 0, config.ppo.reward_scale, seat=0), config.ppo, config.seed)


def _network(rng: np.random.Generator, observation: int, width: int, action: int) -> dict[str, FloatArray]:
    """Return the tensors of a random network of the learner's shape: two hidden layers."""
    tensors = {"mean": np.zeros(observation), "variance": np.ones(observation), "log_std": np.full(action, -0.7)}
    for k, (rows, columns) in enumerate([(width, observation), (width, width), (action, width)]):
        weight = rng.standard_normal((rows, columns)) / np.sqrt(columns)
        tensors |= {f"weight_{k}": weight, f"bias_{k}": np.zeros(rows)}
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def _origin(batch: Batch, config: TrainConfig, generation: int) -> Origin:
    return Origin(
        part=Part.of(batch.arena, 1),
        observation=batch.observation_spaces[1].shape[0],
        action=batch.action_spaces[1].shape[0],
        engine=config.engine,
        generation=generation,
        samples=0,
        seed=config.seed,
        physics=config.physics,
    )


def _in_turn(count: int) -> Callable[[Sequence[Payoffs], np.random.Generator, int], tuple[IntArray, IntArray]]:
    """Return a matchmaker that hands out `count` versions one after the other."""
    versions: Iterator[int] = itertools.cycle(range(count))
    return lambda payoffs, rng, n: (np.zeros(n, np.intp), np.fromiter(itertools.islice(versions, n), np.intp, n))
