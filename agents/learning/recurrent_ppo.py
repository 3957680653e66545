"""Recurrent PPO on chunks: errors are propagated back through short sequences of a rollout."""

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.buffers import RecurrentRolloutBuffer
from sb3_contrib.common.recurrent.type_aliases import RecurrentRolloutBufferSamples, RNNStates

from dohyo.agents.learning.mup import set_rate
from dohyo.agents.learning.rollouts import LEARNED, join_small, split
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.saved import AnyArray, Saved

MEMORY = tuple(f"{part}_states_{of}" for of in ("pi", "vf") for part in ("hidden", "cell"))
"""Outputs and cells of the policy's LSTM and of the value function's."""


class ChunkBuffer(RecurrentRolloutBuffer):
    """A rollout buffer whose minibatches are chunks of `unroll` control steps of one slot, in random order.

    Each chunk begins with the memory that the slot had at that time. Samples of idle slots are masked, and chunks that
    hold no others are left out (`dohyo.agents.learning.rollouts`). sb3-contrib's own buffer yields whole bouts of few
    slots at a time, padded to the longest.
    """

    unroll = 1
    vec: SeatVec

    def reset(self) -> None:
        """Empty the rollout."""
        super().reset()  # type: ignore[no-untyped-call]
        self.acted = np.ones((self.buffer_size, self.n_envs), np.float32)
        """1 where a slot acted, `[steps, slots]`."""

    def add(self, *args: Any, **kwargs: Any) -> None:
        """Add a control step of all slots, and whether they acted in it."""
        self.acted[self.pos] = self.vec.acted
        super().add(*args, **kwargs)

    def samples(self) -> Saved:
        """Return the arrays of the rollout by name; of the LSTMs' memory that at the beginning of each chunk."""
        own = {name: getattr(self, name) for name in (*LEARNED, "episode_starts")}
        return own | {name: getattr(self, name)[:: self.unroll, 0].copy() for name in MEMORY}

    def fill(self, samples: Mapping[str, AnyArray]) -> None:
        """Hold a rollout that `samples` returned, of any number of slots; its arrays are not copied."""
        vars(self).update(samples)
        self.full = True

    def seen(self) -> FloatArray:
        """Return the observations of slots that acted, `[n, obs]`."""
        seen: FloatArray = self.observations.reshape(self.acted.size, -1)[self.acted.ravel() > 0]
        return seen

    def get(self, batch_size: int | None = None) -> Generator[Any, None, None]:
        """Yield minibatches of `batch_size` samples, a multiple of `unroll`, of the rollout that `fill` took."""
        data, states = self._data()
        samples = data["acted"].sum(axis=1)
        rows = np.flatnonzero(samples)
        order = rows[np.random.permutation(len(rows))]  # noqa: NPY002 - SB3's stream, which checkpoints hold
        size = len(order) if batch_size is None else batch_size // self.unroll
        for part in join_small(split(order, size), samples):
            yield self._minibatch(data, states, part)

    def whole(self) -> RecurrentRolloutBufferSamples:
        """Return the rollout that `fill` took as one minibatch, in its order."""
        data, states = self._data()
        return self._minibatch(data, states, np.arange(len(data["acted"])))

    def _data(self) -> tuple[dict[str, FloatArray], list[FloatArray]]:
        """Return the arrays in chunks, `[chunks, unroll, …]` by name, and the memory at the beginning of each."""
        data = {name: self._chunks(getattr(self, name)) for name in (*LEARNED, "episode_starts")}
        return data, [self._states(name) for name in MEMORY]

    def _chunks(self, values: FloatArray) -> FloatArray:
        """Cut values `[steps, slots, …]` into `[chunks, unroll, …]`."""
        return values.swapaxes(0, 1).reshape(-1, self.unroll, *values.shape[2:])

    def _states(self, name: str) -> FloatArray:
        """Return the memory at the beginning of each chunk, `[chunks, H]`."""
        first: FloatArray = getattr(self, name)
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
            episode_starts=flat["episode_starts"],
            mask=flat["acted"],
        )


class ChunkedPpo(RecurrentPPO):
    """sb3-contrib's RecurrentPPO with a `ChunkBuffer`."""

    rollout_buffer: ChunkBuffer

    def __init__(self, *args: Any, unroll: int, vec: SeatVec, **kwargs: Any) -> None:
        self._unroll, self._vec = unroll, vec
        super().__init__(*args, **kwargs)

    def _update_learning_rate(self, optimizers: Any) -> None:
        """Set the rates of `policy.optimizer`, whose groups muP gives factors, and note the rate."""
        rate = self.lr_schedule(self._current_progress_remaining)
        self.logger.record("train/learning_rate", rate)
        set_rate(optimizers, rate)

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
        self.rollout_buffer.unroll, self.rollout_buffer.vec = self._unroll, self._vec
