"""One seat as a Gymnasium environment, the other seats played by policies."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from doubles import Noise, draws
from gymnasium.utils.env_checker import check_env, data_equivalence
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as sb3_check_env
from stable_baselines3.common.env_util import make_vec_env
from states import throw_out

from dohyo.arenas import (
    ARENAS,
    ActionError,
    ConfigError,
    DohyoEnv,
    DohyoError,
    PolicyError,
    SeatEnv,
    SeatVectorEnv,
    UnknownName,
    make_batch,
)

UNBOUNDED = "ignore:.*A Box observation space (minimum|maximum) value is -?infinity:UserWarning"
"""Positions and speeds have no bound, so neither has the space: Gymnasium's own MuJoCo environments say the same."""


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("dohyo/Sumo-v0", {"engine": "mujoco"}),
        ("dohyo/Sumo-v0", {"engine": "mujoco", "seat": "sumo_1", "alpha": 0.5}),
        ("dohyo/Sumo-v0", {"engine": "pybullet", "seat": 1}),
        ("dohyo/RunToGoal-v0", {"engine": "mujoco", "seat": "runner_1"}),
        ("dohyo/RunToGoal-v0", {"engine": "pybullet"}),
        ("dohyo/Sumo3-v0", {"engine": "mujoco", "seat": "sumo_2"}),
    ],
)
@pytest.mark.filterwarnings(UNBOUNDED)
def test_the_checkers_of_gymnasium_and_sb3_pass(name, keywords):
    env = gymnasium.make(name, render_mode="rgb_array", **keywords).unwrapped
    assert isinstance(env, SeatEnv)
    check_env(env)
    sb3_check_env(env)
    env.close()


def test_every_arena_is_registered():
    names = {name for name in gymnasium.registry if name.startswith("dohyo/")}
    expected = ["KickAndDefend", "RunToGoal", "Sumo", "Sumo2v2", "Sumo3", "Sumo4", "YouShallNotPass"]
    expected += ["PaperSumoAnts", "PaperSumoHumans", "PaperRunToGoalAnts", "PaperRunToGoalHumans"]
    expected += ["PaperYouShallNotPass", "PaperKickAndDefend", "PaperRobosumo"]
    assert names == {f"dohyo/{name}-v0" for name in expected}
    assert {gymnasium.spec(name).kwargs["arena"] for name in names} == set(ARENAS)


@pytest.mark.parametrize("engine", ["mujoco", "pybullet"])
@pytest.mark.parametrize("seat", [0, 1])
def test_it_is_the_parallel_env_seen_from_a_seat(engine, seat):
    """Bit for bit, reward, endings and infos included."""
    keywords: dict[str, Any] = {"engine": engine, "alpha": 0.25, "max_cycles": 6}
    whole = DohyoEnv("sumo", **keywords)
    rival = Noise()
    env = SeatEnv("sumo", seat=seat, opponents=rival, **keywords)
    own, other = f"sumo_{seat}", f"sumo_{1 - seat}"
    theirs = Noise()
    for seed in (3, None):
        first, info = env.reset(seed=seed)
        observations, _ = whole.reset(seed=seed)
        np.testing.assert_array_equal(first, observations[own])
        assert info == {}
        for action in draws(6):
            expected = whole.step({own: action, other: theirs.act(observations[other][None])[0]})
            observations = expected[0]
            got = env.step(action)
            assert data_equivalence(got, tuple(part[own] for part in expected), exact=True)
        assert (got[2], got[3]) == (True, False)  # a time-out terminates
        assert got[4]["ending"] == "time-out"
    assert data_equivalence(rival.saw, theirs.saw, exact=True)
    env.close()
    whole.close()


def test_one_policy_can_take_all_other_seats_and_zero_does_nothing():
    one = Noise()
    env = SeatEnv("sumo_4", engine="mujoco", opponents=one)
    env.reset(seed=0)
    env.step(np.zeros(8))
    assert len(one.saw) == 3
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    still = SeatEnv("sumo", engine="mujoco")
    still.reset(seed=0)
    batch.reset(seed=0)
    np.testing.assert_array_equal(
        still.step(np.ones(8))[0], batch.step([np.ones((1, 8)), np.zeros((1, 8))]).observation[0][0]
    )
    for closing in (env, batch, still):
        closing.close()


