"""Each way to win, lose and draw, reached on every engine from a constructed state, and its reward (paper.md)."""

from typing import Any

import numpy as np
import pytest
import torch
from states import ALL_ENGINES, needs_warp

from dohyo.arenas import make_batch
from dohyo.arenas.device import DeviceBatch, make_device_batch

ALL_ENGINES = [*ALL_ENGINES, "mujoco on tensors", pytest.param("warp on tensors", marks=needs_warp)]
"""Engines of batches over numpy arrays, then those of device batches."""

UPRIGHT, ON_ITS_BACK = (1, 0, 0, 0), (0, 1, 0, 0)
HEIGHT = {UPRIGHT: 0.5, ON_ITS_BACK: 0.17}
"""Root heights of an ant that stands and of one that lies on its back."""


def up(x: float, y: float = 0.0) -> tuple[float, float, tuple[int, ...]]:
    return x, y, UPRIGHT


def down(x: float, y: float = 0.0) -> tuple[float, float, tuple[int, ...]]:
    return x, y, ON_ITS_BACK


NEAR, APART = (up(-0.5), up(0.5)), (up(-1.5), up(1.5))
"""Places in which two ants' legs are in each other, and in which they are not."""

CASES = [
    # sumo, a ring of 3 m; a win needs contact, here in the state before the one that decides
    ("sumo", [NEAR, (down(-1), up(1))], "fell", 1, (-1000, 1000)),
    ("sumo", [NEAR, (up(-1), down(1))], "fell", 0, (1000, -1000)),
    ("sumo", [NEAR, (up(-1), up(3.5))], "left the ring", 0, (1000, -1000)),
    ("sumo", [NEAR, (up(-2.2, 2.2), up(1))], "left the ring", 1, (-1000, 1000)),
    ("sumo", [NEAR, (down(-1), up(3.5))], "fell", 1, (-1000, 1000)),
    ("sumo", [NEAR, (down(-1), down(1))], "all out", -1, (-1000, -1000)),
    ("sumo", [NEAR, (up(-4), up(4))], "all out", -1, (-1000, -1000)),
    ("sumo", [APART, (down(-1), up(1))], "out without contact", -1, (-1000, 0)),
    ("sumo", [APART, (up(-1), up(3.5))], "out without contact", -1, (0, -1000)),
    ("sumo", [APART] * 5, "time-out", -1, (-1000, -1000)),
    ("run_to_goal", [(up(4.5), up(0))], "reached the goal", 0, (1000, -1000)),
    ("run_to_goal", [(up(0), up(-4.5))], "reached the goal", 1, (-1000, 1000)),
    ("run_to_goal", [(up(4.5), up(-4.5))], "both reached the goal", -1, (0, 0)),
    ("run_to_goal", [(down(4.5), down(0))], "reached the goal", 0, (1000, -1000)),
    ("run_to_goal", [(down(-1), down(1))], "both down", -1, (0, 0)),
    ("run_to_goal", [APART] * 5, "time-out", -1, (-1000, -1000)),
    ("you_shall_not_pass", [(up(0), up(-4.5))], "passed", 1, (-1000, 1000)),
    ("you_shall_not_pass", [(down(0), down(-4.5))], "passed", 1, (-1000, 1000)),
    ("you_shall_not_pass", [(up(0), down(2))], "runner fell", 0, (1000, -1000)),
    ("you_shall_not_pass", [(down(0), down(2))], "runner fell", 0, (0, -1000)),
    ("you_shall_not_pass", [APART] * 5, "time-out", 0, (1000, -1000)),
    ("you_shall_not_pass", [(down(0), up(2))] * 5, "time-out", 0, (0, -1000)),
]
BALL = ((-1, 0), (0, 0))
"""A ball at rest out of reach: place and velocity, x and y."""
KICKS = [
    # kicker, keeper, ball, and whether the keeper has touched it before
    (up(0), up(3), ((4.2, 0), (1, 0)), False, "goal", 0, (1000, -1000)),
    (up(0), up(3), ((4.2, 2.9), (0, 0)), True, "goal", 0, (1000, -1000)),
    (down(0), up(1.2), ((4.2, 0), (1, 0)), False, "goal", 0, (1000, -1000)),  # a goal counts more than straying
    (up(0), up(3), ((4.2, 3.3), (1, 0)), False, "missed", 1, (-1000, 1500)),
    (up(0), up(3), ((4.2, -3.3), (1, 0)), True, "missed", 1, (-1000, 2000)),
    (up(0), down(3), ((4.2, -3.3), (1, 0)), True, "missed", 1, (-1000, 1500)),
    (up(0), down(3), ((4.2, -3.3), (1, 0)), False, "missed", 1, (-1000, 1000)),
    (up(-3), up(3), ((0, 0), (-2.5, 0)), False, "rolled back", 1, (-1000, 1500)),
    (down(-3), down(3), BALL, False, "both down", 1, (-1000, 1000)),
    (up(-3), up(1.2), BALL, False, "keeper strayed", -1, (0, -1000)),
    (up(-3), up(6.7), BALL, True, "keeper strayed", -1, (0, -1000)),
    (up(-3), up(3), BALL, False, "time-out", 1, (-1000, 1500)),
]
GOES_ON = [
    ("sumo", (up(-2.8), up(2.8))),
    ("run_to_goal", (up(3.8), up(-3.8))),
    ("run_to_goal", (up(-4.5), up(4.5))),  # beyond the other's line
    ("run_to_goal", (down(-1), up(1))),  # one may fall
    ("you_shall_not_pass", (up(-4.5), up(-3.8))),
    ("you_shall_not_pass", (down(0), up(1))),
]


