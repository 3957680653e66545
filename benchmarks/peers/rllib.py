"""RLlib's PPO, new API stack, over PettingZoo's view of sumo with two runners. Argument: iterations."""

import os
import sys

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
from marks import Marks
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune.registry import register_env


def make(config: object) -> ParallelPettingZooEnv:
    """Return one arena."""
    from dohyo.arenas import sumo_v0

    return ParallelPettingZooEnv(sumo_v0.parallel_env(body="ant", engine="mujoco", alpha=1.0))


def settings() -> PPOConfig:
    """Return the hyperparameters of `dohyo train`: 8,192 control steps of the arena in an iteration."""
    network = DefaultModelConfig(fcnet_hiddens=[64, 64], fcnet_activation="tanh", vf_share_layers=False)
    config = PPOConfig().environment("sumo")
    config = config.env_runners(num_env_runners=2, num_envs_per_env_runner=32, sample_timeout_s=600)
    config = config.multi_agent(policies={"shared"}, policy_mapping_fn=lambda agent, *rest, **more: "shared")
    config = config.training(lr=3e-4, gamma=0.99, lambda_=0.95, clip_param=0.2, num_epochs=5, minibatch_size=1024)
    return config.training(train_batch_size_per_learner=8192).rl_module(model_config=network)


def main() -> None:
    """Train and print the figures."""
    register_env("sumo", make)
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)
    algorithm, marks = settings().build_algo(), Marks()
    for _ in range(int(sys.argv[1])):
        result = algorithm.train()["env_runners"]
        marks.mark(2 * result["num_env_steps_sampled_lifetime"])  # both seats learn
    marks.tell()
    algorithm.stop()
    ray.shutdown()


if __name__ == "__main__":
    main()
