"""Randomised batches: what is drawn, what reaches the joints and the eyes, and that worlds repeat and continue."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from states import ENGINES, play
from test_randomisation import ALL

from dohyo.arenas import Batch, ConfigError, Push, Randomisation, make_batch
from dohyo.arenas.arrays import Array
from dohyo.arenas.randomisation.config import OFF, WIDE
from dohyo.arenas.rules.arena import layout
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.saved import StateError

both = pytest.mark.parametrize("engine", ENGINES)


def ants(randomisation: Randomisation, worlds: int = 3, engine: str = "mujoco", **more: Any) -> Batch:
    return make_batch("sumo", "ant", engine, worlds, workers=1, randomisation=randomisation, **more)


def sent(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> list[Array]:
    """A list that fills with the actions that reach the engine."""
    reached, step = [], batch.engine.step
    monkeypatch.setattr(batch.engine, "step", lambda action: (reached.append(action.copy()), step(action)))
    return reached


@both
def test_off_changes_nothing(engine):
    """The engine is never told of anything; ranges that hold nothing but the usual values change no bit either."""
    plain, default = ants(OFF, 2, engine, max_cycles=25), make_batch("sumo", "ant", engine, 2, max_cycles=25)

    def refuse(*arguments: Any) -> None:
        raise AssertionError("an engine was told of a randomisation that is off")

    plain.engine.vary = plain.engine.push = plain.engine.pace = refuse
    narrow = ants(ALL, 2, engine, max_cycles=25)
    narrow.randomiser.narrow(ALL.at(dict.fromkeys(WIDE, 0.0)))
    expected = play(default, seed=5, steps=60)
    for batch in (plain, narrow):
        assert np.array_equal(play(batch, seed=5, steps=60), expected)
        batch.close()
    assert plain.randomiser.factors == {}


@both
def test_a_world_plays_alone_what_it_plays_among_many(engine):
    many = ants(ALL, 3, engine, max_cycles=20)
    together = play(many, seed=20, steps=45)
    for w in range(3):
        one = ants(ALL, 1, engine, max_cycles=20)
        assert np.array_equal(play(one, seed=20 + w, steps=45)[:, 0], together[:, w])
        assert all(np.array_equal(one.randomiser.factors[k][0], v[w]) for k, v in many.randomiser.factors.items())
        one.close()
    assert np.array_equal(play(many, seed=20, steps=45), together)
    many.close()


@both
def test_a_saved_batch_continues_bit_for_bit(engine):
    """Factors, delayed actions, forces, left-over time and all streams go on as they would have."""
    first, second = ants(ALL, 3, engine, max_cycles=30), ants(ALL, 3, engine, max_cycles=30)
    first.reset(1)
    rng = np.random.default_rng(0)
    for _ in range(20):
        first.step([rng.uniform(-1, 1, (3, 8))] * 2)
    second.restore(first.save())
    ends = []
    for batch in (first, second):
        rng = np.random.default_rng(1)
        seen = []
        for _ in range(41):
            step = batch.step([rng.uniform(-1, 1, (3, 8))] * 2)
            seen.append(np.concatenate([*step.observation, step.reward], axis=1))
        ends.append(np.array(seen))
        batch.close()
    assert np.array_equal(*ends)


def test_a_state_of_another_randomisation_is_refused():
    saved = {}
    for name, randomisation in (("all", ALL), ("part", ALL.without(["unmodelled"])), ("off", OFF)):
        batch = ants(randomisation)
        batch.reset(0)
        saved[name] = batch.save()
        for other in saved.keys() - {name}:
            with pytest.raises(StateError):
                batch.restore(saved[other])
        batch.close()


def test_bouts_start_where_they_would_have_started():
    physics = ALL.without(["observation"])
    starts = []
    for randomisation in (OFF, physics):
        batch = ants(randomisation, 2, max_cycles=5)
        batch.reset(1)
        states = [batch.engine._qpos.copy()]
        for _ in range(10):
            if batch.step([np.zeros((2, 8))] * 2).done.all():
                states.append(batch.engine._qpos.copy())
        starts.append(states)
        batch.close()
    assert len(starts[0]) == 3
    assert np.array_equal(*starts)


def drawn(randomisation: Randomisation, worlds: int, seed: int = 0) -> dict[str, Array]:
    batch = ants(randomisation, worlds)
    batch.reset(seed)
    factors = {name: values.copy() for name, values in batch.randomiser.factors.items()}
    batch.close()
    return factors


def test_draws_have_the_laws_that_are_written():
    """2,000 worlds; means and deviations to four standard errors.

    U(0.5, 1.5): mean 1, deviation 1/sqrt(12). The logarithm of logU(0.3, 3): mean log(0.9)/2, deviation
    log(10)/sqrt(12). N(0, 0.15) and N(0, 0.4); half of the actions are late.
    """
    n = 2000
    factors = drawn(ALL, n)
    four = 4 / n**0.5
    assert factors["link_mass"][:, 5].mean() == pytest.approx(1, abs=four * 0.289)
    assert factors["link_mass"][:, 5].std() == pytest.approx(0.289, abs=0.012)
    logs = np.log(factors["damping"][:, 3])
    assert logs.mean() == pytest.approx(np.log(0.9) / 2, abs=four * 0.665)
    assert logs.std() == pytest.approx(np.log(10) / 12**0.5, abs=0.03)
    assert 0.3 <= factors["damping"].min() < 0.31 < 2.9 < factors["damping"].max() <= 3.0
    assert factors["limits"][:, 2, 0].std() == pytest.approx(0.15, abs=0.01)
    assert factors["tilt"][:, 1].std() == pytest.approx(0.4, abs=0.026)
    assert factors["delay"][:, 7].mean() == pytest.approx(0.5, abs=four * 0.5)
    assert factors["action_scale"].mean() == pytest.approx(1, abs=0.001)
    assert factors["timing"].mean() == pytest.approx(0.055, abs=four * 0.026)
    first = Dice(range(n)).uniform(np.arange(n), 0, 1, 1)[:, 0]  # what an arena draws first
    for values in (factors["mass"], factors["link_mass"][:, 5], factors["tilt"][:, 0], factors["delay"][:, 0]):
        assert abs(np.corrcoef(first, values)[0, 1]) < four
    assert abs(np.corrcoef(factors["damping"][:, 0], factors["damping"][:, 1])[0, 1]) < four


def test_a_field_does_not_depend_on_the_others():
    mass = [drawn(r, 4)["link_mass"] for r in (ALL, Randomisation(link_mass=ALL.link_mass))]
    assert np.array_equal(*mass)


def test_limits_stay_in_order():
    """However far they shift, the lower limit stays below the upper."""
    batch = ants(Randomisation(limits=5.0), 20)
    batch.reset(0)
    ranges = batch.engine._batch.expanded("jnt_range")
    hinges = np.flatnonzero(batch.arena.scene.model.jnt_range[:, 1] > 0)
    assert (ranges[:, hinges, 0] < ranges[:, hinges, 1]).all()
    batch.close()


def test_late_actions_come_one_step_late(monkeypatch):
    """With probability 1 every joint gets the action before, and zero at the start of a bout."""
    batch = ants(Randomisation(delay=1.0), 2, max_cycles=3)
    reached = sent(batch, monkeypatch)
    batch.reset(0)
    given = [np.full((2, 16), x) for x in (0.1, 0.2, 0.3, 0.4, 0.5)]
    for action in given:
        batch.step([action[:, :8], action[:, 8:]])
    assert [action[0, 0] for action in reached] == pytest.approx([0, 0.1, 0.2, 0, 0.4])
    batch.close()


def test_what_a_policy_sends_is_what_it_pays_for():
    """The control cost is that of the actions sent, 8 x 0.5^2 a step, not of those that arrive."""
    batch = ants(Randomisation(delay=1.0, action_noise=0.3), 2)
    batch.reset(0)
    terms = batch.step([np.full((2, 8), 0.5)] * 2).terms
    weight = next(term.weight for term in batch.arena.terms if term.name == "control")
    assert terms["control"] == pytest.approx(np.full((2, 2), weight * 8 * 0.25))
    batch.close()


def test_action_noise_has_its_size(monkeypatch):
    """Of 400 steps: uncorrelated 0.05 a step; a bout's offset stays; a factor multiplies; all within [-1, 1]."""
    for field, deviation in (("action_noise", 0.05), ("action_offset", 0.05), ("action_scale", 0.1)):
        batch = ants(Randomisation(**{field: deviation}), 20, max_cycles=500, autoreset=False)
        reached = sent(batch, monkeypatch)
        batch.reset(0)
        for _ in range(20):
            batch.step([np.full((20, 8), 0.5)] * 2)
        noise = np.array(reached) - 0.5
        size = deviation * (0.5 if field == "action_scale" else 1)
        assert noise.std() == pytest.approx(size, rel=0.15)
        assert (noise.std(axis=0).max() < 1e-9) == (field != "action_noise")
        for _ in range(3):
            batch.step([np.ones((20, 8))] * 2)
        assert np.array(reached).max() <= 1
        batch.close()


