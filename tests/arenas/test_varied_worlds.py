"""Changes of the physics stay with their world and leave no trace, after resets and failures, and with workers."""

import numpy as np
import pytest
from states import APART, ENGINES, FALLING, WORLD, ants, changes, scaled, standing, still

from dohyo.arenas import Engine
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics import make_engine

GRAVITY = 9.81
FACTORS = {"gravity": 1.3, "friction": 0.7, "mass": 0.8, "torque": 1.2}
LIGHT = {"gravity": 2.0, "friction": 0.5, "mass": 0.3, "torque": 1.0}
both = pytest.mark.parametrize("name", ENGINES)


@both
def test_resets_keep_factors_and_other_worlds_keep_theirs(name):
    """Gravity 0.5, 1 and 2 in three worlds, the last two set at once, the first reset twice more."""
    scene = ants()
    engine = scaled(name, scene, FALLING, {}, worlds=3, workers=2)
    state = [x.repeat(3, 0) for x in standing(scene, FALLING)]
    pull = np.concatenate([changes(scene, gravity=factor)["gravity"] for factor in (2.0, 0.5)])
    engine.vary(np.array([2, 0]), {"gravity": pull})
    for _ in range(2):
        engine.reset(np.arange(3), *state)
        for _ in range(4):
            engine.step(still(scene, 3))
        speed = GRAVITY * 0.2
        assert engine.frame.root_velocity[:, 0, 2] == pytest.approx([-speed / 2, -speed, -2 * speed], abs=1e-9)
    engine.close()


@both
def test_a_world_that_is_put_back_keeps_its_factors(name):
    scene = ants()
    engine = scaled(name, scene, FALLING, {"gravity": 0.5})
    with np.errstate(invalid="ignore"):
        engine._put(WORLD, engine._qpos.copy(), np.full_like(engine._qvel, np.nan))
        engine.step(still(scene))
    assert engine.frame.failed.all()
    for _ in range(4):
        engine.step(still(scene))
    assert engine.frame.root_velocity[0, :, 2] == pytest.approx([-GRAVITY * 0.2 / 2] * 2, abs=1e-9)
    engine.close()


def brawl(engine: Engine, worlds: int = 1) -> Array:
    """Random actions and pushes on the ground; the states at the end."""
    rng, scene = np.random.default_rng(4), engine.scene
    near = [(-0.5, 0.05, 0.62, 0.0), (0.5, -0.05, 0.62, np.pi)]
    engine.reset(np.arange(worlds), *(x.repeat(worlds, 0) for x in standing(scene, near)))
    for _ in range(15):
        action, force = rng.uniform(-1, 1, (1, 16)), rng.uniform(-200, 200, (1, 2, 3))
        engine.push(force.repeat(worlds, 0))
        engine.step(action.repeat(worlds, 0))
    return np.concatenate([engine._qpos, engine._qvel], axis=1)


@both
def test_factors_leave_no_trace(name):
    """A world that had other factors continues like one that had none; factors of 1 do not change the model."""
    scene = ants()
    first, second = (changes(scene, **f) for f in (FACTORS, dict.fromkeys(FACTORS, 1.0)))
    fresh, used, plain = (make_engine(name, scene, 1) for _ in range(3))
    fresh.vary(WORLD, first)
    expected = brawl(fresh)
    used.vary(WORLD, changes(scene, **LIGHT))
    brawl(used)
    used.vary(WORLD, first)
    assert np.array_equal(brawl(used), expected)
    used.vary(WORLD, second)
    assert np.array_equal(brawl(used), brawl(plain))
    assert not np.array_equal(brawl(plain), expected)
    for engine in (fresh, used, plain):
        engine.close()


@both
def test_workers_change_nothing_in_varied_worlds(name):
    """The same numbers from one worker and from two, W not a multiple of them, each world with factors of its own."""
    scene, results = ants(), []
    for workers in (1, 2):
        engine = make_engine(name, scene, 3, workers)
        each = [changes(scene, **{k: v * x for k, v in FACTORS.items()}) for x in (0.8, 1.0, 1.2)]
        engine.vary(np.arange(3), {name: np.concatenate([one[name] for one in each]) for name in each[0]})
        results.append(brawl(engine, 3))
        engine.close()
    assert np.array_equal(*results)
    assert not np.array_equal(results[0][0], results[0][1])


def test_the_plain_engine_expands_no_field():
    """Per-world model fields cost memory; only those of the quantities that are scaled exist."""
    scene = ants()
    engine = make_engine("mujoco", scene, 2)
    engine.reset(np.arange(2), *(x.repeat(2, 0) for x in standing(scene, APART)))
    fields = ("opt.gravity", "geom_friction", "body_mass", "body_inertia", "actuator_gainprm", "actuator_biasprm")
    assert [f for f in fields if engine._batch.expanded(f) is not None] == []
    engine.vary(WORLD, changes(scene, mass=2.0))
    assert [f for f in fields if engine._batch.expanded(f) is not None] == ["body_mass", "body_inertia"]