def test_a_single_environment_ends_when_its_seat_is_out():
    env = SeatEnv("sumo_3", engine="mujoco", seat=1)
    env.reset(seed=0)
    throw_out(env.batch, 0, 1)
    _, reward, terminated, truncated, info = env.step(np.zeros(8))
    assert (reward, terminated, truncated) == (-1000, True, False)
    assert info["winner"] is None
    assert "ending" not in info
    with pytest.raises(ActionError, match=r"reset\(\)"):
        env.step(np.zeros(8))
    env.close()


class Wrong:
    """A policy for another body."""

    def act(self, observation):
        return np.zeros((len(observation), 12), np.float32)


@pytest.mark.parametrize("kind", [SeatEnv, SeatVectorEnv])
@pytest.mark.parametrize(
    ("arena", "keywords", "error", "says"),
    [
        ("sumo", {"seat": "sumo_2"}, UnknownName, "unknown seat 'sumo_2'; choose one of: sumo_0, sumo_1, or 0 to 1"),
        ("sumo", {"seat": -1}, UnknownName, "unknown seat -1; choose one of"),
        ("sumo", {"seat": 2}, UnknownName, "unknown seat 2; choose one of"),
        ("sumo", {"opponents": "nobody"}, UnknownName, "no player 'nobody': give "),
        ("sumo", {"opponents": None}, PolicyError, r"act\(observation\) -> action, not NoneType"),
        ("sumo", {"opponents": Wrong}, PolicyError, r"act\(observation\) -> action, not the class Wrong"),
        ("sumo", {"opponents": []}, ConfigError, "0 opponents for 1 other seats.*one each for: sumo_1"),
        ("sumo_3", {"opponents": ["zero"]}, ConfigError, "1 opponents for 2 other seats.*one each for: sumo_1, sumo_2"),
        ("sumo", {"render_mode": "ascii"}, UnknownName, "unknown render_mode 'ascii'"),
        ("chess", {}, UnknownName, "unknown arena"),
    ],
)
def test_what_does_not_fit_is_one_line_that_says_what_does(kind, arena, keywords, error, says):
    with pytest.raises(error, match=says) as caught:
        kind(arena, engine="mujoco", **keywords)
    assert "\n" not in str(caught.value)


def test_a_policy_of_the_wrong_size_names_its_seat():
    env = SeatEnv("sumo_3", engine="mujoco", seat=1, opponents=["zero", Wrong()])
    env.reset(seed=0)
    with pytest.raises(PolicyError, match=r"sumo_2: the policy's act\(\) must.*\(1, 8\), not \(1, 12\); give a pol"):
        env.step(np.zeros(8))
    assert env.batch.arena.steps.tolist() == [0]
    env.close()


@pytest.mark.parametrize(
    ("action", "says"),
    [(np.zeros(7), r"sumo_0.*\(8,\).*\(7,\)"), ("left", "sumo_0.*numbers"), (np.full(8, np.nan), "sumo_0.*NaN")],
)
def test_bad_actions(action, says):
    env = SeatEnv("sumo", engine="mujoco")
    with pytest.raises(ActionError, match=r"reset\(\)"):
        env.step(np.zeros(8))
    env.reset(seed=0)
    with pytest.raises(ActionError, match=says):
        env.step(action)
    env.close()


def test_rendering():
    env = SeatEnv("sumo", engine="mujoco", render_mode="rgb_array")
    with pytest.raises(DohyoError, match=r"reset\(\)"):
        env.render()
    env.reset(seed=0)
    picture = env.render()
    assert picture.shape == (360, 480, 3)
    assert picture.std() > 0
    env.close()
    quiet = SeatEnv("sumo", engine="mujoco")
    with pytest.warns(UserWarning, match="render_mode"):
        assert quiet.render() is None
    quiet.close()


def test_sb3_trains_over_it():
    vec = make_vec_env("dohyo/Sumo-v0", n_envs=2, env_kwargs={"engine": "mujoco", "max_cycles": 5, "alpha": 1.0})
    model = PPO("MlpPolicy", vec, n_steps=8, batch_size=8, n_epochs=1, device="cpu", seed=0)
    model.learn(32)
    assert model.num_timesteps == 32
    assert [info["l"] for info in model.ep_info_buffer] == [5] * 6
    vec.close()
