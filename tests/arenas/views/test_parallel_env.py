"""The PettingZoo view: arguments, observations and infos, and endings."""

import subprocess
import sys

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import state_test
from pettingzoo.utils.wrappers import OrderEnforcingWrapper

import dohyo.arenas
from dohyo.arenas import ActionError, DohyoEnv, DohyoError, UnknownName, sumo_v0

STILL = {"sumo_0": np.zeros(8), "sumo_1": np.zeros(8)}


@pytest.fixture
def env():
    env = sumo_v0.parallel_env(engine="mujoco", max_cycles=3, alpha=0.5)
    yield env
    env.close()


@pytest.mark.skipif(not hasattr(pettingzoo, "make"), reason="PettingZoo has a registry from 1.26 on")
def test_both_forms_are_registered_with_pettingzoo():
    parallel = pettingzoo.make("parallel", "dohyo/sumo_v0", engine="mujoco", max_cycles=7)
    assert isinstance(parallel, DohyoEnv)
    assert parallel.batch.arena.max_cycles == 7
    assert parallel.metadata["name"] == "sumo_v0"
    assert parallel.metadata["render_fps"] == 20
    aec = pettingzoo.make("aec", "dohyo/sumo_v0", engine="mujoco")
    assert isinstance(aec, OrderEnforcingWrapper)
    assert aec.possible_agents == ["sumo_0", "sumo_1"]


def test_the_default_engine_is_pybullet():
    env = sumo_v0.parallel_env()
    assert env.batch.engine.name == "pybullet"
    env.close()


def test_infos_are_plain_and_complete(env):
    observations, infos = env.reset(seed=1)
    assert infos == {"sumo_0": {}, "sumo_1": {}}
    assert observations["sumo_0"].dtype == np.float32
    _, rewards, terminations, truncations, infos = env.step(STILL)
    assert terminations == truncations == {"sumo_0": False, "sumo_1": False}
    for agent, info in infos.items():
        assert set(info) == {"dense", "outcome", "terms", "winner"}
        assert [type(info[k]) for k in ("dense", "outcome", "terms")] == [float, float, dict]
        assert all(type(term) is float for term in info["terms"].values())
        assert info["winner"] is None
        assert info["outcome"] == 0
        assert info["dense"] == pytest.approx(sum(info["terms"].values()))
        assert rewards[agent] == pytest.approx(0.5 * info["dense"])
        assert type(rewards[agent]) is float


def test_a_time_out_terminates_and_pays(env):
    env.reset(seed=1)
    for _ in range(3):
        _, rewards, terminations, truncations, infos = env.step(STILL)
    assert terminations == {"sumo_0": True, "sumo_1": True}
    assert truncations == {"sumo_0": False, "sumo_1": False}
    assert env.agents == []
    for agent, info in infos.items():
        assert (info["ending"], info["steps"], info["winner"], info["outcome"]) == ("time-out", 3, None, -1000)
        assert rewards[agent] == pytest.approx(0.5 * info["dense"] - 500)
    assert env.step({}) == env.step(STILL) == ({}, {}, {}, {}, {})  # the form of PettingZoo's own environments
    env.reset()
    assert env.agents == ["sumo_0", "sumo_1"]


def test_a_decided_bout_terminates_and_names_the_winner():
    """Seat 0 is laid on the floor after a touch: seat 1 wins."""
    env = sumo_v0.parallel_env(engine="mujoco")
    env.reset(seed=1)
    engine = env.batch.engine
    qpos, qvel = engine._qpos.copy(), np.zeros_like(engine._qvel)
    qpos[0, 2] = 0.2
    qpos[0, 3:7] = 1, 0, 0, 0
    qpos[0, 8:15:2] = 0.55  # legs flat
    engine._put(np.array([0]), qpos, qvel)
    env.batch.arena.touched[:] = True
    _, rewards, terminations, truncations, infos = env.step(STILL)
    assert terminations == {"sumo_0": True, "sumo_1": True}
    assert truncations == {"sumo_0": False, "sumo_1": False}
    assert {info["winner"] for info in infos.values()} == {"sumo_1"}
    assert infos["sumo_0"]["ending"] == "fell"
    assert rewards == {"sumo_0": -1000, "sumo_1": 1000}


def test_diverged_physics_truncates_and_pays_nothing():
    env = sumo_v0.parallel_env(engine="mujoco")
    env.reset(seed=1)
    env.batch.engine._qvel[0] = np.nan
    _, rewards, terminations, truncations, _ = env.step(STILL)
    assert rewards == {"sumo_0": 0, "sumo_1": 0}
    assert terminations == {"sumo_0": False, "sumo_1": False}
    assert truncations == {"sumo_0": True, "sumo_1": True}


