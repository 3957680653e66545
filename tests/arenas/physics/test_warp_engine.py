"""MuJoCo Warp on the processor against MuJoCo in C, and the independence of its worlds.

The first run compiles kernels for minutes; later runs find them in Warp's cache.
"""

from collections.abc import Mapping

import mujoco
import numpy as np
import pytest
from states import APART, FALLING, ants, changes, standing

from dohyo.arenas import Engine, make_batch
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics import warp_engine
from dohyo.arenas.physics.mujoco_engine import ThreadEngine
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.physics.warp_engine import WarpEngine, room

pytest.importorskip("mujoco_warp", reason="MuJoCo Warp is not installed")
pytestmark = pytest.mark.slow
NEAR = [(-0.5, 0.05, 0.62, 0.0), (0.5, -0.05, 0.62, np.pi)]
"""Places in which two ants' legs touch."""


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(warp_engine.DEVICE_VARIABLE, "cpu")


def exact() -> Scene:
    """Two ants, solved until 32-bit numbers limit the solution; the scenes' own tolerance would hide errors."""
    scene = ants()
    scene.model.opt.tolerance = 1e-10
    return scene


def fine(scene: Scene) -> Scene:
    """The same scene with one physics step in a control step."""
    scene.model.numeric("substeps").data[0] = 1
    return scene


def errors(
    scene: Scene,
    places: list[tuple[float, float, float, float]],
    actions: Array,
    factors: Mapping[str, float] | None = None,
    force: float = 0.0,
) -> list[float]:
    """Largest difference of positions, m and rad, between the two engines after each step of `actions` `[n, nu]`."""
    engines: list[Engine] = [ThreadEngine(scene, 1, 1), WarpEngine(scene, 1, 1)]
    found = []
    for engine in engines:
        if factors:
            engine.vary(np.array([0]), changes(scene, **factors))
        engine.reset(np.array([0]), *standing(scene, places))
    for action in actions:
        for engine in engines:
            engine.push(np.tile([force, -force / 2, 0.0], (1, 2, 1)))
            engine.step(action[None])
        found.append(float(np.abs(engines[0]._qpos - engines[1]._qpos).max()))
        assert np.array_equal(engines[0].frame.touches, engines[1].frame.touches)
        assert np.array_equal(engines[0].frame.contact, engines[1].frame.contact)
    return found


def random(steps: int, width: int = 16, size: float = 1.0) -> Array:
    return np.random.default_rng(0).uniform(-size, size, (steps, width))


@pytest.mark.parametrize("places", [APART, FALLING, NEAR], ids=["settled", "falling", "touching"])
def test_one_physics_step_agrees(places):
    assert errors(fine(exact()), places, random(1))[-1] < 5e-6


def test_settled_ants_agree_after_a_hundred_physics_steps():
    assert errors(exact(), APART, np.zeros((20, 16)))[-1] < 1e-5


FACTORS = {"gravity": 1.3, "friction": 0.7, "mass": 0.8, "torque": 1.2}


@pytest.mark.parametrize("names", [*([name] for name in FACTORS), list(FACTORS)], ids=", ".join)
def test_factors_agree_after_ten_physics_steps(names):
    factors = {name: FACTORS[name] for name in names}
    assert errors(exact(), APART, random(2), factors)[-1] < 1e-5


def test_pushes_agree_after_ten_physics_steps():
    pushed = errors(exact(), FALLING, np.zeros((2, 16)), force=300.0)
    assert pushed[-1] < 1e-5
    scene = exact()
    engine = WarpEngine(scene, 1, 1)
    engine.reset(np.array([0]), *standing(scene, FALLING))
    engine.push(np.tile([300.0, 0, 0], (1, 2, 1)))
    engine.step(np.zeros((1, 16)))
    mass = scene.model.body_subtreemass[scene.seats[0].root]
    com_speed = 300.0 / mass * 0.05
    assert engine.frame.root_velocity[0, 0, 0] > com_speed / 2  # the root leads the legs that it carries along
    before = engine.frame.root_velocity[0, :, 0].mean()
    for _ in range(10):
        engine.step(np.zeros((1, 16)))
    assert engine.frame.root_velocity[0, :, 0].mean() < before  # the push ended


def play(worlds: int, seed: int, steps: int = 25, cycles: int = 10) -> tuple[Array, Array]:
    """Observations `[steps, W, obs]` and rewards `[steps, W, S]` of bouts of `cycles` steps; a world's actions depend
    only on its seed."""
    batch = make_batch("sumo", "ant", "warp", worlds, max_cycles=cycles, alpha=1.0)
    batch.reset(seed)
    dice = [np.random.default_rng(seed + w) for w in range(worlds)]
    observed, paid = [], []
    for _ in range(steps):
        action = np.stack([rng.uniform(-1, 1, 16) for rng in dice])
        step = batch.step([action[:, :8], action[:, 8:]])
        observed.append(np.concatenate(step.observation, axis=1))
        paid.append(step.reward.copy())
    batch.close()
    return np.array(observed), np.array(paid)


