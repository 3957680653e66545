"""The one file that reaches into Stable-Baselines3: what a learner needs of it and it keeps to itself (2.9)."""

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm


def prepare(ppo: OnPolicyAlgorithm) -> BaseCallback:
    """Prepare counters, the first observations and a callback, as `learn` does before its loop.

    It asks for a total of steps, for schedules only; ours go by `spend`.
    """
    return ppo._setup_learn(total_timesteps=1, reset_num_timesteps=False)[1]


def forget_bouts(ppo: OnPolicyAlgorithm) -> None:
    """Let the next `prepare` begin bouts in every slot."""
    ppo._last_obs = None


def spend(ppo: OnPolicyAlgorithm, share: float) -> None:
    """Set what schedules go by: the share of the budget that is used up."""
    ppo._current_progress_remaining = 1 - share


def updates(ppo: OnPolicyAlgorithm) -> int:
    """Return the number of passes over rollouts so far."""
    return ppo._n_updates


def set_updates(ppo: OnPolicyAlgorithm, count: int) -> None:
    """Set the number of passes over rollouts so far."""
    ppo._n_updates = count
