"""Perturbations: what the config refuses, what it draws, when it pushes, and that it repeats."""

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from states import ENGINES, play

from dohyo.arenas import ConfigError, Perturbation, Push, UnknownName, make_batch, sumo_v0
from dohyo.arenas.perturbation import Perturber
from dohyo.arenas.rules.dice import Dice

both = pytest.mark.parametrize("engine", ENGINES)
QUANTITIES = ("gravity", "friction", "mass", "torque")
SEATS = ("a", "b")
STORM = Perturbation(
    gravity=(0.5, 1.5), friction=(0.5, 1.0), mass=(0.7, 1.4), torque=(0.5, 2.0), push=Push(300.0, every=7)
)


class StubEngine:
    """An engine that only records its calls; roots are at `position` `[W, S, 3]`."""

    def __init__(self, position: Any) -> None:
        self.frame = SimpleNamespace(root_position=np.array(position, float))
        self.scaled: list[tuple[list[int], dict[str, list[float]]]] = []
        self.pushes: list[np.ndarray] = []

    def scale(self, ids: Any, factors: Any) -> None:
        self.scaled.append((ids.tolist(), {name: values.tolist() for name, values in factors.items()}))

    def push(self, force: np.ndarray) -> None:
        self.pushes.append(force.copy())


def begun(perturbation: Perturbation, worlds: int, seed: int = 0, position: Any = None) -> tuple[Perturber, StubEngine]:
    """A perturber whose worlds have all begun a bout of 20 control steps."""
    perturber = Perturber(perturbation, SEATS, 20, worlds)
    engine = StubEngine(np.ones((worlds, 2, 3)) if position is None else position)
    perturber.seed([seed + w for w in range(worlds)])
    perturber.begin(np.arange(worlds), engine)
    return perturber, engine


@pytest.mark.parametrize("name", QUANTITIES)
@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ((-0.1, 1.0), "or more|above 0"),
        ((1.2, 1.1), r"low 1.2 above high 1.1"),
        ((float("nan"), 1.0), "pair of numbers"),
        ((1.0, float("inf")), "pair of numbers"),
        ((1.0,), "pair of numbers"),
        (1.5, "pair of numbers"),
        ("ab", "pair of numbers"),
    ],
)
def test_a_range_that_cannot_be_is_named(name, pair, named):
    with pytest.raises(ConfigError, match=named) as caught:
        Perturbation(**{name: pair})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_mass_must_not_be_nothing():
    Perturbation(gravity=(0, 1), friction=(0, 0), torque=(0, 1))
    with pytest.raises(ConfigError, match="torque can be at most 1000 times mass"):
        Perturbation(torque=(1.0, 20.0), mass=(0.01, 1.0))
    with pytest.raises(ConfigError, match=r"mass must be 0\.001 or more"):
        Perturbation(mass=(0, 1))


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
        make_batch("sumo", worlds=2, perturbation=Perturbation(push=Push(1.0, seat="sumo_2")))


def pairs(least: float, most: float) -> st.SearchStrategy[tuple[float, float]]:
    return st.floats(least, most).flatmap(lambda low: st.tuples(st.just(low), st.floats(low, most)))


@given(gravity=pairs(0, 1e6), friction=pairs(0, 1e6), torque=pairs(0, 10), mass=pairs(0.01, 1e6), seed=st.integers(0))
@settings(max_examples=50)
def test_factors_lie_in_their_ranges_and_do_not_depend_on_the_number_of_worlds(seed, **ranges):
    perturber, engine = begun(Perturbation(**ranges), worlds=3, seed=seed)
    for name, (low, high) in ranges.items():
        assert ((low <= perturber.factors[name]) & (perturber.factors[name] <= high)).all()
    for w in range(3):
        alone, _ = begun(Perturbation(**ranges), worlds=1, seed=seed + w)
        assert {k: v[0] for k, v in alone.factors.items()} == {k: v[w] for k, v in perturber.factors.items()}
    others = {k: v[[0, 2]].tolist() for k, v in perturber.factors.items()}
    second, _ = begun(Perturbation(**ranges), worlds=1, seed=seed + 1)
    second.begin(np.array([0]), engine)
    engine.scaled.clear()
    perturber.begin(np.array([1]), engine)
    assert {k: v[1] for k, v in perturber.factors.items()} == {k: v[0] for k, v in second.factors.items()}
    assert {k: v[[0, 2]].tolist() for k, v in perturber.factors.items()} == others
    told = {name: [perturber.factors[name][1]] for name in QUANTITIES if ranges[name] != (1, 1)}
    assert engine.scaled == ([([1], told)] if told else [])


