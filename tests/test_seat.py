"""One seat as Gymnasium sees it: a single world and a vector of worlds, the other seats played by policies."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from doubles import network
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as sb3_check_env
from stable_baselines3.common.env_util import make_vec_env

from dohyo.agents.snapshot import Origin, Part, freeze
from dohyo.arenas import (
    ARENAS,
    ActionError,
    Batch,
    ConfigError,
    DohyoEnv,
    DohyoError,
    Perturbation,
    Push,
    SeatEnv,
    SeatVectorEnv,
    UnknownName,
    make_batch,
)

UNBOUNDED = "ignore:.*A Box observation space (minimum|maximum) value is -?infinity:UserWarning"
"""Positions and speeds have no bound, so neither has the space: Gymnasium's own MuJoCo environments say the same."""


class Noise:
    """A policy of seeded noise that keeps what it saw and did; the noise of a row is its own stream's."""

    def __init__(self, actions: int = 8, seed: int = 0, worlds: int = 1) -> None:
        self._streams = [np.random.default_rng(seed + w) for w in range(worlds)]
        self._actions = actions
        self.saw: list[Any] = []
        self.did: list[Any] = []

    def act(self, observation):
        self.saw.append(observation)
        rows = [stream.uniform(-1, 1, self._actions) for stream in self._streams]
        self.did.append(np.array(rows, np.float32))
        return self.did[-1]


def throw_out(batch: Batch, world: int, seat: int) -> None:
    """Put a seat of sumo far outside the ring, so that its next control step loses the bout; all have touched."""
    ids = np.array([world])
    qpos, qvel = batch.engine._qpos[ids].copy(), batch.engine._qvel[ids].copy()
    qpos[0, batch.arena.scene.seats[seat].qpos.start] = 20
    batch.engine.reset(ids, qpos, qvel)
    batch.arena.touched[world] = True


def draws(steps: int, seed: int = 5, worlds: int | None = None) -> Any:
    """Actions for so many steps, `[steps, 8]` or `[steps, W, 8]`."""
    shape = (steps, 8) if worlds is None else (steps, worlds, 8)
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32)


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
    assert names == {f"dohyo/{name}-v0" for name in expected}
    assert {gymnasium.spec(name).kwargs["arena"] for name in names} == set(ARENAS)


def test_make_vec_gives_the_vector():
    envs = gymnasium.make_vec("dohyo/Sumo-v0", num_envs=3, engine="mujoco", seat="sumo_1")
    assert isinstance(envs, SeatVectorEnv)
    assert (envs.num_envs, envs.seat, envs.metadata["autoreset_mode"]) == (3, "sumo_1", AutoresetMode.SAME_STEP)
    assert envs.single_action_space == gymnasium.spaces.Box(-1, 1, (8,), np.float32)
    assert envs.observation_space.shape == (3, *envs.single_observation_space.shape)
    observation, infos = envs.reset(seed=0)
    assert observation in envs.observation_space
    assert infos == {}
    with pytest.raises(ActionError, match=r"sumo_1.*\(3, 8\).*\(8,\)"):
        envs.step(np.zeros(8))
    envs.close()
    envs.close()


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
        assert got[3] is True
        assert got[4]["ending"] == "time-out"
    assert data_equivalence(rival.saw, theirs.saw, exact=True)
    env.close()
    whole.close()


def test_the_opponents_actions_reach_their_seats():
    """Against a batch driven by hand; each of three rivals has a policy of its own."""
    rivals = [Noise(seed=10 * k, worlds=2) for k in range(3)]
    envs = SeatVectorEnv("sumo_4", engine="mujoco", num_envs=2, seat="sumo_2", opponents=rivals, alpha=1.0)
    batch = make_batch("sumo_4", engine="mujoco", worlds=2, alpha=1.0)
    observation, _ = envs.reset(seed=4)
    seen = [o.copy() for o in batch.reset(seed=4)]
    for k, action in enumerate(draws(4, worlds=2)):
        np.testing.assert_array_equal(observation, seen[2])
        observation, reward, *_ = envs.step(action)
        for rival, seat in zip(rivals, (0, 1, 3), strict=True):
            np.testing.assert_array_equal(rival.saw[k], seen[seat])
        step = batch.step([rivals[0].did[k], rivals[1].did[k], action, rivals[2].did[k]])
        seen = [o.copy() for o in step.observation]
        np.testing.assert_array_equal(reward, step.reward[:, 2])
    envs.close()
    batch.close()


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


