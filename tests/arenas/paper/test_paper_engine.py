"""The paper's arenas: bodies, starts, the engine, and features of all arenas."""

import mujoco
import numpy as np
import pytest
from mujoco.batch import SimulationError

from dohyo.arenas import ARENAS, ActionError, DohyoEnv, Push, Randomisation, SeatEnv, UnknownName, make_batch, render
from dohyo.arenas.batch import Batch
from dohyo.arenas.paper.runge_kutta import RungeKutta
from dohyo.arenas.registry import build_arena, set_up

PAPER = [name for name in ARENAS if name.startswith("paper/")]
LINEUPS = [(name, None) for name in PAPER] + [("paper/robosumo", "robosumo_bug,robosumo_spider")]


def noise(batch: Batch, seed: int, scale: float = 1.0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.uniform(-scale, scale, (batch.worlds, *space.shape)) for space in batch.action_spaces]


@pytest.mark.parametrize(("arena", "body"), LINEUPS)
def test_the_step_is_that_of_mujoco(arena, body):
    """The last physics step, taken stage by stage, ends where `mj_step` does, bit for bit."""
    ours, plain = (make_batch(arena, body, worlds=2, workers=1, autoreset=False) for _ in range(2))
    ours.reset(5), plain.reset(5)
    for k in range(12):
        actions = noise(ours, k)
        ours.step(actions)
        plain.engine.advance(np.concatenate(actions, axis=1))
    assert np.array_equal(ours.engine.frame.qpos, plain.engine.frame.qpos)
    assert np.array_equal(ours.engine.frame.qvel, plain.engine.frame.qvel)


def test_masses_are_those_of_the_old_rule():
    """A capsule weighed as a cylinder half a radius longer at each end: published numbers, and two by hand."""
    humans, ants = build_arena("paper/run-to-goal-humans"), build_arena("paper/sumo-ants")
    assert humans.scene.model.body_subtreemass[humans.scene.seats[0].root] == pytest.approx(39.6457, abs=2e-4)
    leg = 5 * np.pi * 0.08**2 * (np.hypot(0.2, 0.2) + 0.08)
    assert ants.scene.model.body("agent1/aux_2").mass == pytest.approx(leg)
    assert ants.scene.model.body("agent1/torso").mass == pytest.approx(5 * np.pi * 4 / 3 * 0.25**3)


def test_densities_of_robosumo():
    """The code gives an ant and a bug one density for all parts, a spider's legs have their own."""
    scenes = [build_arena("paper/robosumo", f"robosumo_{kind}").scene for kind in ("ant", "bug", "spider")]
    torsos = [scene.model.body("agent0/torso").mass[0] / (np.pi * 4 / 3 * 0.25**3) for scene in scenes]
    assert torsos == pytest.approx([13, 10, 39])
    lengths = [(0.08, np.hypot(0.2, 0.2)), (0.08, np.hypot(0.18, 0.215)), (0.04, np.linalg.norm([0.056, 0.209, 0.125]))]
    legs = [
        scene.model.body(f"agent0/{name}").mass[0] / (np.pi * radius**2 * (length + radius))
        for scene, (radius, length), name in zip(
            scenes, lengths, ("front_left_leg", "back_left_leg", "back_left_leg"), strict=True
        )
    ]
    assert legs == pytest.approx([13, 10, 5])


def test_contact_forces_carry_the_weight():
    """An ant at rest: 1.7574 kg for two, of which the ground carries half each."""
    batch = make_batch("paper/run-to-goal-ants", worlds=1)
    batch.reset(0)
    for _ in range(150):
        batch.step([np.zeros((1, 8))] * 2)
    for seat in batch.arena.scene.seats:
        bodies = slice(seat.root, seat.root + 13)
        carried = batch.engine.frame.external[0, bodies].sum(axis=0)
        assert carried[5] == pytest.approx(1.7574 / 2 * 9.81, rel=0.02)


def test_a_platform_ends_at_its_radius():
    heights = []
    for radius in (2.0, 4.5):
        batch = make_batch("paper/sumo-ants", worlds=1, autoreset=False)
        batch.reset(0)
        qpos, qvel, _ = batch.arena.spawn(np.array([0]), batch._dice)
        qpos[0, :3], qpos[0, 15:18] = (0, 0, 0.9), (3.3, 0, 0.9)
        batch.engine.reset(np.array([0]), qpos, qvel, np.array([radius]))
        for _ in range(60):
            batch.step([np.zeros((1, 8))] * 2)
        heights.append(batch.engine.frame.root_position[0, 1, 2])
    assert heights[0] < 0.7 < 1.0 < heights[1]


