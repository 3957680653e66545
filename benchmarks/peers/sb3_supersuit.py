"""Stable-Baselines3's PPO over SuperSuit's vector of 64 sumo arenas, two processes. Argument: iterations."""

import sys

import supersuit
from marks import Marks
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecNormalize

from dohyo.arenas import sumo_v0

WORLDS, STEPS = 64, 128


class Watch(BaseCallback):
    """Marks the beginning of every rollout."""

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self._marks = marks

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps:
            self._marks.mark(self.num_timesteps)


def main() -> None:
    """Train with the hyperparameters of `dohyo train` and print the figures."""
    env = supersuit.pettingzoo_env_to_vec_env_v1(sumo_v0.parallel_env(body="ant", engine="mujoco", alpha=1.0))
    env = supersuit.concat_vec_envs_v1(env, WORLDS, num_cpus=2, base_class="stable_baselines3")
    model = PPO(
        "MlpPolicy",
        VecNormalize(env, norm_reward=True),
        n_steps=STEPS,
        batch_size=1024,
        n_epochs=5,
        policy_kwargs={"log_std_init": -0.7},
        device="cpu",
    )
    marks = Marks()
    model.learn(int(sys.argv[1]) * STEPS * env.num_envs, callback=Watch(marks))
    marks.mark(model.num_timesteps)
    marks.tell()
    env.close()


if __name__ == "__main__":
    main()
