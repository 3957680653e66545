"""RLlib's recipe: `ParallelPettingZooEnv` on the new API stack, one PPO module per agent.

After `rllib/examples/multi_agent/rock_paper_scissors_learned_vs_learned.py` of Ray 2.60.
"""

from typing import Any

import numpy as np
import ray
from common import arguments, check_early, check_finite, check_moves, make, passed
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import register_env

STEPS = 1000


def config(arena: str, engine: str) -> PPOConfig:
    """Return PPO's configuration: a module for each agent, sampled by one process."""
    register_env("dohyo", lambda _: ParallelPettingZooEnv(make(arena, engine)))
    env = make(arena, engine)
    modules = set(env.possible_agents)
    env.close()
    return (
        PPOConfig()
        .environment("dohyo")
        .env_runners(num_env_runners=1, num_envs_per_env_runner=1)
        .multi_agent(policies=modules, policy_mapping_fn=lambda agent, episode, **keywords: agent)
        .training(train_batch_size_per_learner=STEPS, minibatch_size=250, num_epochs=2, vf_loss_coeff=0.005)
        .rl_module(
            model_config=DefaultModelConfig(fcnet_hiddens=[64, 64], vf_share_layers=True),
            rl_module_spec=MultiRLModuleSpec(rl_module_specs={module: RLModuleSpec() for module in modules}),
        )
        .debugging(seed=0)
    )


def check_episodes(algorithm: Any, arena: str) -> None:
    """Sample complete bouts and check what RLlib recorded of them."""
    episodes = algorithm.env_runner_group.foreach_env_runner(
        lambda runner: runner.sample(num_episodes=5, random_actions=True), local_env_runner=False
    )[0]
    present = []
    for episode in episodes:
        agents = episode.agent_episodes.values()
        for agent in agents:
            check_moves(np.asarray(agent.get_observations()))
        lengths = np.array([len(agent) for agent in agents])
        present.append(np.arange(lengths.max())[:, None] < lengths)
    check_early(np.concatenate(present), arena)


def learn(arena: str, engine: str) -> int:
    """Learn for two updates and return the number of samples."""
    algorithm = config(arena, engine).build_algo()
    losses: list[float] = []
    returns: list[float] = []
    for _ in range(2):
        result = algorithm.train()
        returns.append(result["env_runners"]["episode_return_mean"])
        losses += [learner["total_loss"] for name, learner in result["learners"].items() if name != "__all_modules__"]
    check_episodes(algorithm, arena)
    check_finite(losses=losses, returns=returns)
    samples = sum(result["env_runners"]["num_agent_steps_sampled_lifetime"].values())
    algorithm.stop()
    return int(samples)


if __name__ == "__main__":
    given = arguments(__doc__)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    passed(learn(given.arena, given.engine))
    ray.shutdown()
