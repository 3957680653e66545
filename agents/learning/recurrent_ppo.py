"""Recurrent PPO on chunks: errors are propagated back through short sequences of a rollout."""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.buffers import RecurrentRolloutBuffer
from sb3_contrib.common.recurrent.type_aliases import RecurrentRolloutBufferSamples, RNNStates

from dohyo.arenas.arrays import FloatArray


class ChunkBuffer(RecurrentRolloutBuffer):
    """A rollout buffer whose minibatches are chunks of `unroll` control steps of one slot, in random order.

    Each chunk begins with the memory that the slot had at that time. sb3-contrib's own buffer yields whole bouts of few
    slots at a time, padded to the longest.
    """

    unroll = 1

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        """Yield minibatches of `batch_size` samples, a multiple of `unroll`."""
        data = {name: self._chunks(getattr(self, name)) for name in ("observations", "actions")}
        data |= {name: self._chunks(getattr(self, name)) for name in ("values", "log_probs", "advantages", "returns")}
        data["starts"] = self._chunks(self.episode_starts)
        states = [self._states(f"{part}_states_{of}") for of in ("pi", "vf") for part in ("hidden", "cell")]
        order = np.random.permutation(len(data["starts"]))  # noqa: NPY002 - SB3's stream, which checkpoints hold
        size = len(order) if batch_size is None else batch_size // self.unroll
        for first in range(0, len(order), size):
            yield self._minibatch(data, states, order[first : first + size])

    def _chunks(self, values: FloatArray) -> FloatArray:
        """Cut values `[steps, slots, …]` into `[chunks, unroll, …]`."""
        return values.swapaxes(0, 1).reshape(-1, self.unroll, *values.shape[2:])

    def _states(self, name: str) -> FloatArray:
        """Return the memory at the beginning of each chunk, `[chunks, H]`."""
        first: FloatArray = getattr(self, name)[:: self.unroll, 0]
        return first.swapaxes(0, 1).reshape(-1, first.shape[-1])

    def _minibatch(
        self, data: dict[str, FloatArray], states: list[FloatArray], rows: NDArray[np.intp]
    ) -> RecurrentRolloutBufferSamples:
        flat = {name: self.to_torch(values[rows]).flatten(0, 1) for name, values in data.items()}
        begin = [self.to_torch(values[rows][None]) for values in states]
        return RecurrentRolloutBufferSamples(
            observations=flat["observations"],
            actions=flat["actions"],
            old_values=flat["values"],
            old_log_prob=flat["log_probs"],
            advantages=flat["advantages"],
            returns=flat["returns"],
            lstm_states=RNNStates((begin[0], begin[1]), (begin[2], begin[3])),
            episode_starts=flat["starts"],
            mask=self.to_torch(np.ones(len(rows) * self.unroll, np.float32)),
        )


class ChunkedPpo(RecurrentPPO):
    """sb3-contrib's RecurrentPPO with a `ChunkBuffer`."""

    rollout_buffer: ChunkBuffer

    def __init__(self, *args: Any, unroll: int, **kwargs: Any) -> None:
        self._unroll = unroll
        super().__init__(*args, **kwargs)

    def _setup_model(self) -> None:
        super()._setup_model()
        before = self.rollout_buffer
        self.rollout_buffer = ChunkBuffer(
            self.n_steps,
            self.observation_space,
            self.action_space,
            before.hidden_state_shape,
            self.device,
            gamma=self.gamma,
            gae_lambda=self.gae_lambda,
            n_envs=self.n_envs,
        )
        self.rollout_buffer.unroll = self._unroll
