"""PettingZoo's own tests of an environment, and bouts in both forms with seats that leave early."""

import functools
import warnings

import numpy as np
from common import arguments, check_early, check_finite, check_moves, make, passed
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test, state_test


def official(arena: str, engine: str) -> None:
    """Run PettingZoo's tests; they print what they find, and raise."""
    parallel = functools.partial(make, arena, engine)
    turns = functools.partial(make, arena, engine, "env")
    parallel_api_test(parallel(), num_cycles=300)
    api_test(turns(), num_cycles=300)
    parallel_seed_test(parallel, num_cycles=50)
    seed_test(turns, num_cycles=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env = turns()
        env.reset(seed=0)
        state_test(env, parallel())


def bouts(arena: str, engine: str, count: int = 5) -> int:
    """Play random bouts in the parallel form, check the observations, and return the number of samples."""
    env = make(arena, engine)
    seen, present, rewards = [], [], []
    for seed in range(count):
        env.reset(seed=seed)
        while env.agents:
            present.append([agent in env.agents for agent in env.possible_agents])
            step = env.step({agent: env.action_space(agent).sample() for agent in env.agents})
            seen.append(
                [step[0].get(agent, np.zeros(env.observation_space(agent).shape)) for agent in env.possible_agents]
            )
            rewards += step[1].values()
    check_moves(np.array(seen))
    check_early(present, arena)
    check_finite(rewards=rewards)
    env.close()
    return int(np.sum(present))


def turns(arena: str, engine: str) -> int:
    """Play a bout in the turn-based form as PettingZoo's documentation does, and return the number of turns."""
    env = make(arena, engine, "env")
    env.reset(seed=0)
    count = 0
    for agent in env.agent_iter():
        *_, termination, truncation, _ = env.last()
        env.step(None if termination or truncation else env.action_space(agent).sample())
        count += 1
    env.close()
    return count


if __name__ == "__main__":
    given = arguments(__doc__)
    official(given.arena, given.engine)
    passed(bouts(given.arena, given.engine) + turns(given.arena, given.engine))