def vectors(arena: str, worlds: int, **keywords: Any) -> tuple[SeatVectorEnv, SyncVectorEnv]:
    """Our vector, and Gymnasium's own over single environments of the same."""
    ours = SeatVectorEnv(arena, engine="mujoco", num_envs=worlds, opponents=Noise(worlds=worlds), alpha=0.5, **keywords)
    singles = [
        lambda w=w: SeatEnv(arena, engine="mujoco", opponents=Noise(seed=w), alpha=0.5, **keywords)
        for w in range(worlds)
    ]
    return ours, SyncVectorEnv(singles, autoreset_mode=AutoresetMode.SAME_STEP)


def compare(ours: SeatVectorEnv, theirs: SyncVectorEnv, steps: int, thrown: dict[tuple[int, int], int]) -> list[Any]:
    """Step both, hold that they say the same, and return what ours said; `thrown`: the seat by (step, world)."""
    assert data_equivalence(ours.reset(seed=7), theirs.reset(seed=7), exact=True)
    said = []
    for k, actions in enumerate(draws(steps, worlds=ours.num_envs)):
        for world in range(ours.num_envs):
            if (k, world) in thrown:
                throw_out(ours.batch, world, thrown[k, world])
                throw_out(theirs.envs[world].batch, 0, thrown[k, world])
        said.append(ours.step(actions))
        assert data_equivalence(said[-1], theirs.step(actions), exact=True)
    ours.close()
    theirs.close()
    return said


def test_a_vector_is_gymnasiums_own_over_single_environments():
    """Observations, rewards, endings and infos, through decided bouts and time-outs at different steps."""
    ours, theirs = vectors("sumo", 3, max_cycles=6)
    said = compare(ours, theirs, 13, {(2, 1): 0, (3, 2): 1, (4, 1): 1})
    ended = np.array([terminated.astype(int) + 2 * truncated for _, _, terminated, truncated, _ in said])
    assert np.flatnonzero(ended[:, 0]).tolist() == [5, 11]
    assert ended[5, 0] == 2
    assert ended[[2, 4, 10], 1].tolist() == [1, 1, 2]
    infos = said[3][4]
    assert infos["_final_obs"].tolist() == infos["_final_info"].tolist() == [False, False, True]
    final = infos["final_info"]
    assert (final["winner"][2], final["ending"][2], final["steps"][2]) == ("sumo_0", "left the ring", 4)
    assert final["outcome"].tolist() == [0, 0, 1000]
    assert infos["_dense"].tolist() == [True, True, False]
    assert "ending" not in infos


def test_a_vector_of_one_world_is_the_single_environment():
    """Here every world ends at once, so the infos hold the final ones only."""
    ours, theirs = vectors("sumo", 1, max_cycles=3, seat=1)
    said = compare(ours, theirs, 7, {(4, 0): 0})
    assert sorted(said[2][4]) == ["_final_info", "_final_obs", "final_info", "final_obs"]
    assert [bool(s[2][0]) for s in said] == [False, False, False, False, True, False, False]
    assert said[4][4]["final_info"]["winner"][0] == "sumo_1"


def test_the_final_observation_is_the_bouts_last():
    envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2, max_cycles=3)
    batch = make_batch("sumo", engine="mujoco", worlds=2, max_cycles=3, autoreset=False)
    envs.reset(seed=1)
    batch.reset(seed=1)
    for actions in draws(3, worlds=2):
        observation, _, _, truncated, infos = envs.step(actions)
        last = batch.step([actions, np.zeros((2, 8))]).observation[0]
    assert truncated.all()
    np.testing.assert_array_equal(np.stack(infos["final_obs"]), last)
    np.testing.assert_array_equal(observation, batch.reset()[0])
    envs.close()
    batch.close()


@pytest.mark.parametrize("arena", ["sumo_3", "sumo_2v2"])
def test_a_seat_that_is_out_begins_a_new_bout_at_once(arena):
    """Seat 0 is thrown out, the others go on: its episode is over with -1000. A rival's end ends nothing."""
    ours, theirs = vectors(arena, 2, max_cycles=20)
    said = compare(ours, theirs, 6, {(1, 1): 2, (3, 1): 0, (4, 0): 0})
    assert np.flatnonzero([s[2][1] for s in said]).tolist() == [3]
    assert np.flatnonzero([s[2][0] for s in said]).tolist() == [4]
    final = said[3][4]["final_info"]
    assert final["outcome"][1] == -1000
    assert not ours.batch._out.any()
    assert ours.batch._length.tolist() == [1, 2]


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