@given(value=st.floats(1e-6, 1e3), seed=st.integers(0))
@settings(max_examples=30)
def test_a_pair_of_equals_is_a_constant(value, seed):
    perturber, _ = begun(Perturbation(torque=(value, value)), worlds=2, seed=seed)
    assert perturber.factors["torque"].tolist() == [value, value]
    assert perturber.factors["mass"].tolist() == [1, 1]


def test_factors_fill_their_range():
    """2000 draws of U(0.5, 1.5): mean 1 and deviation 1 / sqrt(12) = 0.289, each to four standard errors."""
    perturber, _ = begun(Perturbation(mass=(0.5, 1.5)), worlds=2000)
    mass = perturber.factors["mass"]
    assert mass.mean() == pytest.approx(1, abs=4 * 0.289 / 2000**0.5)
    assert mass.std() == pytest.approx(0.289, abs=0.012)
    assert (mass.min() < 0.51) & (mass.max() > 1.49)


def test_what_else_is_perturbed_does_not_change_a_factor():
    mass = [begun(p, 4)[0].factors["mass"] for p in (STORM, Perturbation(mass=STORM.mass), Perturbation())]
    assert mass[0].tolist() == mass[1].tolist() != [1] * 4
    assert mass[2].tolist() == [1] * 4


def test_factors_have_nothing_to_do_with_what_an_arena_draws():
    """An arena's first draw and each factor, over 1000 worlds: their correlation is 0 to four standard errors."""
    perturber, _ = begun(Perturbation(**dict.fromkeys(QUANTITIES, (0.5, 1.5))), worlds=1000)
    first = Dice(range(1000)).uniform(np.arange(1000), 0, 1, 1)[:, 0]
    for factor in perturber.factors.values():
        assert abs(np.corrcoef(first, factor)[0, 1]) < 4 / 1000**0.5


def test_pushes_come_fade_and_come_again():
    """100 N every 3 steps, halved each step: 100, 50, 25, 100, ... A new bout is pushed in full at once."""
    position = [[[3.0, 4.0, 0.6], [0.0, -2.0, 0.6]], [[-1.0, 0.0, 0.6], [1.0, 0.0, 0.6]]]
    push = Push(100.0, every=3, decay=0.5, direction="inwards", seat="b")
    perturber, engine = begun(Perturbation(push=push), 2, position=position)
    for steps in ((0, 2), (1, 0), (2, 1), (3, 2), (4, 3)):
        if steps[1] == 0:
            perturber.begin(np.array([1]), engine)
        perturber.blow(engine, np.array(steps))
    pushes = np.array(engine.pushes)
    assert (pushes[:, :, 0] == 0).all()
    assert pushes[:, 0, 1].tolist() == [[0, 100, 0], [0, 50, 0], [0, 25, 0], [0, 100, 0], [0, 50, 0]]
    assert pushes[1:, 1, 1].tolist() == [[-100, 0, 0], [-50, 0, 0], [-25, 0, 0], [-100, 0, 0]]
    assert engine.scaled == []


def test_a_push_keeps_its_direction_while_its_seat_moves():
    perturber, engine = begun(Perturbation(push=Push(10.0, every=2, direction="outwards")), 1)
    for x in (1.0, -1.0, -1.0):
        engine.frame.root_position[:] = x, 0, 0.6
        perturber.blow(engine, np.array([len(engine.pushes)]))
    assert [push[0, 0].tolist() for push in engine.pushes] == [[10, 0, 0], [9, 0, 0], [-10, 0, 0]]


def test_a_seat_in_the_very_centre_is_pushed_along_x():
    perturber, engine = begun(Perturbation(push=Push(10.0, direction="outwards")), 1, position=np.zeros((1, 2, 3)))
    perturber.blow(engine, np.array([0]))
    assert engine.pushes[0][0].tolist() == [[10, 0, 0], [10, 0, 0]]


@pytest.mark.parametrize("direction", ["radial", "level"])
def test_pushes_are_horizontal_and_have_no_favourite(direction):
    """1000 worlds, two seats: of 2000 pushes half lead inwards, to four standard errors of 22."""
    perturber, engine = begun(Perturbation(push=Push(10.0, every=4, direction=direction)), 1000)
    perturber.blow(engine, np.zeros(1000, int))
    force = engine.pushes[0]
    assert np.linalg.norm(force, axis=-1) == pytest.approx(np.full((1000, 2), 10.0))
    assert (force[..., 2] == 0).all()
    assert (force[..., 0] + force[..., 1] < 0).sum() == pytest.approx(1000, abs=4 * 22)
    assert 0.3 < (force[:, 0] * force[:, 1] > 0).any(axis=-1).mean() < 0.9
    perturber.blow(engine, np.full(1000, 4))
    assert not np.array_equal(engine.pushes[1], force)


