"""Players: the objects that can fill a seat, and the messages for others."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from doubles import Counter, StubBatch
from gymnasium.utils.env_checker import check_env

from dohyo.arenas import ActionError, PolicyError, SeatEnv, SeatVectorEnv, find_player
from dohyo.arenas.players import Player, Random
from dohyo.arenas.views.seat_env import Seat

UNBOUNDED = "ignore:.*A Box observation space (minimum|maximum) value is -?infinity:UserWarning"


class Acting:
    """A player that returns what it was made with."""

    def __init__(self, action: Any) -> None:
        self.action = action

    def act(self, observation: Any) -> Any:
        return self.action


BROKEN = {
    "length": (
        Acting(np.zeros((1, 12))),
        r"sumo_1: the policy's act\(\) must return an array of shape \(1, 8\), not \(1, 12",
    ),
    "one row": (Acting(np.zeros(8)), r"shape \(1, 8\), not \(8,\)"),
    "rows": (Acting(np.zeros((3, 8))), r"shape \(1, 8\), not \(3, 8\)"),
    "number": (Acting(0.5), r"shape \(1, 8\), not \(\)"),
    "NaN": (Acting(np.full((1, 8), np.nan)), "sumo_1: the policy's act.* NaN or infinity"),
    "infinity": (Acting(np.full((1, 8), -np.inf)), "NaN or infinity"),
    "nothing": (Acting(None), "sumo_1: an action is an array of numbers, not None"),
    "ragged": (Acting([[1, 2], [3]]), "an action is an array of numbers"),
    "words": (Acting([["left"] * 8]), "an action is an array of numbers"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_player_that_returns_no_action(case: str):
    player, says = BROKEN[case]
    env = SeatEnv("sumo", engine="mujoco", opponents=player)
    env.reset(seed=0)
    with pytest.raises(PolicyError, match=says) as caught:
        env.step(np.zeros(8))
    env.close()
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ActionError), "who caught this as before still does"


@pytest.mark.parametrize(("player", "says"), [(3, "not int"), (None, "not NoneType"), (Acting, "not the class Acting")])
def test_a_player_without_act(player: Any, says: str):
    with pytest.raises(PolicyError, match=says):
        find_player(player, StubBatch([[1]]), 0)


def test_names_and_objects():
    batch, own = StubBatch([[1], [1]]), Acting(np.zeros((2, 2)))
    seen = np.zeros((2, 3), np.float32)
    assert find_player(own, batch, 0) is own
    assert find_player("zero", batch, 0).act(seen).tolist() == [[0, 0], [0, 0]]
    drawn = find_player("random", batch, 1, seed=4).act(seen)
    np.testing.assert_array_equal(drawn, np.random.default_rng(4).uniform(-1, 1, (2, 2)).astype(np.float32))


def test_an_unknown_name_says_what_there_is_before_and_after_importing_the_curricula():
    program = """
from dohyo.arenas import SeatEnv, UnknownName
def say():
    try: SeatEnv("sumo", engine="mujoco", opponents="runs/none")
    except UnknownName as error: print(error)
say()
import dohyo.curricula
say()
"""
    before, after = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert before == (
        "no player 'runs/none': give random, zero or an object with act(observation); snapshots and runs can be named "
        "after `import dohyo.curricula`"
    )
    assert after.startswith("no player 'runs/none': give a snapshot file, ")
    assert "a run folder, RUN:LEARNER " in after


def test_a_policy_whose_memory_the_caller_keeps_can_be_an_opponent():
    batch = StubBatch([[1], [2], [3]])
    seat = Seat(batch, 0, Counter())
    seat.reset(0)
    did = []
    for _ in range(4):
        seat.step(np.zeros((3, 2)))
        did.append(batch.taken[-1][1, :, 0].tolist())
    assert did == [[1, 1, 1], [1, 2, 2], [1, 1, 3], [1, 2, 1]]  # the number of the step in each world's bout


@pytest.mark.filterwarnings(UNBOUNDED)
def test_a_seed_repeats_the_bouts_against_a_random_opponent():
    """Gymnasium's checker compares two steps after the same seed."""
    env = SeatEnv("sumo", engine="mujoco", opponents="random")
    check_env(env, skip_render_check=True)
    env.close()
    envs = SeatVectorEnv("sumo", engine="mujoco", num_envs=2, opponents="random", workers=1)
    seen = []
    for seed in (1, 1, 2):
        envs.reset(seed=seed)
        seen.append([envs.step(np.zeros((2, 8)))[0] for _ in range(3)])
    envs.close()
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_one_name_for_several_seats_acts_differently_in_each():
    env = SeatEnv("sumo_3", engine="mujoco", opponents="random")
    env.reset(seed=0)
    env.step(np.zeros(8))
    assert not np.array_equal(env._seat._actions[1], env._seat._actions[2])
    env.close()


def test_a_player_checks_actions_of_any_length_where_none_is_asked():
    assert Player(Random(5), worlds=2).act(np.zeros((2, 3), np.float32)).shape == (2, 5)
    for wrong in (np.zeros(2), np.zeros((3, 5)), 1.0):
        with pytest.raises(PolicyError, match="must return an array of shape"):
            Player(Acting(wrong), worlds=2).act(np.zeros((2, 3), np.float32))
