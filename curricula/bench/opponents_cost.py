"""The cost of opponents: the share of a training step that the actions of many distinct snapshots take."""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from dohyo.agents.learning.algorithms import Learner, make_learner
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Origin, Part, load_named, make_snapshot, save_snapshot
from dohyo.arenas.arrays import FloatArray, IntArray
from dohyo.arenas.batch import Batch
from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.config import TrainConfig


@dataclass(frozen=True)
class OpponentsCost:
    """The cost of opponents' actions in a training step: one control step of all worlds and its share of the update.

    All times are in milliseconds.
    """

    arena: str
    body: str
    engine: str
    worlds: int
    opponents: int
    """Number of distinct snapshots that are met at once, in turn over the worlds."""
    step_ms: float
    """Physics, rules, the learner's and its opponents' actions, and the update's time per step."""
    opponents_ms: float
    """The opponents' actions in a step, with networks of one shape stacked, as in `dohyo train`."""
    share: float
    """`opponents_ms` over `step_ms`."""
    one_by_one_ms: float
    """The same actions with one call per distinct snapshot."""
    one_by_one_share: float
    """The share of the opponents' actions with one call per snapshot."""
    speedup: float
    """`one_by_one_ms` over `opponents_ms`."""


class _Rivals:
    """Two pools with the same opponents: the first one's actions count, both are timed at the same observations."""

    def __init__(self, pools: Sequence[Pool]) -> None:
        self._pools, self._turn = pools, 0
        self.seconds = np.zeros(2)
        """Time of each pool's actions so far, `[2]`."""

    def assign(self, worlds: IntArray) -> None:
        for pool in self._pools:
            pool.assign(worlds)

    def note(self, bouts: EndedBouts) -> None:
        for pool in self._pools:
            pool.note(bouts)

    def act(self, observation: FloatArray, chairs: IntArray) -> FloatArray:
        """Let both pools act; they alternate in going first, because the first warms the caches for the second."""
        self._turn, actions = 1 - self._turn, {}
        for k in (self._turn, 1 - self._turn):
            start = time.perf_counter()
            actions[k] = self._pools[k].act(observation, chairs)
            self.seconds[k] += time.perf_counter() - start
        return actions[0]


def measure_opponents(
    config: TrainConfig, opponents: int, rounds: int, tick: Callable[[], None] = lambda: None
) -> OpponentsCost:
    """Measure the cost of `opponents` opponents over `rounds` rollouts, after a warm-up; returns medians.

    The opponents are networks of the learner's shape with random weights, one in every world. `tick` is called after
    every rollout.
    """
    torch.set_num_threads(1)  # as training does
    batch = config.make_batch()
    with tempfile.TemporaryDirectory() as scratch, closing(batch):
        rivals, learner = _players(Path(scratch), batch, config, opponents)
        times = np.zeros((rounds + 1, 4))
        for row in times:
            before, start = rivals.seconds.copy(), time.perf_counter()
            rollout = learner.collect()
            middle = time.perf_counter()
            learner.learn([rollout])
            row[:] = (middle - start, time.perf_counter() - middle, *(rivals.seconds - before))
            tick()
    played, update, stacked, one_by_one = np.median(times[1:], axis=0) * 1000 / config.ppo.rollout
    step = played + update - one_by_one
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
    load = partial(load_named, folder)
    pools = [
        Pool(load, Ledger([chain]), _in_turn(opponents), config.worlds, config.seed, together=together)
        for together in (True, False)
    ]
    rivals = _Rivals(pools)
    return rivals, make_learner(SeatVec(batch, rivals, 0, config.ppo.reward_scale, side=0), config.ppo, config.seed)


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
    """Return a matchmaker that draws `count` versions in turn."""
    versions: Iterator[int] = itertools.cycle(range(count))
    return lambda payoffs, rng, n: (np.zeros(n, np.intp), np.fromiter(itertools.islice(versions, n), np.intp, n))