def test_spaces_and_state_by_agent(env):
    assert list(env.observation_spaces) == list(env.action_spaces) == env.possible_agents
    observations, _ = env.reset(seed=1)
    expected = np.concatenate([observations["sumo_0"], observations["sumo_1"]])
    np.testing.assert_array_equal(env.state(), expected)
    assert env.state_space.contains(env.state())
    assert env.state_space.shape == (2 * env.observation_space("sumo_0").shape[0],)


def test_reset_seeds_the_generator_for_wrappers(env):
    """NumPy's own documentation: generators of one seed draw the same numbers."""
    env.reset(seed=5)
    drawn = env.np_random.random(3)
    np.testing.assert_array_equal(drawn, np.random.default_rng(5).random(3))
    env.reset()
    assert not np.array_equal(env.np_random.random(3), drawn), "a reset without a seed goes on"


@pytest.mark.filterwarnings("ignore:Environment's (minimum|maximum) state space value:UserWarning")
def test_pettingzoos_own_test_of_states():
    """It warns of infinite bounds: speeds have none."""
    state_test(sumo_v0.env(engine="mujoco"), sumo_v0.parallel_env(engine="mujoco"), num_cycles=10)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sumo_1": np.full(8, np.nan)}, "sumo_1.*NaN"),
        ({"sumo_0": np.zeros(7)}, r"sumo_0.*\(8,\).*\(7,\)"),
        ({"sumo_0": np.zeros((1, 8))}, r"sumo_0.*\(8,\).*\(1, 8\)"),
        ({"sumo_0": None}, "sumo_0"),
        ({"sumo_0": ["1"] * 8}, "sumo_0.*numbers"),
        ({"sumo_0": np.zeros(8, complex)}, "sumo_0.*numbers"),
        ({"sumo_0": [[1.0], [2.0, 3.0]]}, "sumo_0.*numbers"),
        ({"sumo_0": "left"}, "sumo_0.*numbers.*left"),
        ({"sumo_2": np.zeros(8)}, "no such agent: 'sumo_2'.*sumo_0, sumo_1"),
    ],
)
def test_bad_actions_name_the_agent(env, change, named):
    env.reset(seed=0)
    with pytest.raises(ActionError, match=named):
        env.step(STILL | change)
    assert env.batch.arena.steps.tolist() == [0]


def test_a_missing_action_names_the_agent(env):
    env.reset(seed=0)
    with pytest.raises(ActionError, match="sumo_1: no action"):
        env.step({"sumo_0": np.zeros(8)})


def test_lists_of_numbers_are_actions_too(env):
    env.reset(seed=0)
    env.step({agent: [2.0] * 8 for agent in env.agents})


def test_observations_are_copies(env):
    first, _ = env.reset(seed=0)
    kept = first["sumo_0"].copy()
    env.step(STILL)
    assert np.array_equal(first["sumo_0"], kept)


def test_closing_twice_is_harmless():
    env = sumo_v0.parallel_env(engine="mujoco")
    env.reset(seed=0)
    env.close()
    env.close()


def test_wrong_render_modes():
    with pytest.raises(UnknownName, match=r"ascii.*human, rgb_array"):
        sumo_v0.parallel_env(render_mode="ascii")
    env = sumo_v0.parallel_env(engine="mujoco", render_mode="rgb_array")
    with pytest.raises(DohyoError, match=r"reset\(\)"):
        env.render()
    with pytest.raises(UnknownName, match="unknown arena"):
        DohyoEnv("chess")


def test_rendering_without_a_mode_warns(env):
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None


def test_what_is_exported():
    assert sorted(dohyo.arenas.__all__) == [
        "ARENAS",
        "ActionError",
        "ArenaSpec",
        "BODIES",
        "BUILT_IN",
        "Batch",
        "Body",
        "Camera",
        "ConfigError",
        "DohyoEnv",
        "DohyoError",
        "ENGINES",
        "Engine",
        "EngineError",
        "Finished",
        "Frame",
        "Player",
        "PolicyError",
        "Push",
        "Randomisation",
        "SeatEnv",
        "SeatVectorEnv",
        "Step",
        "UnknownName",
        "find_player",
        "kick_and_defend_v0",
        "make_batch",
        "register_arena",
        "register_players",
        "render",
        "run_to_goal_v0",
        "sumo_2v2_v0",
        "sumo_3_v0",
        "sumo_4_v0",
        "sumo_v0",
        "you_shall_not_pass_v0",
    ]
    assert all(hasattr(dohyo.arenas, name) for name in dohyo.arenas.__all__)


def test_importing_loads_neither_pybullet_nor_matplotlib_and_prints_nothing():
    code = "import dohyo.arenas, sys; sys.exit(bool({'pybullet', 'matplotlib', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_bare_folder_refuses_to_be_imported():
    code = "import arenas"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=dohyo.arenas.__path__[0] + "/.."
    )
    assert "import dohyo.arenas" in done.stderr
