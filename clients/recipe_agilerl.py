"""AgileRL's recipe: `make_multi_agent_vect_envs`, and IPPO, whose agents of one name share a network.

After "Multi-Agent Training" in the documentation of AgileRL 2.58. Its IPPO learns NaN from agents that leave before
others, so such arenas need SuperSuit's black death.
"""

import functools
from typing import Any

import numpy as np
import supersuit
import torch
from agilerl.algorithms import IPPO
from agilerl.training.train_multi_agent_on_policy import train_multi_agent_on_policy
from agilerl.utils.utils import make_multi_agent_vect_envs
from common import arguments, check_early, check_finite, check_moves, make, passed

ENVS = 2
STEPS = 500


def steady(arena: str, engine: str) -> Any:
    """Return the environment; in `sumo_4`, seats that have left stay and observe zeros."""
    env = make(arena, engine)
    return supersuit.black_death_v3(env) if arena == "sumo_4" else env


def record(learner: IPPO) -> tuple[list[dict[str, Any]], list[float]]:
    """Return two lists that will hold the observations and the losses of each update."""
    seen: list[dict[str, Any]] = []
    losses: list[float] = []
    learn = learner.learn

    def recorded(experiences: tuple[Any, ...]) -> Any:
        seen.append({agent: np.array(rows) for agent, rows in experiences[0].items()})
        loss = learn(experiences)
        losses.extend(float(value) for value in loss.values())
        return loss

    learner.learn = recorded
    return seen, losses


def learn(arena: str, engine: str) -> int:
    """Learn for two updates and return the number of samples."""
    env = make_multi_agent_vect_envs(env=functools.partial(steady, arena, engine), num_envs=ENVS)
    agents = list(env.agents)
    [learner] = IPPO.population(
        size=1,
        observation_space=[env.single_observation_space(agent) for agent in agents],
        action_space=[env.single_action_space(agent) for agent in agents],
        agent_ids=agents,
        learn_step=STEPS,
        batch_size=250,
        update_epochs=2,
    )
    seen, losses = record(learner)
    train_multi_agent_on_policy(
        env=env,
        env_name=arena,
        algo="IPPO",
        pop=[learner],
        sum_scores=False,
        max_steps=2 * STEPS,
        evo_steps=STEPS,
        eval_steps=100,
        verbose=False,
    )
    observations = np.stack([np.concatenate([rows[agent] for rows in seen]) for agent in agents], 2)
    check_moves(observations)
    check_early(observations.any(-1).reshape(-1, len(agents)), arena)
    check_finite(losses=losses)
    return observations.shape[0] * ENVS * len(agents)


if __name__ == "__main__":
    torch.manual_seed(0)
    given = arguments(__doc__)
    passed(learn(given.arena, given.engine))
