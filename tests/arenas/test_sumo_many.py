"""Sumo with three seats, four, and two against two, against answers worked out by hand."""

import numpy as np
import pytest

from dohyo.arenas import BODIES, Frame, make_batch, sumo_3_v0
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import layout, observation_size
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.sumo import Sumo

UP, DOWN = 0.5, 0.29
EVERYONE = [(1, 0, UP), (0, 1, UP), (-1, 0, UP), (0, -1, UP)]


def ring(sides: tuple[int, ...], max_cycles: int = 500) -> tuple[Sumo, Frame]:
    """A ring of 3 m in which every seat stands 1 m from the centre and has touched no other."""
    sumo = Sumo([BODIES["ant"]] * len(sides), 1, "target", max_cycles, sides)
    sumo.radius[:] = 3
    frame = Frame.empty(sumo.scene, 1)
    frame.root_position[0] = EVERYONE[: len(sides)]
    frame.root_before[:] = frame.root_position
    frame.root_rotation[:] = np.eye(3)
    return sumo, frame


def meet(frame: Frame, a: int, b: int) -> None:
    frame.contact[0, a, b] = frame.contact[0, b, a] = True


def judge(sumo: Sumo, frame: Frame):
    return sumo.judge(frame, np.zeros((1, sumo.scene.model.nu)))


def test_the_last_of_three_wins():
    sumo, frame = ring((0, 1, 2))
    meet(frame, 0, 2)
    frame.root_position[0, 1, 2] = DOWN
    first = judge(sumo, frame)
    assert (first.done.tolist(), first.out.tolist()) == ([False], [[False, True, False]])
    assert first.outcome.tolist() == [[0, -1000, 0]]
    assert first.winner.tolist() == [-1]
    again = judge(sumo, frame)  # it lies there and costs nothing more
    assert (again.out.any(), again.outcome.any(), again.done.any()) == (False, False, False)
    assert again.terms[:, 0, 1].tolist() == [0] * 6
    frame.root_position[0, 0, :2] = 4, 0
    last = judge(sumo, frame)
    assert (last.done.tolist(), last.winner.tolist()) == ([True], [2])
    assert sumo.endings[last.ending[0]] == "left the ring"
    assert last.outcome.tolist() == [[-1000, 0, 1000]]


def test_a_win_among_three_needs_contact():
    sumo, frame = ring((0, 1, 2))
    meet(frame, 0, 1)
    frame.root_position[0, :2, 2] = DOWN
    verdict = judge(sumo, frame)
    assert (verdict.done.tolist(), verdict.winner.tolist()) == ([True], [-1])
    assert sumo.endings[verdict.ending[0]] == "out without contact"
    assert verdict.outcome.tolist() == [[-1000, -1000, 0]]


def test_two_against_two():
    """A side loses when both of its seats are out; the remaining seats of the other side get the reward."""
    sumo, frame = ring((0, 0, 1, 1))
    meet(frame, 1, 2)
    frame.root_position[0, 0, 2] = frame.root_position[0, 3, 2] = DOWN
    assert not judge(sumo, frame).done[0]
    frame.root_position[0, 2, 2] = DOWN
    verdict = judge(sumo, frame)
    assert (verdict.done.tolist(), verdict.winner.tolist()) == ([True], [0])
    assert verdict.outcome.tolist() == [[0, 1000, -1000, 0]]


def test_contact_with_a_partner_is_no_contact():
    sumo, frame = ring((0, 0, 1, 1))
    meet(frame, 0, 1)
    frame.root_position[0, 2:, 2] = DOWN
    verdict = judge(sumo, frame)
    assert (verdict.done.tolist(), verdict.winner.tolist()) == ([True], [-1])


def test_all_out_at_once_is_a_draw():
    sumo, frame = ring((0, 1, 2, 3))
    meet(frame, 0, 1)
    frame.root_position[..., 2] = DOWN
    verdict = judge(sumo, frame)
    assert sumo.endings[verdict.ending[0]] == "all out"
    assert verdict.outcome.tolist() == [[-1000] * 4]


def test_a_time_out_costs_those_still_in_play():
    sumo, frame = ring((0, 1, 2), max_cycles=2)
    frame.root_position[0, 1, 2] = DOWN
    judge(sumo, frame)
    verdict = judge(sumo, frame)
    assert sumo.endings[verdict.ending[0]] == "time-out"
    assert verdict.outcome.tolist() == [[-1000, 0, -1000]]


def test_terms_are_about_the_nearest_opponent_in_play():
    """Seat 0 at (1, 0) moves by 2 m/s along y: towards seat 1 at (0, 1), its nearest opponent, by sqrt 2."""
    sumo, frame = ring((0, 1, 2))
    frame.root_before[0, 0] = 1, -0.1, UP
    frame.root_position[0, 2], frame.root_before[0, 2] = (-0.9, 0, UP), (-0.8, 0, UP)  # outward by 2 m/s
    names = [term.name for term in sumo.terms]
    terms = dict(zip(names, judge(sumo, frame).terms, strict=True))
    assert terms["approach"][0, 0] == pytest.approx(5 * np.sqrt(2))
    assert terms["push"][0].tolist() == pytest.approx([0, 10 * 2, 0])  # seat 1 stands still, and is nearest to seat 2
    frame.root_position[0, 2, 2] = DOWN
    judge(sumo, frame)
    terms = dict(zip(names, judge(sumo, frame).terms, strict=True))
    assert terms["push"][0, 1] == pytest.approx(10 * (1 - np.hypot(1, 0.1)) / 0.05)