def test_actions_are_not_clipped():
    """The motors clamp their torques, and the reward counts the unclamped actions."""
    batches = [make_batch("paper/sumo-ants", worlds=1, autoreset=False) for _ in range(2)]
    paid = []
    for batch, size in zip(batches, (1.0, 3.0), strict=True):
        batch.reset(0)
        step = batch.step([np.full((1, 8), size)] * 2)
        paid.append(step.terms["control"][0, 0])
    assert np.array_equal(*(batch.engine.frame.qpos for batch in batches))
    assert paid == pytest.approx([-0.8, -7.2])
    with pytest.raises(ActionError, match="NaN"):
        batches[0].step([np.full((1, 8), np.nan)] * 2)


@pytest.mark.parametrize(("arena", "body"), LINEUPS)
def test_starts(arena, body):
    """Quaternions of length 1, noise within its range, velocities of deviation 0.1."""
    batch = make_batch(arena, body, worlds=200, workers=1)
    batch.reset(3)
    frame, scene = batch.engine.frame, batch.arena.scene
    for actor in scene.actors:
        quaternion = frame.qpos[:, actor.qpos.start + 3 : actor.qpos.start + 7]
        assert np.linalg.norm(quaternion, axis=1) == pytest.approx(1)
    for seat in scene.seats:
        joints = frame.qpos[:, seat.qpos.start + 7 : seat.qpos.stop]
        assert 0.099 < np.abs(joints).max() <= 0.1
        assert frame.qvel[:, seat.qvel].std() == pytest.approx(0.1, rel=0.05)
    batch.close()


@pytest.mark.parametrize(
    ("arena", "smallest", "largest"), [("paper/sumo-ants", 2.5, 4.5), ("paper/sumo-humans", 1.5, 3.5)]
)
def test_starts_on_the_platform(arena, smallest, largest):
    batch = make_batch(arena, worlds=300, workers=1)
    batch.reset(0)
    radius, place = batch.arena.radius, batch.engine.frame.root_position
    assert smallest <= radius.min() < smallest + 0.1 < largest - 0.1 < radius.max() <= largest
    gap = 0.3 + smallest / 2
    for seat, side in ((0, -1), (1, 1)):
        x, y = side * place[:, seat, 0], place[:, seat, 1]
        assert (x >= 0.3).all()
        assert (x <= radius - gap).all()
        assert (np.abs(y) <= np.sqrt(radius**2 - x**2) - gap).all()
    assert np.abs(place[:, :, 2] - 2.5).max() <= 0.1


def test_starts_of_kick_and_defend():
    batch = make_batch("paper/kick-and-defend", worlds=300, workers=1)
    batch.reset(0)
    frame = batch.engine.frame
    ball, speed = frame.loose_position[:, 0], frame.loose_velocity[:, 0]
    ranges = [(-3.5, -0.5), (-2, 2), (1.6, 3.5), (-2, 2), (-2, 1), (-4, 4)]
    drawn = [*frame.root_position[:, 0, :2].T, *frame.root_position[:, 1, :2].T, *ball[:, :2].T]
    for (low, high), numbers in zip(ranges, drawn, strict=True):
        assert low <= numbers.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < numbers.max() <= high
    assert (ball[:, 2] == 0.35).all()
    assert (speed[:, 0] >= 0).all()
    assert 0.4 < (speed == 0.1).all(axis=1).mean() < 0.6  # those that the noise would have let roll back


def test_starts_of_robosumo():
    batch = make_batch("paper/robosumo", "robosumo_ant,robosumo_spider", worlds=300, workers=1)
    batch.reset(0)
    place = batch.engine.frame.root_position
    assert np.abs(np.linalg.norm(place[:, :, :2], axis=2) - 1.15).max() <= 0.1 * np.sqrt(2)
    assert np.abs(place[:, 0, :2] + place[:, 1, :2]).max() <= 0.2
    assert np.abs(place[:, :, 2] - 1.25).max() <= 0.1


def test_each_arena_has_its_own_choice():
    assert set_up("sumo") == ("ant", "pybullet", "target", "accurate")
    assert set_up("paper/sumo-humans") == ("paper_humanoid", "mujoco", "torque", "accurate")
    assert set_up("paper/robosumo", "robosumo_bug") == ("robosumo_bug", "mujoco", "torque", "accurate")
    env = DohyoEnv("paper/sumo-humans")
    assert env.observation_space("sumo_1").shape == (395,)
    assert env.metadata["render_fps"] == 67  # five steps of 0.003 s
    seat = SeatEnv("paper/you-shall-not-pass", seat="runner_0")
    assert seat.observation_space.shape == (380,)