def make(arena: str, engine: str, cycles: int) -> Any:
    """A batch of one world, over arrays or tensors."""
    if engine.endswith(" on tensors"):
        name = engine.removesuffix(" on tensors")
        return make_device_batch(arena, "ant", name, 1, device="cpu", workers=1, max_cycles=cycles, autoreset=False)
    return make_batch(arena, "ant", engine, 1, workers=1, max_cycles=cycles, autoreset=False)


def rest(batch) -> Any:
    """Actions of zero."""
    still = np.zeros((1, 8))
    return [torch.from_numpy(still) if isinstance(batch, DeviceBatch) else still] * 2


def put(batch, places, ball=None) -> None:
    """Put the world's ants at rest into places, joints in the middle of their ranges, and a ball if there is one."""
    model = batch.arena.scene.model
    qpos, qvel = np.tile(model.qpos0, (1, 1)), np.zeros((1, model.nv))
    for seat, (x, y, orientation) in zip(batch.arena.scene.seats, places, strict=True):
        first = seat.qpos.start
        qpos[0, first : first + 7] = x, y, HEIGHT[orientation], *orientation
        qpos[0, first + 7 : seat.qpos.stop] = seat.joint_range.mean(axis=1)
    if ball is not None:
        layout = batch.arena.scene.loose[0]
        qpos[0, layout.qpos.start : layout.qpos.start + 2], qvel[0, layout.qvel.start : layout.qvel.start + 2] = ball
    if isinstance(batch, DeviceBatch):
        batch.engine.reset(torch.tensor([True]), torch.from_numpy(qpos), torch.from_numpy(qvel))
    else:
        batch.engine.reset(np.array([0]), qpos, qvel)


def play(arena: str, engine: str, states) -> tuple[object, object]:
    """Put the world into one state after another, a control step in each; return the last step and the batch."""
    batch = make(arena, engine, cycles=5)
    batch.reset(0)
    if arena == "sumo":
        batch.arena.radius[:] = 3
    for places in states:
        put(batch, places)
        step = batch.step(rest(batch))
    batch.close()
    return step, batch


@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize(("arena", "states", "ending", "winner", "outcome"), CASES)
def test_how_bouts_end_and_what_that_pays(arena, states, ending, winner, outcome, engine):
    step, batch = play(arena, engine, states)
    assert step.done.tolist() == [True]
    assert batch.endings[step.finished.ending[0]] == ending
    assert step.finished.winner.tolist() == [winner]
    assert step.outcome.tolist() == [list(outcome)]


@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize(("arena", "places"), GOES_ON)
def test_when_bouts_go_on(arena, places, engine):
    step, _ = play(arena, engine, [places])
    assert step.done.tolist() == [False]
    assert step.outcome.tolist() == [[0, 0]]


@pytest.mark.parametrize("engine", ALL_ENGINES)
@pytest.mark.parametrize(("kicker", "keeper", "ball", "saved", "ending", "winner", "outcome"), KICKS)
def test_how_kicks_end_and_what_that_pays(kicker, keeper, ball, saved, ending, winner, outcome, engine):
    batch = make("kick_and_defend", engine, cycles=1 if ending == "time-out" else 5)
    batch.reset(0)
    batch.arena.saved[:] = saved
    put(batch, (kicker, keeper), ball)
    step = batch.step(rest(batch))
    assert step.done.tolist() == [True]
    assert batch.endings[step.finished.ending[0]] == ending
    assert step.finished.winner.tolist() == [winner]
    assert step.outcome.tolist() == [list(outcome)]
    batch.close()


@pytest.mark.parametrize("engine", ALL_ENGINES)
def test_a_keeper_that_is_hit_has_touched_the_ball(engine):
    batch = make("kick_and_defend", engine, cycles=500)
    batch.reset(0)
    put(batch, (up(-3), up(3)), ((1.9, 0.6), (3, 0)))
    for _ in range(10):
        batch.step(rest(batch))
    assert batch.arena.saved.tolist() == [True]
    batch.close()