def test_partners_are_no_opponents():
    """Seat 0 at (1, 0) moves towards its partner at (0, 1), and not towards its nearest opponent at (-1, 0)."""
    sumo, frame = ring((0, 0, 1))
    frame.root_before[0, 0] = 1, -0.1, UP
    terms = dict(zip([term.name for term in sumo.terms], judge(sumo, frame).terms, strict=True))
    assert terms["approach"][0, 0] == pytest.approx(0)


def test_partners_are_seen_first():
    arena = build_arena("sumo_2v2")
    names = [entry.name for entry in arena.entries(3)]
    seen = ["partner", "opponent 1 by distance", "opponent 2 by distance"]
    assert [name for name in names if name in seen] == seen
    assert arena.sight.others.tolist() == [[1, 2, 3], [0, 2, 3], [3, 0, 1], [2, 0, 1]]


def test_opponents_are_seen_by_distance_and_those_out_last():
    """Seat 0 at (2, 0) sees its partner at (-1, 0) first, then the opponents at (0, -1) and at (0, 1.5) by distance."""
    arena = Sumo([BODIES["ant"]] * 4, 2, "target", 500, (0, 0, 1, 1))
    frame = Frame.empty(arena.scene, 2)
    frame.root_rotation[:] = np.eye(3)
    frame.root_position[:] = [[2, 0, UP], [-1, 0, UP], [0, 1.5, UP], [0, -1, UP]]
    frame.contact[:, 0, 3] = frame.contact[:, 3, 0] = True
    frame.angles[:, 16:24], frame.angles[:, 24:] = 0.2, 0.1  # joints of seats 2 and 3
    arena.alive[1, 3] = False
    out = [np.zeros((2, observation_size(arena.entries(seat))), np.float32) for seat in range(4)]
    arena.observe(frame, out)
    places = layout(arena.entries(0))
    assert arena.sight.order[:, 0].tolist() == [[1, 3, 2], [1, 2, 3]]
    assert out[0][0, places["opponent 1 by distance"]].tolist() == [-2, -1, 0]
    assert out[0][1, places["opponent 1 by distance"]].tolist() == [-2, 1.5, 0]
    assert out[0][:, places["in play"]].tolist() == [[1, 1, 1], [1, 1, 0]]
    assert out[0][:, places["contact"]].tolist() == [[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 1, 0]]
    seats = arena.scene.seats
    angles = out[0][:, places["opponent 1 by distance joint angle"]]
    for world, (other, angle) in enumerate(((3, 0.1), (2, 0.2))):
        low, high = seats[other].joint_range.T
        assert angles[world] == pytest.approx((2 * angle - low - high) / (high - low), abs=1e-6)


@pytest.mark.parametrize("name", ["sumo_3", "sumo_4", "sumo_2v2"])
def test_nobody_starts_in_anybody(name):
    """Neighbours keep 1.2 m, so that feet may cross and bodies do not; all are well inside."""
    arena = build_arena(name, worlds=200)
    qpos, _ = arena.spawn(np.arange(200), Dice(list(range(200))))
    place = np.stack([qpos[:, seat.qpos][:, :2] for seat in arena.scene.seats], axis=1)
    apart = np.linalg.norm(place[:, :, None] - place[:, None], axis=-1)[:, ~np.eye(len(arena.seats), dtype=bool)]
    assert apart.min() > 1.2
    assert (np.linalg.norm(place, axis=-1) < arena.radius[:, None] - 1).all()


def test_pettingzoo_lets_them_leave_one_by_one():
    """A seat that is thrown out of the ring terminates, and the bout goes on without it."""
    env = sumo_3_v0.parallel_env(engine="mujoco")
    env.reset(seed=0)
    env.batch.engine._qpos[0, env.batch.arena.scene.seats[1].qpos.start] = 9.0
    _, rewards, terminations, truncations, infos = env.step({agent: np.zeros(8) for agent in env.agents})
    assert rewards == {"sumo_0": 0, "sumo_1": -1000, "sumo_2": 0}
    assert terminations == {"sumo_0": False, "sumo_1": True, "sumo_2": False}
    assert not any(truncations.values())
    assert infos["sumo_1"]["winner"] is None
    assert env.agents == ["sumo_0", "sumo_2"]
    observations, *_ = env.step({agent: np.zeros(8) for agent in env.possible_agents})  # one that left is ignored
    assert set(observations) == {"sumo_0", "sumo_2"}
    env.batch.engine._qpos[0, env.batch.arena.scene.seats[0].qpos.start] = -9.0
    _, rewards, terminations, _, infos = env.step({agent: np.zeros(8) for agent in env.agents})
    assert rewards == {"sumo_0": -1000, "sumo_2": 0}  # it never touched anybody
    assert all(terminations.values())
    assert env.agents == []
    assert infos["sumo_2"]["ending"] == "out without contact"
    env.close()


def test_who_is_out_does_not_act():
    batch = make_batch("sumo_3", engine="mujoco", worlds=2)
    batch.reset(0)
    batch.engine._qpos[1, batch.arena.scene.seats[2].qpos.start] = 9.0
    push = [np.ones((2, 8))] * 3
    assert batch.step(push).out.tolist() == [[False] * 3, [False, False, True]]
    batch.step(push)
    assert batch._action[1].tolist() == [1] * 16 + [0] * 8
    assert batch._action[0].tolist() == [1] * 24
    batch.close()