def test_a_world_plays_what_it_plays_alone():
    """World w of `reset(seed)` is world 0 of `reset(seed + w)`, bit for bit, over several bouts."""
    observed, paid = play(3, seed=20)
    for w in (0, 2):
        alone, earned = play(1, seed=20 + w)
        assert np.array_equal(alone[:, 0], observed[:, w])
        assert np.array_equal(earned[:, 0], paid[:, w])


def brawl(disturb: dict[int, int], steps: int = 8) -> tuple[WarpEngine, Array]:
    """Three worlds of touching ants; `disturb` gives a world to reset in a step. States `[steps, W, …]`."""
    scene = ants()
    engine = WarpEngine(scene, 3, 1)
    start = standing(scene, NEAR)
    engine.reset(np.arange(3), *(x.repeat(3, 0) for x in start))
    seen = []
    for k, action in enumerate(random(steps)):
        engine.step(action[None].repeat(3, 0))
        if k in disturb:
            engine.reset(np.array([disturb[k]]), *start)
        seen.append(np.concatenate([engine._qpos, engine._qvel, engine._sensed], axis=1))
    return engine, np.array(seen)


def test_a_reset_of_one_world_leaves_the_others_alone():
    _, calm = brawl({})
    _, broken = brawl({2: 1, 4: 0})
    assert np.array_equal(broken[:, 2], calm[:, 2])
    assert np.array_equal(broken[:4, 0], calm[:4, 0])
    assert not np.array_equal(broken[3, 1], calm[3, 1])


def test_nan_in_one_world_is_counted_and_leaves_the_others_alone():
    batch, calm = (make_batch("sumo", "ant", "warp", 3) for _ in range(2))
    for each in (batch, calm):
        each.reset(5)
    engine = batch.engine
    assert isinstance(engine, WarpEngine)
    for k, action in enumerate(random(6)):
        if k == 2:
            spoilt = engine._data.qvel.numpy().copy()
            spoilt[1, 3] = np.nan
            engine._data.qvel.assign(spoilt)
        both = [each.step([action[None, :8].repeat(3, 0), action[None, 8:].repeat(3, 0)]) for each in (batch, calm)]
        assert both[0].done.tolist() == [False, k == 2, False]
        for ours, other in zip(*(step.observation for step in both), strict=True):
            assert np.array_equal(ours[[0, 2]], other[[0, 2]])
            assert np.isfinite(ours).all()
    assert (batch.diverged, calm.diverged) == (1, 0)


def test_constraints_that_do_not_fit_are_counted_and_leave_the_others_alone(monkeypatch: pytest.MonkeyPatch):
    """World 1 has two ants with their legs in each other, the others two ants apart; there is room for the latter."""
    scene = ants()
    monkeypatch.setattr(warp_engine, "room", lambda model: (60, 40, 200))
    states = [standing(scene, places) for places in (APART, [(0.0, 0.0, 0.3, 0.0), (0.1, 0.0, 0.3, 0.5)], APART)]
    engine, small = WarpEngine(scene, 3, 1), WarpEngine(scene, 1, 1)
    engine.reset(np.arange(3), *(np.concatenate(arrays) for arrays in zip(*states, strict=True)))
    small.reset(np.array([0]), *states[0])
    for action in random(3, size=0.2):
        engine.step(action[None].repeat(3, 0))
        small.step(action[None])
        assert engine.frame.failed.tolist() == [False, True, False]
        assert np.array_equal(engine._qpos[[0, 2]], small._qpos.repeat(2, 0))


def test_four_tangled_ants_have_room():
    """As many contacts and rows as MuJoCo in C counts in four ants that start in one heap fit."""
    batch = make_batch("sumo_4", "ant", "mujoco", 1)
    model = batch.arena.scene.model
    data, rng, contacts, rows = mujoco.MjData(model), np.random.default_rng(0), 0, 0
    data.qpos[:] = standing(batch.arena.scene, [(0.1 * x, 0.1 * y, 0.4, x + y) for x in (-1, 1) for y in (-1, 1)])[0][0]
    for _ in range(80):
        data.ctrl[:] = rng.uniform(-1, 1, model.nu)
        mujoco.mj_step(model, data)
        contacts, rows = max(contacts, data.ncon), max(rows, data.nefc)
    assert (contacts, rows) > (50, 150)  # a heap indeed
    reserved = room(model)
    assert contacts <= reserved[0] < reserved[2]
    assert rows <= reserved[1]
    assert room(mujoco.MjModel.from_xml_string("<mujoco/>")) == (0, 0, 0)


def test_a_saved_batch_continues_bit_for_bit():
    first, second = (make_batch("sumo", "ant", "warp", 2) for _ in range(2))
    first.reset(1)
    for action in random(3):
        first.step([action[None, :8].repeat(2, 0), action[None, 8:].repeat(2, 0)])
    second.restore(first.save())
    for action in random(3):
        both = [each.step([action[None, :8].repeat(2, 0), action[None, 8:].repeat(2, 0)]) for each in (first, second)]
        assert np.array_equal(both[0].observation, both[1].observation)
