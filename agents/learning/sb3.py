"""Access to private fields of Stable-Baselines3 (2.9); no other file uses them."""

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm


def prepare(ppo: OnPolicyAlgorithm) -> BaseCallback:
    """Prepare counters, the first observations and a callback, as `learn` does before its loop.

    The total of steps matters only for schedules, and ours follow `spend`.
    """
    return ppo._setup_learn(total_timesteps=1, reset_num_timesteps=False)[1]


def forget_bouts(ppo: OnPolicyAlgorithm) -> None:
    """Make the next `prepare` begin a bout in every slot."""
    ppo._last_obs = None


def spend(ppo: OnPolicyAlgorithm, share: float) -> None:
    """Set the share of the budget that is used up, which schedules follow."""
    ppo._current_progress_remaining = 1 - share


def updates(ppo: OnPolicyAlgorithm) -> int:
    """Return the number of passes over rollouts so far."""
    return ppo._n_updates


def set_updates(ppo: OnPolicyAlgorithm, count: int) -> None:
    """Set the number of passes over rollouts so far."""
    ppo._n_updates = count