def test_a_world_whose_physics_blew_up_is_truncated():
    envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2)
    envs.reset(seed=0)
    envs.batch.engine._qvel[1] = np.nan
    _, reward, terminated, truncated, infos = envs.step(np.zeros((2, 8)))
    assert (reward.tolist(), terminated.tolist(), truncated.tolist()) == ([0, 0], [False, False], [False, True])
    assert infos["final_info"]["ending"][1] == "physics diverged"
    envs.close()


def test_seeds_repeat_bit_for_bit():
    def play() -> list[Any]:
        envs = SeatVectorEnv(
            "run_to_goal",
            engine="mujoco",
            num_envs=3,
            seat="runner_1",
            opponents=Noise(worlds=3),
            max_cycles=4,
            alpha=0.5,
            perturbation=Perturbation(mass=(0.5, 2.0), push=Push(force=50.0)),
        )
        said = [envs.reset(seed=11), *map(envs.step, draws(9, worlds=3)), envs.reset(seed=11)]
        envs.close()
        return said

    first, second = play(), play()
    assert data_equivalence(first, second, exact=True)
    np.testing.assert_array_equal(first[0][0], first[-1][0])


def test_what_is_handed_out_does_not_change_later():
    ours, theirs = vectors("sumo", 2, max_cycles=3)
    theirs.close()
    said = [ours.reset(seed=0), *map(ours.step, draws(4, worlds=2))]
    before = [[np.copy(part) for part in parts[:-1]] for parts in said]
    for actions in draws(4, worlds=2):
        ours.step(actions)
    assert data_equivalence([list(parts[:-1]) for parts in said], before, exact=True)
    ours.close()


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
        ("sumo", {"opponents": "random"}, UnknownName, "unknown opponent 'random'; give a policy or \"zero\""),
        ("sumo", {"opponents": None}, ConfigError, r"act\(observation\) -> action, not NoneType"),
        ("sumo", {"opponents": []}, ConfigError, "0 opponents for 1 other seats.*one each for: sumo_1"),
        ("sumo_3", {"opponents": ["zero"]}, ConfigError, "1 opponents for 2 other seats.*one each for: sumo_1, sumo_2"),
        ("sumo", {"render_mode": "human"}, UnknownName, "unknown render_mode 'human'"),
        ("chess", {}, UnknownName, "unknown arena"),
    ],
)
def test_what_does_not_fit_is_one_line_that_says_what_does(kind, arena, keywords, error, says):
    with pytest.raises(error, match=says) as caught:
        kind(arena, engine="mujoco", **keywords)
    assert "\n" not in str(caught.value)


def test_a_failed_start_leaves_no_workers_behind(monkeypatch):
    closed = []
    monkeypatch.setattr(Batch, "close", lambda batch: closed.append(batch.worlds))
    with pytest.raises(UnknownName):
        SeatVectorEnv("sumo", engine="mujoco", num_envs=3, seat="sumo_9")
    assert closed == [3]


def test_a_policy_of_the_wrong_size_names_its_seat():
    env = SeatEnv("sumo_3", engine="mujoco", seat=1, opponents=["zero", Wrong()])
    env.reset(seed=0)
    with pytest.raises(ActionError, match=r"sumo_2: the opponent's act\(\) must.*\(1, 8\), not \(1, 12\); give a pol"):
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


def test_restarting_takes_a_reset_first():
    batch = make_batch("sumo", engine="mujoco", worlds=2)
    with pytest.raises(ActionError, match=r"reset\(\) before restart\(\)"):
        batch.restart(np.array([0]))
    batch.close()


def test_sb3_trains_over_it():
    vec = make_vec_env("dohyo/Sumo-v0", n_envs=2, env_kwargs={"engine": "mujoco", "max_cycles": 5, "alpha": 1.0})
    model = PPO("MlpPolicy", vec, n_steps=8, batch_size=8, n_epochs=1, device="cpu", seed=0)
    model.learn(32)
    assert model.num_timesteps == 32
    assert [info["l"] for info in model.ep_info_buffer] == [5] * 6
    vec.close()


def test_a_snapshot_can_be_an_opponent():
    env = SeatEnv("sumo", engine="mujoco")
    size = env.observation_space.shape[0]
    part = Part.of(env.batch.arena, 1)
    env.close()
    origin = Origin(part=part, observation=size, action=8, engine="mujoco", generation=0, samples=0, seed=0)
    policy = freeze(origin, network(observation=size, action=8)).policy()
    ends = []
    for opponents in (policy, "zero"):
        envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2, opponents=opponents)
        envs.reset(seed=0)
        for _ in range(3):
            ends.append(envs.step(np.zeros((2, 8)))[0])
        envs.close()
    assert not np.array_equal(ends[2], ends[5])
