"""Pushes: what the config refuses, when pushes come, and that they repeat."""

import numpy as np
import pytest
from states import ENGINES, play

from dohyo.arenas import ConfigError, Push, UnknownName, make_batch, sumo_v0
from dohyo.arenas.push import Pusher

both = pytest.mark.parametrize("engine", ENGINES)
SEATS = ("a", "b")


def begun(push: Push, worlds: int, seed: int = 0) -> Pusher:
    """A pusher whose worlds have all begun a bout of 20 control steps."""
    pusher = Pusher(push, SEATS, 20, worlds)
    pusher.seed([seed + w for w in range(worlds)])
    pusher.begin(np.arange(worlds))
    return pusher


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"force": -1.0}, "force"),
        ({"force": float("nan")}, "force"),
        ({"force": 1.0, "every": 0}, "every"),
        ({"force": 1.0, "every": 2.5}, "every"),
        ({"force": 1.0, "decay": 1.1}, "decay"),
        ({"force": 1.0, "decay": float("nan")}, "decay"),
    ],
)
def test_a_push_that_cannot_be_is_named(wrong, named):
    with pytest.raises(ConfigError, match=f"push: {named}"):
        Push(**wrong)


def test_unknown_names_list_what_there_is():
    with pytest.raises(UnknownName, match=r"unknown direction 'up'.*inwards, level, outwards, radial"):
        Push(1.0, direction="up")
    with pytest.raises(UnknownName, match=r"unknown seat 'sumo_2'.*sumo_0, sumo_1"):
        make_batch("sumo", worlds=2, push=Push(1.0, seat="sumo_2"))


def test_pushes_come_fade_and_come_again():
    """100 N every 3 steps, halved each step: 100, 50, 25, 100, ... A new bout is pushed in full at once."""
    position = np.array([[[3.0, 4.0, 0.6], [0.0, -2.0, 0.6]], [[-1.0, 0.0, 0.6], [1.0, 0.0, 0.6]]])
    pusher, pushes = begun(Push(100.0, every=3, decay=0.5, direction="inwards", seat="b"), 2), []
    for steps in ((0, 2), (1, 0), (2, 1), (3, 2), (4, 3)):
        if steps[1] == 0:
            pusher.begin(np.array([1]))
        pushes.append(pusher.blow(position, np.array(steps)).copy())
    forces = np.array(pushes)
    assert (forces[:, :, 0] == 0).all()
    assert forces[:, 0, 1].tolist() == [[0, 100, 0], [0, 50, 0], [0, 25, 0], [0, 100, 0], [0, 50, 0]]
    assert forces[1:, 1, 1].tolist() == [[-100, 0, 0], [-50, 0, 0], [-25, 0, 0], [-100, 0, 0]]


def test_a_push_keeps_its_direction_while_its_seat_moves():
    pusher = begun(Push(10.0, every=2, direction="outwards"), 1)
    pushes = [
        pusher.blow(np.array([[[x, 0, 0.6], [0, 1, 0.6]]]), np.array([k]))[0, 0].tolist()
        for k, x in enumerate((1.0, -1.0, -1.0))
    ]
    assert pushes == [[10, 0, 0], [9, 0, 0], [-10, 0, 0]]


def test_a_seat_in_the_very_centre_is_pushed_along_x():
    pusher = begun(Push(10.0, direction="outwards"), 1)
    assert pusher.blow(np.zeros((1, 2, 3)), np.array([0]))[0].tolist() == [[10, 0, 0], [10, 0, 0]]


@pytest.mark.parametrize("direction", ["radial", "level"])
def test_pushes_are_horizontal_and_have_no_favourite(direction):
    """1000 worlds, two seats: of 2000 pushes half lead inwards, to four standard errors of 22."""
    pusher, position = begun(Push(10.0, every=4, direction=direction), 1000), np.ones((1000, 2, 3))
    force = pusher.blow(position, np.zeros(1000, int)).copy()
    assert np.linalg.norm(force, axis=-1) == pytest.approx(np.full((1000, 2), 10.0))
    assert (force[..., 2] == 0).all()
    assert (force[..., 0] + force[..., 1] < 0).sum() == pytest.approx(1000, abs=4 * 22)
    assert 0.3 < (force[:, 0] * force[:, 1] > 0).any(axis=-1).mean() < 0.9
    assert not np.array_equal(pusher.blow(position, np.full(1000, 4)), force)


@both
def test_a_push_of_nothing_changes_nothing(engine):
    results = []
    for push in (None, Push(0.0)):
        batch = make_batch("sumo", engine=engine, worlds=2, max_cycles=25, push=push)
        results.append(play(batch, seed=5, steps=60))
        assert (batch.randomiser.push_force == 0).all()
        batch.close()
    assert np.array_equal(*results)


@both
def test_the_view_pushes_and_says_nothing_new(engine):
    push = Push(2000.0, direction="outwards", seat="sumo_1")
    calm, windy = (sumo_v0.parallel_env(engine=engine, push=p) for p in (None, push))
    speeds, infos = [], []
    for env in (calm, windy):
        env.reset(seed=4)
        _, _, _, _, info = env.step({agent: np.zeros(8) for agent in env.agents})
        frame = env.batch.engine.frame
        away = frame.root_position[0, :, :2] / np.linalg.norm(frame.root_position[0, :, :2], axis=1, keepdims=True)
        speeds.append((frame.root_velocity[0, :, :2] * away).sum(axis=1))
        infos.append({agent: sorted(values) for agent, values in info.items()})
    assert infos[0] == infos[1]
    assert np.linalg.norm(windy.batch.randomiser.push_force[0], axis=1) == pytest.approx([0, 2000])
    assert speeds[1][0] == pytest.approx(speeds[0][0], abs=1e-9)
    assert speeds[1][1] > speeds[0][1] + 1
    calm.close()
    windy.close()
