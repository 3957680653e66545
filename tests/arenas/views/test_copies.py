"""Copies of environments: new ones with the same arguments, which move and leave the original alone."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import cloudpickle
import numpy as np
import pytest
from states import ENGINES

from dohyo.arenas import DohyoEnv, SeatEnv, SeatVectorEnv, sumo_v0

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
    "cloudpickle": lambda env: cloudpickle.loads(cloudpickle.dumps(env)),
}
copied = pytest.mark.parametrize("way", COPIES)
on_engines = pytest.mark.parametrize("engine", ENGINES)


def bout(env: Any, reset: bool = True) -> list[np.ndarray]:
    """The observations of a few steps with random actions."""
    rng = np.random.default_rng(0)
    observation = env.reset(seed=5)[0] if reset else None
    seen = [observation] if reset else []
    for _ in range(3):
        if isinstance(env, DohyoEnv):
            observation = env.step({agent: rng.uniform(-1, 1, 8) for agent in env.agents})[0]
        else:
            observation = env.step(rng.uniform(-1, 1, env.action_space.shape))[0]
        seen.append(observation)
    return [np.concatenate([*one.values()]) if isinstance(one, dict) else one.copy() for one in seen]


@copied
@on_engines
@pytest.mark.parametrize(
    "make",
    [
        lambda engine: sumo_v0.parallel_env(engine=engine, max_cycles=50),
        lambda engine: SeatEnv("sumo", engine=engine, seat=1, opponents="zero"),
        lambda engine: SeatVectorEnv("sumo", engine=engine, num_envs=2, workers=1),
    ],
    ids=["parallel", "seat", "vector"],
)
def test_a_copy_plays_as_its_original_and_leaves_it_alone(make, engine: str, way: str):
    undisturbed, original = make(engine), make(engine)
    original.reset(seed=5)
    undisturbed.reset(seed=5)
    other = COPIES[way](original)
    played = bout(other)
    assert not np.array_equal(played[0], played[-1])
    np.testing.assert_array_equal(bout(original, reset=False), bout(undisturbed, reset=False))
    np.testing.assert_array_equal(bout(undisturbed), played)
    for env in (undisturbed, original, other):
        env.close()


@copied
def test_the_turn_based_form_is_copied_too(way: str):
    env = sumo_v0.env(engine="mujoco")
    env.reset(seed=1)
    other = COPIES[way](env)
    other.reset(seed=1)
    np.testing.assert_array_equal(other.observe("sumo_0"), env.observe("sumo_0"))
    env.close()
    other.close()


def test_stepping_on_with_nobody_left_returns_nothing():
    env = sumo_v0.parallel_env(engine="mujoco", max_cycles=1)
    env.reset(seed=0)
    env.step({agent: np.zeros(8) for agent in env.agents})
    assert env.agents == []
    assert env.step({}) == ({}, {}, {}, {}, {})
    env.close()
