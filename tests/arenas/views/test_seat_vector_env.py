"""One seat as Gymnasium's vector environment: many worlds at once, infos as arrays."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from doubles import Noise, draws, network
from gymnasium.utils.env_checker import data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from states import throw_out

from dohyo.agents.snapshot import Origin, Part, make_snapshot
from dohyo.arenas import ActionError, Batch, Push, Randomisation, SeatEnv, SeatVectorEnv, UnknownName, make_batch


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
    assert ended.max() == 1  # time-outs and decided bouts terminate alike
    assert np.flatnonzero(ended[:, 1]).tolist() == [2, 4, 10]
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
    assert [bool(s[2][0]) for s in said] == [False, False, True, False, True, False, False]
    assert said[4][4]["final_info"]["winner"][0] == "sumo_1"


def test_the_final_observation_is_the_bouts_last():
    envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2, max_cycles=3)
    batch = make_batch("sumo", engine="mujoco", worlds=2, max_cycles=3, autoreset=False)
    envs.reset(seed=1)
    batch.reset(seed=1)
    for actions in draws(3, worlds=2):
        observation, _, terminated, _, infos = envs.step(actions)
        last = batch.step([actions, np.zeros((2, 8))]).observation[0]
    assert terminated.all()
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
    assert not ours.batch.out.any()
    assert ours.batch.bouts.length.tolist() == [1, 2]


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
            randomisation=Randomisation(mass=(0.5, 2.0)),
            push=Push(force=50.0),
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


def test_a_failed_start_leaves_no_workers_behind(monkeypatch):
    closed = []
    monkeypatch.setattr(Batch, "close", lambda batch: closed.append(batch.worlds))
    with pytest.raises(UnknownName):
        SeatVectorEnv("sumo", engine="mujoco", num_envs=3, seat="sumo_9")
    assert closed == [3]


def test_restarting_takes_a_reset_first():
    batch = make_batch("sumo", engine="mujoco", worlds=2)
    with pytest.raises(ActionError, match=r"reset\(\) before restart\(\)"):
        batch.restart(np.array([0]))
    batch.close()


def test_a_snapshot_can_be_an_opponent():
    env = SeatEnv("sumo", engine="mujoco")
    size = env.observation_space.shape[0]
    part = Part.of(env.batch.arena, 1)
    env.close()
    origin = Origin(part=part, observation=size, action=8, engine="mujoco", generation=0, samples=0, seed=0)
    policy = make_snapshot(origin, network(observation=size, action=8)).policy()
    ends = []
    for opponents in (policy, "zero"):
        envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2, opponents=opponents)
        envs.reset(seed=0)
        for _ in range(3):
            ends.append(envs.step(np.zeros((2, 8)))[0])
        envs.close()
    assert not np.array_equal(ends[2], ends[5])
