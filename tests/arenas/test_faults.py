"""Failures are reported, counted and contained: diverging physics, dead workers, a missing engine, bad numbers."""

import sys
from contextlib import closing

import numpy as np
import pytest
from states import APART, ENGINES, ants, standing

from dohyo.arenas import ActionError, Batch, ConfigError, EngineError, UnknownName, make_batch
from dohyo.arenas.batch import DIVERGED
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.bullet.workers import _homes

both = pytest.mark.parametrize("engine", ENGINES)


def still(batch: Batch) -> list[np.ndarray]:
    return [np.zeros((batch.worlds, *space.shape)) for space in batch.action_spaces]


def disturb(batch: Batch, world: int, value: float) -> None:
    """Overwrite the velocities of one world without the batch's knowledge."""
    qpos, qvel = batch.engine._qpos[[world]].copy(), np.full_like(batch.engine._qvel[[world]], value)
    with np.errstate(invalid="ignore", over="ignore"):
        batch.engine._put(np.array([world]), qpos, qvel)


@both
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e6, 1e30])
def test_a_world_that_diverges_is_put_back_counted_and_alone(engine, value, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    batch, twin = (make_batch("sumo", engine=engine, worlds=3, autoreset=False) for _ in range(2))
    for b in (batch, twin):
        b.reset(7)
        b.step(still(b))
    disturb(batch, 1, value)
    step, undisturbed = batch.step(still(batch)), twin.step(still(twin))
    assert batch.diverged == 1
    assert twin.diverged == 0
    assert step.done.tolist() == [False, True, False]
    assert step.finished.ids.tolist() == [1]
    assert step.finished.winner.tolist() == [-1]
    assert batch.endings[step.finished.ending[0]] == DIVERGED
    assert (step.reward[1] == 0).all()
    assert (step.outcome[1] == 0).all()
    for ours, theirs in zip(step.observation, undisturbed.observation, strict=True):
        assert np.isfinite(ours).all()
        assert np.array_equal(ours[[0, 2]], theirs[[0, 2]])
    assert list(tmp_path.iterdir()) == []  # MuJoCo would leave a log here
    after = batch.step(still(batch))
    assert all(np.isfinite(o).all() for o in after.observation)
    assert batch.diverged == 1
    batch.close()
    twin.close()


@both
def test_a_diverged_world_begins_a_new_bout(engine):
    batch = make_batch("sumo", engine=engine, worlds=2)
    batch.reset(1)
    for _ in range(3):
        batch.step(still(batch))
    disturb(batch, 0, np.nan)
    step = batch.step(still(batch))
    assert step.finished.steps.tolist() == [4]
    assert np.isfinite(step.finished.observation[0]).all()
    assert batch.step(still(batch)).done.tolist() == [False, False]
    batch.close()


def test_a_killed_worker_is_an_error_and_not_a_hang():
    batch = make_batch("sumo", worlds=4, workers=2)
    batch.reset(0)
    process = batch.engine._herd._workers[0]._process
    process.kill()
    process.wait()
    for _ in range(2):
        with pytest.raises(EngineError, match="worker process ended"):
            batch.step(still(batch))
    batch.close()
    batch.close()


def test_workers_end_with_their_batch():
    batch = make_batch("sumo", worlds=3, workers=3)
    processes = [worker._process for worker in batch.engine._herd._workers]
    batch.close()
    assert [process.returncode for process in processes] == [0, 0]


@both
def test_closing_twice_is_harmless(engine):
    batch = make_batch("sumo", engine=engine, worlds=1)
    batch.reset(0)
    batch.close()
    batch.close()


def test_without_pybullet_both_ways_out_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pybullet", None)
    with pytest.raises(EngineError, match=r'engine="mujoco".*pip install pybullet'):
        make_batch("sumo", engine="pybullet")


@pytest.mark.parametrize("there", [True, False])
def test_the_default_engine_is_the_first_that_is_installed(there, monkeypatch):
    if not there:
        monkeypatch.setitem(sys.modules, "pybullet", None)
    with closing(make_batch("sumo", worlds=1)) as batch:
        assert batch.engine.name == ("pybullet" if there else "mujoco")


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"arena": "chess"}, "unknown arena 'chess'.*sumo"),
        ({"arena": "sumo", "body": "whale"}, "unknown body 'whale'.*ant"),
        ({"arena": "sumo", "engine": "unreal"}, "unknown engine 'unreal'.*mujoco, pybullet"),
        ({"arena": "sumo", "drive": "wish"}, "unknown drive 'wish'.*target, torque"),
    ],
)
def test_unknown_names_list_what_there_is(wrong, named):
    with pytest.raises(UnknownName, match=named):
        make_batch(**wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("worlds", 0),
        ("worlds", 2.0),
        ("workers", 0),
        ("max_cycles", 0),
        ("max_cycles", np.nan),
        ("max_cycles", True),
        ("alpha", np.nan),
        ("alpha", -0.1),
        ("alpha", "much"),
    ],
)
def test_numbers_that_cannot_be_are_named(name, value):
    with pytest.raises(ConfigError, match=f"{name} must be a") as caught:
        make_batch("sumo", engine="mujoco", **{name: value})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 0.5, True, "1"])