@both
def test_without_a_perturbation_nothing_changes(engine):
    """Bit for bit, and the engine is never told to scale or push; factors of 1 and a push of 0 N change nothing too."""
    make = partial(make_batch, "sumo", engine=engine, worlds=2, max_cycles=25)
    plain = make()
    expected = play(plain, seed=5, steps=60)
    assert all((values == 1).all() for values in plain.factors.values())
    assert (plain.push_force == 0).all()
    default, calm = make(perturbation=Perturbation()), make(perturbation=Perturbation(push=Push(0.0)))

    def refuse(*arguments: Any) -> None:
        raise AssertionError("an engine was told of a perturbation that is not there")

    default.engine.scale = default.engine.push = refuse
    for batch in (default, calm):
        assert np.array_equal(play(batch, seed=5, steps=60), expected)
    for batch in (plain, default, calm):
        batch.close()


@both
def test_one_perturbed_world_plays_what_it_plays_among_many(engine):
    make = partial(make_batch, "sumo", engine=engine, max_cycles=20, perturbation=STORM)
    many = make(worlds=3, workers=2)
    together = play(many, seed=20, steps=50)
    for w in range(3):
        one = make(worlds=1)
        assert np.array_equal(play(one, seed=20 + w, steps=50)[:, 0], together[:, w])
        assert {k: v[0] for k, v in one.factors.items()} == {k: v[w] for k, v in many.factors.items()}
        one.close()
    many.close()


@both
def test_a_seed_repeats_a_perturbed_world_whatever_came_before(engine):
    batch = make_batch("sumo", engine=engine, worlds=2, max_cycles=20, perturbation=STORM)
    first = play(batch, seed=3, steps=50)
    play(batch, seed=99, steps=33, actions_seed=5)
    assert np.array_equal(play(batch, seed=3, steps=50), first)
    batch.close()


def test_every_bout_draws_anew_and_starts_where_it_would_have_started():
    make = partial(make_batch, "sumo", engine="mujoco", worlds=2, max_cycles=10)
    plain, stormy = make(), make(perturbation=STORM)
    seen, starts = [], []
    for batch in (plain, stormy):
        observation = batch.reset(1)
        still, states = [np.zeros((2, 8))] * 2, [batch.engine._qpos.copy()]
        for _ in range(30):
            if batch.step(still).done.all():
                states.append(batch.engine._qpos.copy())
                seen.append(stormy.factors["mass"].copy())
        starts.append(states)
        assert observation is batch.observations
    assert len(starts[0]) == len(starts[1]) == 4
    assert np.array_equal(*starts)
    assert len({mass.tobytes() for mass in seen[3:]}) == 3
    plain.close()
    stormy.close()


def test_a_world_that_diverges_keeps_its_factors():
    batch = make_batch("sumo", engine="mujoco", worlds=2, autoreset=False, perturbation=STORM)
    batch.reset(2)
    before = {name: values.copy() for name, values in batch.factors.items()}
    batch.engine._put(np.array([1]), batch.engine._qpos[[1]].copy(), np.full_like(batch.engine._qvel[[1]], 1e6))
    assert batch.step([np.zeros((2, 8))] * 2).done.tolist() == [False, True]
    assert all(np.array_equal(batch.factors[name], values) for name, values in before.items())
    gravity = batch.engine._batch.expanded("opt.gravity")
    assert gravity[:, 2] == pytest.approx(-9.81 * before["gravity"])
    batch.close()


@both
def test_the_view_pushes_and_says_nothing_new(engine):
    push = Push(2000.0, direction="outwards", seat="sumo_1")
    calm, windy = (sumo_v0.parallel_env(engine=engine, perturbation=p) for p in (None, Perturbation(push=push)))
    speeds, infos = [], []
    for env in (calm, windy):
        env.reset(seed=4)
        _, _, _, _, info = env.step({agent: np.zeros(8) for agent in env.agents})
        frame = env.batch.engine.frame
        away = frame.root_position[0, :, :2] / np.linalg.norm(frame.root_position[0, :, :2], axis=1, keepdims=True)
        speeds.append((frame.root_velocity[0, :, :2] * away).sum(axis=1))
        infos.append({agent: sorted(values) for agent, values in info.items()})
    assert infos[0] == infos[1]
    assert np.linalg.norm(windy.batch.push_force[0], axis=1) == pytest.approx([0, 2000])
    assert speeds[1][0] == pytest.approx(speeds[0][0], abs=1e-9)
    assert speeds[1][1] > speeds[0][1] + 1
    calm.close()
    windy.close()
