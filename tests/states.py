"""Scenes and states for several test files."""

from collections.abc import Mapping

import numpy as np
import pytest

from dohyo.arenas.arrays import Array
from dohyo.arenas.batch import Batch
from dohyo.arenas.bodies import BODIES
from dohyo.arenas.physics import Engine, is_installed, make_engine
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.scene import Scene, compose
from dohyo.arenas.sumo import Sumo

ENGINES = ("pybullet", "mujoco")
"""Engines that test machines have; test_warp_engine.py tests the third."""
needs_warp = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed("warp"), reason="MuJoCo Warp is not installed"),
]
"""Marks of tests on the third engine."""
ALL_ENGINES = [*ENGINES, pytest.param("warp", marks=needs_warp)]
"""Parameters of tests that also run on the third engine, slowly."""
WORLD = np.array([0])
ANT = [BODIES["ant"]] * 2
UP, DOWN = 0.5, 0.29
"""Heights of a standing and of a fallen ant (it is down at 0.30)."""


MIDDLE = {
    "ant": [0, 65] * 4,
    "bug": [0, 65] * 6,
    "spider": [0, 11] * 8,
    "humanoid": [0, 0, 0, *[-22.5, -10, 0, -45] * 2, *[40, 20, 60] * 2],
}
"""The middle of every joint's range in degrees, read off the MJCF files."""


def two(body: str, drive: str = "target") -> Scene:
    """Two bodies of a kind on a floor."""
    return compose([BODIES[body]] * 2, drive)


def ants(drive: str = "target") -> Scene:
    """Two ants on a floor."""
    return two("ant", drive)


def standing(scene: Scene, places: list[tuple[float, float, float, float]]) -> tuple[Array, Array]:
    """One world at rest, joints in the middle of their ranges; a place is x, y, z in m and a yaw in rad."""
    qpos, qvel = np.zeros((1, scene.model.nq)), np.zeros((1, scene.model.nv))
    for seat, (x, y, z, turn) in zip(scene.seats, places, strict=True):
        first = seat.qpos.start
        qpos[0, first : first + 7] = x, y, z, np.cos(turn / 2), 0, 0, np.sin(turn / 2)
        qpos[0, first + 7 : seat.qpos.stop] = seat.joint_range.mean(axis=1)
    return qpos, qvel


def apart(body: str) -> list[tuple[float, float, float, float]]:
    """Places 3 m apart, face to face, feet just clear of the floor."""
    height = BODIES[body].start_height
    return [(-1.5, 0.0, height, 0.0), (1.5, 0.0, height, np.pi)]


APART = apart("ant")
FALLING = [(-1.5, 0.0, 50.0, 0.0), (1.5, 0.0, 50.0, np.pi)]


def changes(scene: Scene, worlds: int = 1, **factors: float) -> dict[str, Array]:
    """Values for `Engine.vary`, the same in all worlds: gravity points down, all bodies and joints have one factor."""
    model, values = scene.model, {}
    for name, factor in factors.items():
        many = {"mass": (model.nbody,), "gravity": (3,), "friction": ()}.get(name, (model.nu,))
        for quantity in ("gain", "damping", "strength") if name == "torque" else (name,):
            values[quantity] = np.full((worlds, *many), factor)
        if name == "gravity":
            values[name] = (values[name] - 1) * [0, 0, -9.81]
    return values


def engine_at(
    name: str, scene: Scene, places: list[tuple[float, float, float, float]], qvel: Array | None = None
) -> Engine:
    """An engine of one world, put into `standing(scene, places)`."""
    engine = make_engine(name, scene, 1)
    position, rest = standing(scene, places)
    engine.reset(WORLD, position, rest if qvel is None else qvel)
    return engine


def scaled(
    name: str,
    scene: Scene,
    places: list[tuple[float, float, float, float]],
    factors: Mapping[str, float],
    qvel: Array | None = None,
    worlds: int = 1,
    workers: int = 1,
) -> Engine:
    """An engine whose worlds all have the same factors and stand alike."""
    engine, ids = make_engine(name, scene, worlds, workers), np.arange(worlds)
    engine.vary(ids, changes(scene, worlds, **factors))
    qpos, rest = standing(scene, places)
    engine.reset(ids, qpos.repeat(worlds, 0), (rest if qvel is None else qvel).repeat(worlds, 0))
    return engine


def still(scene: Scene, worlds: int = 1) -> Array:
    return np.zeros((worlds, scene.model.nu))


def ring(worlds: int = 1, radius: float = 3.0, max_cycles: int = 500) -> tuple[Sumo, Frame]:
    """Rules of a ring of the given radius, and a frame in which both ants stand 1 m from the centre, on the x axis."""
    sumo = Sumo(ANT, worlds, "target", max_cycles)
    sumo.radius[:] = radius
    frame = Frame.empty(sumo.scene, worlds)
    frame.root_position[:] = [(-1, 0, UP), (1, 0, UP)]
    frame.root_before[:] = frame.root_position
    frame.root_rotation[:] = np.eye(3)
    return sumo, frame


def play(batch: Batch, seed: int, steps: int, actions_seed: int = 0) -> np.ndarray:
    """Random actions, the same in every world; observations of all seats and rewards, `[steps + 1, W, numbers]`."""
    rng = np.random.default_rng(actions_seed)
    record = [np.concatenate([*batch.reset(seed), np.zeros((batch.worlds, len(batch.seats)))], axis=1)]
    for _ in range(steps):
        actions = [rng.uniform(-1, 1, (1, *space.shape)).repeat(batch.worlds, 0) for space in batch.action_spaces]
        step = batch.step(actions)
        record.append(np.concatenate([*step.observation, step.reward], axis=1))
    return np.array(record)


def throw_out(batch: Batch, world: int, seat: int) -> None:
    """Put a seat of sumo far outside the ring, so that its next control step loses the bout; all have touched."""
    ids = np.array([world])
    qpos, qvel = batch.engine._qpos[ids].copy(), batch.engine._qvel[ids].copy()
    qpos[0, batch.arena.scene.seats[seat].qpos.start] = 20
    batch.engine.reset(ids, qpos, qvel)
    batch.arena.touched[world] = True
