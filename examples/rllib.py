"""Sumo in RLlib: one PPO policy per seat, each learning against the other. It needs `pip install 'ray[rllib]'`.

python examples/rllib.py --iterations 100
"""

import argparse

from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import register_env

from dohyo.arenas import DohyoEnv


def config(engine: str, batch: int) -> PPOConfig:
    """Return the settings of PPO; `batch` is the number of control steps in an iteration."""
    register_env("sumo", lambda _: ParallelPettingZooEnv(DohyoEnv("sumo", body="ant", engine=engine, alpha=0.5)))
    settings = PPOConfig().environment("sumo").debugging(seed=0)
    settings.multi_agent(policies={"sumo_0", "sumo_1"}, policy_mapping_fn=lambda agent, episode, **_: agent)
    settings.training(train_batch_size_per_learner=batch, minibatch_size=min(batch, 512), vf_loss_coeff=0.005)
    return settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--batch", type=int, default=4000)
    parser.add_argument("--engine", default="mujoco")
    given = parser.parse_args()
    algorithm = config(given.engine, given.batch).build_algo()
    for k in range(given.iterations):
        result = algorithm.train()
        print(f"{k + 1}/{given.iterations}: {result['num_env_steps_sampled_lifetime']} control steps")
    algorithm.stop()


if __name__ == "__main__":
    main()
