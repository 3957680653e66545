"""Learn one seat of sumo with Stable-Baselines3, against an opponent that stands still.

python examples/sb3_one_seat.py --samples 1000000 --out build/sumo_0.zip
"""

import argparse
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from dohyo.arenas import SeatEnv


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--engine", default="mujoco")
    parser.add_argument("--out", type=Path, default=Path("sumo_0.zip"))
    given = parser.parse_args()
    keywords = {
        "arena": "sumo",
        "body": "ant",
        "engine": given.engine,
        "seat": "sumo_0",
        "opponents": "zero",
        "alpha": 0.5,
    }
    envs = VecNormalize(make_vec_env(SeatEnv, n_envs=8, seed=0, env_kwargs=keywords))  # outcomes are hundreds
    model = PPO("MlpPolicy", envs, n_steps=256, batch_size=512, device="cpu", verbose=1, seed=0)
    model.learn(given.samples)
    model.save(given.out)
    envs.close()


if __name__ == "__main__":
    main()