def test_a_seed_is_a_whole_number(seed):
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    with pytest.raises(ConfigError, match="seed must be a whole number of at least 0"):
        batch.reset(seed)


def test_small_integers_are_seeds_like_any():
    """254 + 2 does not fit a uint8: world 2 must not begin as world 0 of another seed."""
    batch = make_batch("sumo", engine="mujoco", worlds=3)
    small = [o.copy() for o in batch.reset(np.uint8(254))]
    assert all(np.array_equal(a, b) for a, b in zip(small, batch.reset(254), strict=True))


def test_a_step_that_is_interrupted_takes_a_reset(monkeypatch):
    batch = make_batch("sumo", engine="mujoco", worlds=2)
    batch.reset(0)

    def interrupt(action):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(batch.engine, "step", interrupt)
        with pytest.raises(KeyboardInterrupt):
            batch.step(still(batch))
    with pytest.raises(ActionError, match=r"interrupted: call reset\(\)"):
        batch.step(still(batch))
    batch.reset(0)
    batch.step(still(batch))


@both
def test_after_close_everything_says_so(engine):
    batch = make_batch("sumo", engine=engine, worlds=1)
    batch.reset(0)
    batch.close()
    for call in (batch.reset, lambda: batch.step(still(batch)), lambda: batch.restart(np.array([0]))):
        with pytest.raises(EngineError, match="closed: make a new one"):
            call()


@pytest.mark.parametrize("actions", [None, 3, [None, None], {"sumo_0": 0, "sumo_1": 0}])
def test_what_is_no_list_of_actions_is_refused(actions):
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    batch.reset(0)
    with pytest.raises(ActionError):
        batch.step(actions)


@pytest.mark.parametrize(
    ("action", "named"),
    [
        (np.full((2, 8), np.nan), "sumo_1.*NaN"),
        (np.full((2, 8), np.inf), "sumo_1.*infinity"),
        (np.zeros((2, 7)), r"sumo_1.*\(2, 8\).*\(2, 7\)"),
        (np.zeros(8), r"sumo_1.*\(2, 8\).*\(8,\)"),
    ],
)
def test_a_bad_action_names_its_seat_and_moves_nothing(action, named):
    batch = make_batch("sumo", engine="mujoco", worlds=2)
    before = [o.copy() for o in batch.reset(0)]
    with pytest.raises(ActionError, match=named):
        batch.step([np.zeros((2, 8)), action])
    batch._observe()
    assert all(np.array_equal(a, b) for a, b in zip(batch.observations, before, strict=True))
    with pytest.raises(ActionError, match=r"per seat \(2\), got 1"):
        batch.step([np.zeros((2, 8))])


def test_stepping_before_a_reset_is_an_error():
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    with pytest.raises(ActionError, match=r"reset\(\)"):
        batch.step(still(batch))


@both
def test_putting_a_world_forgets_what_touched(engine):
    """A state from the middle of a contact continues alike in a used engine and in a new one."""
    scene = ants()
    near = [(-0.5, 0.05, 0.62, 0.0), (0.5, -0.05, 0.62, np.pi)]
    rng, touched, used = np.random.default_rng(4), 0, make_engine(engine, scene, 1)
    used.reset(np.array([0]), *standing(scene, near))
    for step in range(60):
        used.step(rng.uniform(-1, 1, (1, 16)))
        touched += int(used.frame.contact[0, 0, 1])
        if step % 15 == 14:
            fresh = make_engine(engine, scene, 1)
            state, action = (used._qpos.copy(), used._qvel.copy()), rng.uniform(-1, 1, (1, 16))
            for e in (used, fresh):
                e.reset(np.array([0]), *state)
                for _ in range(10):
                    e.step(action)
            assert np.array_equal(used._qpos, fresh._qpos)
            assert np.array_equal(used._qvel, fresh._qvel)
            fresh.close()
    assert touched > 0
    used.close()


@both
def test_workers_change_nothing(engine):
    """The same numbers from one worker and from two, W not a multiple of them."""
    scene, frames = ants(), []
    states = [np.repeat(x, 3, axis=0) for x in standing(scene, APART)]
    for workers in (1, 2):
        e, rng = make_engine(engine, scene, 3, workers), np.random.default_rng(0)
        assert e.workers == workers
        e.reset(np.arange(3), *states)
        for _ in range(20):
            e.step(rng.uniform(-1, 1, (3, 16)))
        frames.append(np.concatenate([e.frame.root_position.ravel(), e.frame.joint_velocity[1].ravel()]))
        e.close()
    assert np.array_equal(*frames)


@pytest.mark.parametrize(("workers", "homes"), [(1, [None]), (2, [None, None]), (3, [4, 5, 7])])
def test_workers_keep_to_cores_of_their_own_where_there_is_one_for_each(monkeypatch, workers, homes):
    """The caller has the first of its four cores; with a core to spare the system may choose."""
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {5, 2, 7, 4})
    assert list(_homes(workers)) == homes