@both
def test_observation_noise_by_kind(engine):
    """Against the noiseless twin: positions are off by a constant plus new noise; what has no noise is equal."""
    noisy = Randomisation(observation_noise={"position": 0.02}, observation_offset={"position": 0.1, "touch": 3.0})
    calm, loud = ants(OFF, 40, engine, autoreset=False), ants(noisy, 40, engine, autoreset=False)
    errors, columns = [], layout(calm.arena.entries(0))
    calm.reset(3), loud.reset(3)
    for _ in range(30):
        for batch in (calm, loud):
            batch.step([np.zeros((40, 8))] * 2)
        errors.append((loud.observations[0] - calm.observations[0]).copy())
    error = np.array(errors)
    for name in ("velocity", "spin", "joint angle", "joint velocity", "up", "clock"):
        assert (error[:, :, columns[name]] == 0).all()
    for name in ("height", "opponent", "centre"):
        bout, step = error[:, :, columns[name]].mean(axis=0), error[:, :, columns[name]].std(axis=0, ddof=1)
        assert bout.std() == pytest.approx(0.1, rel=0.3)
        assert step.mean() == pytest.approx(0.02, rel=0.1)
    touch = loud.observations[0][:, columns["touch"]]
    assert (touch.min(), touch.max()) == (0, 1)
    assert np.array_equal(loud.engine._qpos, calm.engine._qpos)
    calm.close(), loud.close()


