"""Rollouts of slots of which some idle, since their seat has left a bout that goes on: those samples teach nothing."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.type_aliases import RolloutBufferSamples

from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import BoolArray, FloatArray, namespace
from dohyo.arenas.saved import AnyArray, Saved

LEARNED = ("observations", "actions", "values", "log_probs", "advantages", "returns", "acted")
"""Arrays of a rollout from which an update learns, `[steps, slots]` or `[steps, slots, n]`."""


class ActedRollout(RolloutBuffer):
    """A rollout whose minibatches hold only samples of slots that acted; its arrays are tensors if those of `vec` are.

    Between the end of a seat's episode and the next bout the advantages of an idle slot are of no use, and they are cut
    off at both ends: the slot's episode ends twice.
    """

    def __init__(self, *args: Any, vec: SeatVec, **kwargs: Any) -> None:
        self._vec = vec
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Empty the rollout."""
        super().reset()
        self.acted: BoolArray = np.ones((self.buffer_size, self.n_envs), bool)
        """Which slots acted, `[steps, slots]`."""
        if self._vec.device is not None:
            for name, array in self._arrays().items():
                setattr(self, name, torch.zeros_like(torch.from_numpy(array), device=self._vec.device))

    def _arrays(self) -> Saved:
        return {name: array for name, array in vars(self).items() if isinstance(array, np.ndarray)}

    def compute_returns_and_advantage(self, last_values: Any, dones: BoolArray) -> None:
        """Estimate advantages (arXiv 1506.02438) and returns, from the values `[slots]` after the last step.

        `dones` `[slots]` says whose episode ended in that step. These are Stable-Baselines3's numbers, bit for bit.
        """
        xp, ahead, value = namespace(dones), 0.0, last_values
        going = 1.0 - xp.astype(dones, xp.float32)
        for step in reversed(range(self.buffer_size)):
            surprise = self.rewards[step] + self.gamma * value * going - self.values[step]
            ahead = surprise + self.gamma * self.gae_lambda * going * ahead
            self.advantages[step] = ahead
            going, value = 1.0 - self.episode_starts[step], self.values[step]
        self.returns = self.advantages + self.values

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a control step of all slots, and whether they acted in it."""
        self.acted[self.pos] = self._vec.acted
        super().add(*args, **kwargs)

    def get(self, batch_size: int | None = None) -> Generator[RolloutBufferSamples, None, None]:
        """Yield minibatches of at most `batch_size` samples, as even as possible."""
        if not self.generator_ready:
            for name in ("observations", "actions", "values", "log_probs", "advantages", "returns"):
                setattr(self, name, self.swap_and_flatten(getattr(self, name)))
            self.generator_ready = True
        rows = np.flatnonzero(self.swap_and_flatten(self.acted))
        order = rows[np.random.permutation(len(rows))]  # noqa: NPY002 - SB3's stream, which checkpoints hold
        for part in split(order, batch_size or len(order)):
            yield self._get_samples(part)

    def samples(self) -> Saved:
        """Return the arrays of the rollout by name, not copied."""
        return {name: getattr(self, name) for name in LEARNED}

    def fill(self, samples: Mapping[str, AnyArray]) -> None:
        """Hold a rollout that `samples` returned, of any number of slots; its arrays are not copied."""
        vars(self).update(samples)
        self.generator_ready, self.full = False, True

    def seen(self) -> FloatArray:
        """Return the observations of slots that acted, `[n, obs]`."""
        acted = self.swap_and_flatten(self.acted)[:, 0] if self.generator_ready else self.acted.reshape(-1)
        seen: FloatArray = self.observations.reshape(len(acted), -1)[acted]
        return seen


def split(order: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    """Cut rows into parts of at most `size`, as even as possible."""
    return np.array_split(order, max(1, -(-len(order) // size)))


def join_small(parts: Sequence[NDArray[np.intp]], samples: FloatArray) -> list[NDArray[np.intp]]:
    """Join parts until each has two samples or more, of which every row has `samples`: one has no deviation."""
    joined: list[NDArray[np.intp]] = []
    for part in parts:
        if joined and min(samples[part].sum(), samples[joined[-1]].sum()) < 2:
            joined[-1] = np.concatenate([joined[-1], part])
        else:
            joined.append(part)
    return joined


def join(rollouts: Sequence[Mapping[str, AnyArray]]) -> Mapping[str, AnyArray]:
    """Return several rollouts as one, with the slots of all; a single one is returned as it is."""
    if len(rollouts) == 1:
        return rollouts[0]
    concat = namespace(rollouts[0]["acted"]).concat
    return {name: concat([rollout[name] for rollout in rollouts], axis=1) for name in rollouts[0]}
