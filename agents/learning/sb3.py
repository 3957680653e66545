"""Access to private fields of Stable-Baselines3 (2.9); no other file uses them."""

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dohyo.agents.devices import put
from dohyo.arenas.saved import AnyArray


def prepare(ppo: OnPolicyAlgorithm) -> BaseCallback:
    """Prepare counters, the first observations and a callback, as `learn` does before its loop.

    The total of steps matters only for schedules, and ours follow `spend`.
    """
    callback = ppo._setup_learn(total_timesteps=1, reset_num_timesteps=False)[1]
    if isinstance(ppo._last_episode_starts, np.ndarray):
        ppo._last_episode_starts = put(ppo._last_episode_starts, getattr(ppo.env, "device", None))
    return callback


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


def slots(ppo: OnPolicyAlgorithm) -> dict[str, torch.Tensor]:
    """Return the slots' last observations, starts of bouts, and LSTM memory by name; empty before the first bout."""
    if ppo._last_obs is None:
        return {}
    seen = {"seen": torch.as_tensor(ppo._last_obs), "starts": torch.as_tensor(ppo._last_episode_starts)}
    return seen | {f"memory/{k}": tensor.clone() for k, tensor in enumerate(memory(ppo))}


def memory(ppo: OnPolicyAlgorithm) -> list[torch.Tensor]:
    """Return the LSTM outputs and cells of policy and value function, not copied; empty without an LSTM."""
    states = getattr(ppo, "_last_lstm_states", None) or ()
    return [part for of in states for part in of]


def set_slots(ppo: OnPolicyAlgorithm, seen: AnyArray, starts: AnyArray) -> None:
    """Set the slots' last observations `[slots, obs]`, and whether a bout begins, `[slots]`."""
    ppo._last_obs, ppo._last_episode_starts = seen, starts