def test_timing_makes_a_bout_as_much_longer_as_it_says():
    """Mean share 0.1: 400 control steps of 5 physics steps become 2,200 physics steps, to four standard errors.

    The sum of 2,000 exponential times of mean 0.1 has the deviation 0.1 sqrt(2000) = 4.5.
    """
    batch = ants(Randomisation(timing=(0.1, 0.1)), 5, max_cycles=1000, autoreset=False)
    batch.reset(0)
    still = [np.zeros((5, 8))] * 2
    for _ in range(400):
        batch.step(still)
    seconds = batch.engine._batch.bind("time")
    assert seconds == pytest.approx(np.full(seconds.shape, 22.0), abs=4 * 0.045 + 0.01)
    assert len(set(seconds.ravel().tolist())) > 1
    batch.close()


def test_random_forces_begin_by_chance_and_fade(monkeypatch):
    """Chance 0.1 per step: 200 of 2,000; each coordinate is N(0, 2 m/s^2 times the mass); then times 0.9 a step."""
    batch = ants(Randomisation(force=2.0, force_chance=0.1, force_decay=0.9), 50, autoreset=False)
    forces, push = [], batch.engine.push
    monkeypatch.setattr(batch.engine, "push", lambda force: (forces.append(force.copy()), push(force)))
    batch.reset(0)
    for _ in range(20):
        batch.step([np.zeros((50, 8))] * 2)
    force = np.array(forces)
    faded = np.isclose(force[1:], 0.9 * force[:-1]).all(axis=-1)
    begun = ~faded
    assert begun.sum() == pytest.approx(0.1 * 19 * 100, abs=4 * (1900 * 0.09) ** 0.5)
    mass = batch.arena.scene.model.body_subtreemass[batch.arena.scene.seats[0].root]
    assert force[1:][begun].std() == pytest.approx(2 * mass, rel=0.15)
    batch.close()


def test_forces_add_to_pushes(monkeypatch):
    batch = ants(Randomisation(force=2.0, force_chance=1.0), 2, push=Push(300.0))
    forces, push = [], batch.engine.push
    monkeypatch.setattr(batch.engine, "push", lambda force: (forces.append(force.copy()), push(force)))
    batch.reset(0)
    batch.step([np.zeros((2, 8))] * 2)
    assert np.linalg.norm(batch.randomiser.push_force, axis=-1) == pytest.approx(np.full((2, 2), 300.0))
    rest = forces[0] - batch.randomiser.push_force
    assert (np.abs(rest) > 0).all()
    batch.close()


def test_a_batch_widens_what_it_was_made_with():
    batch = ants(Randomisation(mass=(0.5, 1.5)), 50)
    batch.randomiser.narrow(Randomisation(mass=(0.9, 1.1)))
    batch.reset(0)
    assert 0.9 <= batch.randomiser.factors["mass"].min() < 0.92
    with pytest.raises(ConfigError, match="randomisation of tilt was off"):
        batch.randomiser.narrow(Randomisation(tilt=0.1))
    batch.close()


def test_the_engines_draw_alike():
    """The same seed gives the same bouts the same factors, whatever simulates them."""
    make = partial(make_batch, "sumo", "ant", worlds=2, workers=1, randomisation=ALL)
    found = []
    for engine in ENGINES:
        batch = make(engine=engine)
        batch.reset(4)
        found.append({name: values.tolist() for name, values in batch.randomiser.factors.items()})
        batch.close()
    assert found[0] == found[1]
