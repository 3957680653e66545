"""PyBullet's worlds and workers: interrupted, dropped without `close`, and more worlds than Bullet allows."""

import numpy as np
import pybullet
import pytest

from dohyo.arenas import DohyoEnv, EngineError, make_batch
from dohyo.arenas.physics.bullet import engine as bullet


def act(batch, seed):
    rng = np.random.default_rng(seed)
    return [rng.uniform(-1, 1, (batch.worlds, 8)) for _ in range(2)]


@pytest.mark.parametrize("moment", ["before the workers know", "while they work", "before they have answered"])
def test_an_interrupted_step_leaves_nothing_behind(monkeypatch, moment):
    """Ctrl-C within a step, then a reset: every world plays as in a batch that was never interrupted."""
    batch, calm = (make_batch("sumo", engine="pybullet", worlds=4, workers=2) for _ in range(2))
    batch.reset(0)
    herd = batch.engine._herd

    def interrupt(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if moment == "before the workers know":
            patch.setattr(herd._workers[0], "_send", interrupt)
        elif moment == "while they work":
            patch.setattr(herd._pen, "step", interrupt)
        else:
            patch.setattr(herd._workers[0], "answer", interrupt)
        with pytest.raises(KeyboardInterrupt):
            batch.step(act(batch, 1))
    for first, second in zip(batch.reset(7), calm.reset(7), strict=True):
        np.testing.assert_array_equal(first, second)
    for seed in range(3):
        ours, theirs = batch.step(act(batch, seed)), calm.step(act(calm, seed))
        for first, second in zip(ours.observation, theirs.observation, strict=True):
            np.testing.assert_array_equal(first, second)
    batch.close()
    calm.close()


def test_what_is_dropped_without_a_close_is_released():
    """Worlds leave Bullet's table of clients, and workers end, without waiting for the garbage collector."""
    env = DohyoEnv("sumo", engine="pybullet")
    client = env.batch.engine._herd._pen._worlds[0]._client
    assert pybullet.getConnectionInfo(client)["isConnected"]
    del env
    assert not pybullet.getConnectionInfo(client)["isConnected"]
    batch = make_batch("sumo", engine="pybullet", worlds=2, workers=2)
    process = batch.engine._herd._workers[0]._process
    del batch
    assert process.returncode == 0


def test_a_body_of_too_many_hinges_names_the_limit(monkeypatch):
    assert bullet.MOST_HINGES == 127
    monkeypatch.setattr(bullet, "MOST_HINGES", 7)
    with pytest.raises(EngineError, match=r"'ant' has 8 hinges, but PyBullet takes at most 7: use engine=\"mujoco\""):
        make_batch("sumo", engine="pybullet", worlds=1)