@pytest.mark.parametrize(
    ("arena", "keywords", "said"),
    [
        ("paper/sumo-ants", {"engine": "pybullet"}, "does not take engine 'pybullet'; it takes: mujoco"),
        ("paper/sumo-ants", {"body": "ant"}, "does not take body 'ant'; it takes: paper_ant"),
        ("paper/sumo-ants", {"drive": "target"}, "does not take drive 'target'; it takes: torque"),
        ("sumo", {"body": "paper_ant"}, "does not take body 'paper_ant'"),
    ],
)
def test_what_an_arena_does_not_take(arena, keywords, said):
    with pytest.raises(UnknownName, match=said):
        make_batch(arena, worlds=1, **keywords)


def test_masses_and_pushes_work_here_too():
    """A push of 100 N, then 90 N, for control steps of 0.015 s on a falling human of 39.6457 kg, or of twice that."""
    for mass in (1.0, 2.0):
        push, heavy = Push(100.0, direction="inwards", seat="sumo_0"), Randomisation(mass=(mass, mass))
        batch = make_batch("paper/sumo-humans", worlds=1, randomisation=heavy, push=push)
        batch.reset(0)
        twin = make_batch("paper/sumo-humans", worlds=1, randomisation=heavy)
        twin.reset(0)
        still = [np.zeros((1, 17))] * 2
        for b in (batch, twin):
            b.step(still), b.step(still)
        gained = (batch.engine.frame.com - twin.engine.frame.com)[0, 0] / 0.015
        # In two control steps: half a step's way under the first push, then a whole one, and half under 0.9 of it.
        speed = 100 * 0.015 / (39.6457 * mass)
        assert np.linalg.norm(gained) == pytest.approx((0.5 + 1 + 0.45) * speed, rel=0.05)


def test_damping_scales_the_joints_own():
    """The paper's ant has a joint damping of 1, which no actuator adds; twice that is 2, and free joints have none."""
    batch = make_batch("paper/sumo-ants", worlds=1, randomisation=Randomisation(damping=(2.0, 2.0)))
    batch.reset(0)
    assert sorted(batch.engine._batch.expanded("dof_damping")[0].tolist()) == [0] * 12 + [2] * 16
    batch.close()


def test_a_world_that_raises_disturbs_no_other(monkeypatch):
    """MuJoCo fails in one of three worlds in the middle of the last physics step: only it ends, and is counted."""
    disturbed, calm = (make_batch("paper/sumo-ants", worlds=3, workers=1, autoreset=False) for _ in range(2))
    disturbed.reset(2), calm.reset(2)
    forward, calls = disturbed.engine._batch.forward, []

    def refuse(*arguments):
        forward(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise SimulationError(np.array([1]), "out of memory")

    monkeypatch.setattr(disturbed.engine._batch, "forward", refuse)
    steps = [batch.step(noise(batch, 0)) for batch in (disturbed, calm)]
    assert steps[0].done.tolist() == [False, True, False]
    assert disturbed.diverged == 1
    for seat in (0, 1):
        assert np.array_equal(steps[0].observation[seat][[0, 2]], steps[1].observation[seat][[0, 2]])


def test_pictures_show_the_platform_as_it_is():
    batch = make_batch("paper/sumo-ants", worlds=2, workers=1)
    batch.reset(0)
    assert batch.arena.model(0).geom("arena").size[0] == batch.arena.radius[0]
    assert batch.arena.scene.model.geom("arena").size[0] == 4.5
    picture = render(batch.arena, batch.engine.frame, 1).astype(int)
    clay = (picture[..., 0] > picture[..., 2] + 30) & (picture[..., 1] > picture[..., 2] + 10)
    red = (picture[..., 0] > 2 * picture[..., 1]) & (picture[..., 0] > 100)
    blue = (picture[..., 2] > 1.5 * picture[..., 0]) & (picture[..., 2] > 100)
    assert clay.mean() > 0.2
    assert red.sum() > 50
    assert blue.sum() > 50


@pytest.mark.parametrize("worlds", [1, 16, 35])
def test_positions_move_as_mujoco_moves_those_of_one_world(worlds: int):
    """Worlds are moved sixteen at a time, the rest one by one."""
    model, rng = build_arena("paper/sumo-ants", "paper_ant", drive="torque").scene.model, np.random.default_rng(0)
    qpos = model.qpos0 + rng.normal(0, 1, (worlds, model.nq))
    rate = rng.normal(0, 5, (worlds, model.nv))
    expected = qpos.copy()
    for row, speed in zip(expected, rate, strict=True):
        mujoco.mj_integratePos(model, row, speed, 0.01)
    np.testing.assert_array_equal(RungeKutta(model, worlds)._moved(qpos, rate, 0.01), expected)
