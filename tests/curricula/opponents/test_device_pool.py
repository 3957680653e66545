"""The pool on a device: whom each bout meets there is whom the host reports, and what is drawn follows the ledger."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from device_doubles import TensorBatch
from doubles import pusher

from dohyo.agents.learning.device_vec import DeviceVec
from dohyo.agents.learning.slots import opponents_of
from dohyo.agents.snapshot import load_named, save_snapshot
from dohyo.arenas.errors import ConfigError
from dohyo.curricula.opponents.device_pool import DevicePool
from dohyo.curricula.opponents.ledger import Ledger, Result
from dohyo.curricula.opponents.matchmaker import Evenly

LENGTHS = [[2], [3, 5], [1], [4, 2]]
OWN = 0.25
"""The learner's push. Version k of the chain pushes 0.125 k: versions 0 and 1 lose, 2 draws, 3 and 4 win."""


def pool_in(folder: Path, sides: Sequence[int], *, guests: Sequence[str] = (), guest_share: float = 0.0) -> DevicePool:
    chain = []
    for version in range(5):
        save_snapshot(pusher(0.125 * version), folder)
        chain.append(pusher(0.125 * version).name)
    return DevicePool(
        partial(load_named, folder),
        Ledger([chain], guests),
        Evenly("uniform(0)"),
        len(LENGTHS),
        seed=3,
        device=torch.device("cpu"),
        guest_share=guest_share,
        actions=2,
        opponents=opponents_of(sides, 0),
    )


def rivals(taken: Any, sides: int) -> list[list[tuple[int, ...]]]:
    """Versions that each world met, bout by bout, as their pushes tell; in their order from the learner's seat on."""
    met = []
    for world, lengths in enumerate(LENGTHS):
        bouts, step = list[tuple[int, ...]](), 0
        while step < len(taken):
            length = lengths[len(bouts) % len(lengths)]
            pushes = [taken[t][:, world, 0] for t in range(step, min(step + length, len(taken)))]
            assert np.abs(np.array(pushes) - pushes[0]).max() < 1e-6  # nobody changes within a bout
            own = (world + len(bouts)) % sides
            assert pushes[0][own] == OWN
            bouts.append(tuple(round(8 * float(pushes[0][(own + k) % sides])) for k in range(1, sides)))
            step += length
        met.append(bouts)
    return met


@pytest.mark.parametrize("sides", [(0, 1), (0, 1, 2)])
def test_the_opponents_that_act_are_those_that_are_reported(tmp_path: Path, sides: tuple[int, ...]):
    batch: Any = TensorBatch(LENGTHS, sides)
    pool = pool_in(tmp_path, sides)
    vec = DeviceVec(batch, pool, 0, 1.0)
    vec.reset()
    results: list[Result] = []
    for steps in (7, 3, 31):  # bouts go on from rollout to rollout
        vec.open(steps)
        for _ in range(steps):
            vec.play(torch.full((vec.num_envs, 2), OWN))
        vec.settle()
        results += pool.new_results()
    met = rivals(batch.taken, len(sides))
    finished = [[bout for k, bout in enumerate(bouts) if ends(world, k) <= 41] for world, bouts in enumerate(met)]
    expected = sorted(version for bouts in finished for bout in bouts for version in bout)
    assert sorted(result.version for result in results) == expected
    assert {*expected} == {0, 1, 2, 3, 4}
    if len(sides) == 2:  # with more, places decide, which only bouts that end at different times have
        assert all(result.result == np.sign(2 - result.version) for result in results)
    now = pool._version.reshape(len(sides) - 1, -1).T.tolist()
    under_way = {world: bouts[-1] for world, bouts in enumerate(met) if len(bouts) > len(finished[world])}
    assert len(under_way) == 3  # all but that with bouts of one step
    assert all(now[world] == [*bout] for world, bout in under_way.items())


def ends(world: int, bout: int) -> int:
    """The step with which a world's bout ends."""
    lengths = LENGTHS[world]
    return sum(lengths[k % len(lengths)] for k in range(bout + 1))


def test_guests_are_met_too(tmp_path: Path):
    batch: Any = TensorBatch(LENGTHS)
    vec = DeviceVec(batch, pool_in(tmp_path, (0, 1), guests=("zero", "random"), guest_share=0.7), 0, 1.0)
    vec.reset()
    vec.open(60)
    for _ in range(60):
        vec.play(torch.full((4, 2), OWN))
    vec.settle()
    pool: Any = vec.opponents
    results = pool.new_results()
    guests = [result for result in results if result.chain == 1]
    assert {result.version for result in guests} == {0, 1}
    assert 0.5 < len(guests) / len(results) < 0.9
    assert all(result.result == 1 for result in guests if result.version == 0)  # `zero` pushes less


def test_whom_bouts_meet_follows_the_ledger_before_the_rollout(tmp_path: Path):
    """A rule that draws the newest: a snapshot that is added while a rollout is played is met in the next."""
    pool = pool_in(tmp_path, (0, 1))
    pool._matchmaker = Evenly("latest")
    batch: Any = TensorBatch([[1]] * 4)
    vec = DeviceVec(batch, pool, 0, 1.0)
    vec.reset()
    met = []
    for _ in range(3):
        vec.open(2)
        for _ in range(2):
            vec.play(torch.full((4, 2), OWN))
        vec.settle()
        save_snapshot(pusher(0.5 + 0.125 * (len(met) + 1)), tmp_path)
        pool.ledger.add(0, pusher(0.5 + 0.125 * (len(met) + 1)).name)
        met.append([result.version for result in pool.new_results()])
    # The second bout of a rollout was drawn before it, the first by the rollout before.
    assert met == [[4] * 8, [4] * 4 + [5] * 4, [5] * 4 + [6] * 4]


def test_a_wrong_rule_is_refused_on_the_device_too(tmp_path: Path):
    pool = pool_in(tmp_path, (0, 1))
    pool._matchmaker = Evenly(lambda known, rng, n: np.full(n, 9))  # type: ignore[arg-type, misc]
    with pytest.raises(ConfigError, match="must return"):
        pool.open(2)
