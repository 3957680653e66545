"""Bouts of two seats, of the learner and of the pool, as they were before there could be more: a digest of them all."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from doubles import StubBatch, pool_of, pusher

from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import save_snapshot
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.samplers import parse_sampler

LENGTHS = [[2, 5], [9], [3, 1], [1], [4, 2, 2], [7]]


@pytest.mark.parametrize(
    ("mirrored", "guests", "expected"),
    [(0, 0.0, "5ceff11b92d765d7"), (3, 0.0, "b7075ec6cc2cf0e9"), (2, 0.4, "7c3f4c209a6bc844")],
)
def test_all_that_is_seen_done_and_met(mirrored: int, guests: float, expected: str, tmp_path: Path):
    """Pushes are sixteenths, so that no sum is rounded."""
    names = [save_snapshot(pusher(k / 16), tmp_path).stem for k in range(8)]
    rule = Evenly(parse_sampler("pfsp(squared)"), first=0.25)
    pool = pool_of(tmp_path, [names[:4], names[4:7]], rule, len(LENGTHS), seed=3, guests=names[7:], guest_share=guests)
    batch, digest = StubBatch(LENGTHS), hashlib.sha256()
    vec = SeatVec(batch, pool, mirrored, 0.5)
    digest.update(vec.reset().tobytes())
    for step in range(120):
        actions = np.repeat(((np.arange(vec.num_envs) * 7 + step * 3) % 9)[:, None] / 16, 2, axis=1).astype(np.float32)
        seen, reward, done, infos = vec.step(actions)
        last = np.concatenate([info["terminal_observation"] for info in infos if info] or [np.zeros(1)])
        for array in (seen, reward, done, last, np.round(batch.taken[-1], 4)):
            digest.update(np.ascontiguousarray(array, np.float64).tobytes())
    for name, values in sorted(pool.ledger.known().items()):
        digest.update(f"{names.index(name)} {np.round(values, 6).tolist()}".encode())
    assert digest.hexdigest()[:16] == expected
