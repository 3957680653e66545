"""PettingZoo's recipe for Stable-Baselines3: SuperSuit turns agents into a vector that one PPO learns from.

After `tutorials/SB3/waterworld` (agents that all stay) and `tutorials/SB3/kaz` (agents that leave) of PettingZoo 1.27.
"""

import supersuit
from common import arguments, check_early, check_finite, check_moves, make, passed
from stable_baselines3 import PPO

COPIES = 4
STEPS = 256


def learn(arena: str, engine: str, cpus: int) -> int:
    """Learn for two updates and return the number of samples."""
    env = make(arena, engine)
    seats = len(env.possible_agents)
    if seats > 2:
        env = supersuit.black_death_v3(env)
    env.reset(seed=0)
    env = supersuit.pettingzoo_env_to_vec_env_v1(env)
    env = supersuit.concat_vec_envs_v1(env, COPIES, num_cpus=cpus, base_class="stable_baselines3")
    model = PPO("MlpPolicy", env, n_steps=STEPS, batch_size=256, n_epochs=2, device="cpu")
    model.learn(total_timesteps=2 * STEPS * COPIES * seats)
    buffer = model.rollout_buffer
    observations = buffer.observations.reshape(buffer.n_envs, STEPS, -1).swapaxes(0, 1)  # SB3 flattens it to learn
    check_moves(observations)
    check_early(observations.any(-1).reshape(-1, seats), arena)
    check_finite(
        rewards=buffer.rewards, returns=buffer.returns, value_loss=dict(model.logger.name_to_value)["train/value_loss"]
    )
    env.close()
    return model.num_timesteps


if __name__ == "__main__":
    given = arguments(__doc__)
    passed(sum(learn(given.arena, given.engine, cpus) for cpus in (1, 2)))
