"""Contracts of other libraries: bounds, actions of departed agents, final endings."""

import copy
import pickle

import cloudpickle
import gymnasium
import numpy as np
import pytest
from doubles import draws
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import RecordEpisodeStatistics, TransformReward
from gymnasium.wrappers.vector import NormalizeObservation
from stable_baselines3 import PPO
from states import throw_out

from dohyo.arenas import ActionError, DohyoEnv, DohyoError, EngineError, SeatEnv, SeatVectorEnv, UnknownName, sumo_4_v0

STILL = np.zeros(8)


def test_actions_of_departed_agents_are_ignored():
    """Thrown out in the first step, seat 1 keeps sending; what it sends changes nothing. An unknown name raises."""
    seen = []
    for sent in (0.0, 1.0):
        env = sumo_4_v0.parallel_env(engine="mujoco")
        env.reset(seed=0)
        throw_out(env.batch, 0, 1)
        env.step(dict.fromkeys(env.agents, STILL))
        assert "sumo_1" not in env.agents
        actions = dict.fromkeys(env.possible_agents, STILL)
        seen.append(env.step(actions | {"sumo_1": STILL + sent})[0])
        with pytest.raises(ActionError, match="no such agent: 'sumo_9'"):
            env.step(actions | {"sumo_9": STILL})
        env.close()
    assert seen[0].keys() == {"sumo_0", "sumo_2", "sumo_3"}
    assert all(np.array_equal(seen[0][agent], seen[1][agent]) for agent in seen[0])


def test_stepping_before_the_first_reset_still_raises():
    env = DohyoEnv("sumo", engine="mujoco")
    with pytest.raises(ActionError, match=r"reset\(\)"):
        env.step({})
    with pytest.raises(DohyoError, match=r"reset\(\)"):
        env.state()
    env.reset(seed=0)
    with pytest.raises(ActionError, match="a dict with an action per agent, not NoneType"):
        env.step(None)
    env.close()


@pytest.mark.parametrize("arena", ["sumo_3", "kick_and_defend", "paper/sumo-ants"])
def test_bounded_entries_keep_their_bounds(arena):
    env = DohyoEnv(arena, engine="mujoco", max_cycles=30)
    rng, seat = np.random.default_rng(0), env.possible_agents[0]
    bounded = np.isfinite(env.observation_space(seat).low) & np.isfinite(env.observation_space(seat).high)
    assert 0 < bounded.sum() < len(bounded)  # positions and speeds have none
    env.reset(seed=0)
    while env.agents:
        sent = {agent: rng.uniform(-1, 1, env.action_space(agent).shape) for agent in env.agents}
        observations = env.step(sent)[0]
        assert all(seen in env.observation_space(agent) for agent, seen in observations.items())
    env.close()


@pytest.mark.parametrize("engine", ["mujoco", "pybullet"])
def test_an_engine_refuses_to_be_copied(engine):
    env = DohyoEnv("sumo", engine=engine)
    for copying in (copy.deepcopy, pickle.dumps, cloudpickle.dumps):
        with pytest.raises(EngineError, match=r"cannot be copied.*make_batch"):
            copying(env.batch)
    env.close()


def test_a_learner_expects_nothing_after_a_time_out():
    """Bouts of four steps all time out and pay -1 in the end, so the return of every step is -1 without discount."""
    env = TransformReward(SeatEnv("sumo", engine="mujoco", max_cycles=4), lambda reward: reward / 1000)
    model = PPO(
        "MlpPolicy", env, n_steps=32, batch_size=32, gamma=1.0, gae_lambda=1.0, learning_rate=3e-3, seed=0, device="cpu"
    )
    model.learn(32 * 20)
    assert model.rollout_buffer.returns.ravel() == pytest.approx(-1.0, abs=1e-5)
    assert model.rollout_buffer.values.min() > -1.3
    env.close()


@pytest.mark.parametrize("build", [DohyoEnv, SeatEnv, SeatVectorEnv])
def test_after_close_every_view_says_so(build):
    view = build("sumo", engine="mujoco")
    view.reset(seed=0)
    view.close()
    calls = [lambda: view.reset(seed=0), lambda: view.step({})]
    calls += [] if build is SeatVectorEnv else [view.render]
    for call in calls:
        with pytest.raises(EngineError, match="closed: make a new one"):
            call()


class Mirror:
    """A policy without memory: the same observation, the same action."""

    def act(self, observation):
        return np.tanh(observation[:, :8])


def test_the_next_step_can_begin_the_bout():
    """Observation, reward, endings and infos are those of Gymnasium's own vector over single environments."""
    keywords = {"engine": "mujoco", "opponents": Mirror(), "max_cycles": 4, "alpha": 0.5}
    ours = SeatVectorEnv("sumo_3", num_envs=2, autoreset_mode="NextStep", **keywords)
    theirs = SyncVectorEnv([lambda: SeatEnv("sumo_3", **keywords)] * 2, autoreset_mode=AutoresetMode.NEXT_STEP)
    assert data_equivalence(ours.reset(seed=7), theirs.reset(seed=7), exact=True)
    ended = []
    for k, actions in enumerate(draws(11, worlds=2)):
        if k == 1:  # seat 0 leaves a bout of three that goes on without it
            throw_out(ours.batch, 1, 0)
            throw_out(theirs.envs[1].batch, 0, 0)
        said = ours.step(actions)
        assert data_equivalence(said, theirs.step(actions), exact=True)
        ended.append(said[2].tolist())
    assert [k for k, (one, _) in enumerate(ended) if one] == [3, 8]
    assert [k for k, (_, other) in enumerate(ended) if other] == [1, 6]
    ours.close()
    theirs.close()


def test_gymnasiums_vector_wrappers_fit():
    envs = gymnasium.make_vec("dohyo/Sumo-v0", num_envs=2, engine="mujoco", max_cycles=3, autoreset_mode="NextStep")
    normal = NormalizeObservation(envs)
    normal.reset(seed=0)
    for actions in draws(6, worlds=2):
        assert np.isfinite(normal.step(actions)[0]).all()
    normal.close()
    single = gymnasium.make_vec(
        "dohyo/Sumo-v0", 2, vectorization_mode="sync", wrappers=[RecordEpisodeStatistics], engine="mujoco"
    )
    single.reset(seed=0)
    single.close()
    with pytest.raises(UnknownName, match="unknown autoreset_mode 'Never'; choose one of: SameStep, NextStep"):
        SeatVectorEnv("sumo", engine="mujoco", autoreset_mode="Never")
