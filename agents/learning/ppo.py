"""PPO and recurrent PPO of Stable-Baselines3 over the seats of a batch, with checkpoints that hold no pickle."""

import json
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from dohyo.agents.devices import put
from dohyo.agents.files import write_atomically
from dohyo.agents.learning import sb3
from dohyo.agents.learning.algorithms import LearningError, Samples
from dohyo.agents.learning.checkpoint import check_held, legacy_state, named_under, with_counts
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.divergence import divergence
from dohyo.agents.learning.lean_ppo import LeanPpo
from dohyo.agents.learning.lstm import RecurrentPolicy
from dohyo.agents.learning.mlp import NormalisedPolicy, norm_of
from dohyo.agents.learning.rate import Rate
from dohyo.agents.learning.recurrent_ppo import ChunkBuffer, ChunkedPpo
from dohyo.agents.learning.rollouts import ActedRollout, join
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Snapshot, SnapshotError, read_metadata
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.checks import one_line
from dohyo.arenas.rules.arena import layout
from dohyo.arenas.saved import AnyArray, Saved, put_back

PUBLISHED = 2_500_000_000
"""Samples assumed behind the statistics of an imported snapshot (arXiv 1710.03748: about 2.5e9)."""


class PpoLearner:
    """Stable-Baselines3's `algorithm` as a `dohyo.agents.learning.algorithms.Learner`."""

    def __init__(self, algorithm: LeanPpo | ChunkedPpo, vec: SeatVec, config: PpoConfig, rate: Rate) -> None:
        self.vec, self.config, self._rate = vec, config, rate
        self._ppo = algorithm
        self._curves = Logger(None, [])
        self._ppo.set_logger(self._curves)
        self._callback: BaseCallback | None = None
        assert isinstance(self._ppo.policy, NormalisedPolicy | RecurrentPolicy)
        self._policy, self._norm = self._ppo.policy, norm_of(self._ppo.policy)
        self._value_first = self._alone_until = 0
        self._note_first()

    def _note_first(self) -> None:
        self._first = {name: tensor.clone() for name, tensor in self._policy.state_dict().items()}

    def adopt(self, snapshot: Snapshot) -> None:
        """Begin as the policy of a snapshot, with its observation statistics, and its value function if it holds one.

        A value function that sees more than the policy is new in any case. Raises `SnapshotError` for a network of
        another kind or size.
        """
        try:
            self._policy.adopt(snapshot.tensors)
            if snapshot.values and self.config.value == "own":
                self._policy.adopt_values(snapshot.values)
        except ValueError as error:
            raise SnapshotError(
                f"no learner can begin as snapshot {snapshot.name} ({error}): give it a network of the same kind and "
                "width"
            ) from error
        self._norm.count[: self.vec.own] = float(snapshot.origin.samples or PUBLISHED)
        places = layout(snapshot.entries)
        for name in snapshot.fresh:
            self._norm.count[places[name]] = 0
        self._value_first = self._alone_until = self.config.value_first
        self._note_first()

    @property
    def policy(self) -> NormalisedPolicy | RecurrentPolicy:
        """The networks that learn."""
        return self._policy

    @property
    def samples(self) -> int:
        """Samples learned from so far: control steps of learning seats."""
        return self._ppo.num_timesteps

    def collect(self) -> Saved:
        """Play a rollout of `config.rollout` control steps in every slot."""
        if self._callback is None:
            self._callback = sb3.prepare(self._ppo)
        steps, samples = self.config.rollout, self.samples
        self._ppo.collect_rollouts(self.vec, self._callback, self._rollout, n_rollout_steps=steps)
        self._ppo.num_timesteps = samples  # `learn` counts those of slots that acted
        return self._rollout.samples()

    @property
    def _rollout(self) -> ActedRollout | ChunkBuffer:
        rollout = self._ppo.rollout_buffer
        assert isinstance(rollout, ActedRollout | ChunkBuffer)
        return rollout

    def spend(self, share: float) -> None:
        """Set the share of the budget that is used up, 0 to 1, with which the learning rate falls."""
        sb3.spend(self._ppo, share)

    def begin(self) -> None:
        """Make the next rollout begin a new bout in every slot; called after others have used the batch."""
        sb3.forget_bouts(self._ppo)
        self._callback = None

    def learn(self, rollouts: Sequence[Samples]) -> None:
        """Update the networks from rollouts, then add their observations to the statistics.

        In this order, old and new probabilities are of policies that see the same normalised inputs. A rollout without
        statistics of some numbers, such as the very first, only fills them. Raises `LearningError` if weights are no
        longer finite.
        """
        self._rollout.fill(join(rollouts))
        acted = int(self._rollout.acted.sum())
        self._ppo.num_timesteps += acted
        if acted and (self._norm.count > 0).all():
            for parameter in self._policy.acting_parameters():
                parameter.requires_grad_(self.samples > self._alone_until)
            self._train()
            if self.samples > self._alone_until:
                self._rate.follow(self.curves()["train/approx_kl"])
            self._keep_noise()
        if len(seen := self._rollout.seen()):
            self._norm.update(torch.as_tensor(seen))

    def _train(self) -> None:
        try:
            self._ppo.train()
        finally:  # such weights also make torch raise other errors
            if not all(tensor.isfinite().all() for tensor in self._policy.parameters()):
                raise LearningError(
                    "learning diverged: the networks' weights are no longer numbers. Earlier generations are intact; "
                    f"train anew, in another folder, with --ppo learning_rate below {self.config.learning_rate:g}"
                )

    @torch.no_grad()
    def _keep_noise(self) -> None:
        if self.config.least_std > 0:
            self._policy.log_std.clamp_(min=math.log(self.config.least_std))

    def reset(self) -> None:
        """Go back to the first weights and statistics, with an empty optimiser; `samples` goes on counting."""
        self._policy.load_state_dict(self._first)
        self._restore_adam({})
        self._alone_until, self._rate.factor = self.samples + self._value_first, 1.0
        self._curves.name_to_value.clear()  # of earlier updates

    def curves(self) -> dict[str, float]:
        """Return figures of the last update by Stable-Baselines3's names (`train/approx_kl`, `train/std`, …)."""
        return {key: float(value) for key, value in self._curves.name_to_value.items() if key.startswith("train/")}

    def tensors(self) -> dict[str, FloatArray]:
        """Return copies of the policy's tensors; see `dohyo.agents.policies.networks`."""
        return self._policy.acting_tensors()

    def divergence(self, rollouts: Sequence[Samples]) -> float:
        """Return how far the policy has moved since it played the rollouts, see `dohyo.agents.learning.divergence`."""
        self._rollout.fill(join(rollouts))
        return divergence(self._policy, self._rollout)

    def weights(self) -> Saved:
        """Return copies of policy, value function and observation statistics."""
        return {name: tensor.numpy(force=True).copy() for name, tensor in self._policy.state_dict().items()}

    def load(self, weights: Mapping[str, AnyArray]) -> None:
        """Act with the `weights` of another learner of the same settings."""
        self._policy.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in weights.items()})

    def save(self, path: Path, bouts: Mapping[str, AnyArray] | None = None) -> None:
        """Write networks, optimiser, counters and random streams to `path`.

        `bouts` is the caller's part of the state of its bouts; with it, the slots' part is written as well.
        """
        tensors = {f"policy/{name}": tensor.clone() for name, tensor in self._policy.state_dict().items()}
        for index, state in self._policy.optimizer.state_dict()["state"].items():
            tensors |= {f"adam/{index}/{name}": torch.as_tensor(value) for name, value in state.items()}
        tensors["random/torch"] = torch.get_rng_state()
        if bouts is not None:
            tensors |= {f"slots/{name}": tensor for name, tensor in sb3.slots(self._ppo).items()}
            tensors |= {f"bouts/{name}": torch.from_numpy(array) for name, array in bouts.items()}
        metadata = {
            "format": "dohyo-checkpoint-2",
            "samples": str(self.samples),
            "updates": str(sb3.updates(self._ppo)),
            "alone_until": str(self._alone_until),
            "rate_factor": repr(self._rate.factor),
            "random": json.dumps(np.random.get_state(legacy=False), default=lambda a: a.tolist()),  # noqa: NPY002 - SB3 uses it
        }
        write_atomically(path, save({name: tensor.cpu() for name, tensor in tensors.items()}, metadata))

    def restore(self, path: Path) -> Saved:
        """Continue from a file that `save` wrote and return its `bouts`; raises `SnapshotError` if it is damaged.

        A file of format 1 has none: the next rollout begins new bouts.
        """
        try:
            content = path.read_bytes()
            tensors = load(content)
            metadata = read_metadata(content)
            policy = with_counts(named_under(tensors, "policy/"), self._norm.features_dim)
            self._policy.load_state_dict(policy)
            check_held(self._policy.state_dict(), policy)
            self._restore_adam(named_under(tensors, "adam/"))
            np.random.set_state(legacy_state(metadata["random"]))  # noqa: NPY002
            torch.set_rng_state(tensors["random/torch"])
            self._ppo.num_timesteps = int(metadata["samples"])
            sb3.set_updates(self._ppo, int(metadata["updates"]))
            self._alone_until = int(metadata.get("alone_until", self._alone_until))
            self._rate.restore(metadata.get("rate_factor", "1.0"))
            self._restore_slots(named_under(tensors, "slots/"))
            return {name: tensor.numpy() for name, tensor in named_under(tensors, "bouts/").items()}
        except (OSError, SafetensorError, KeyError, ValueError, TypeError, OverflowError, RuntimeError) as error:
            why = one_line(error)  # torch's messages have many lines
            raise SnapshotError(f"cannot resume from {path} ({why}): start a new run in another folder") from error

    def _restore_slots(self, saved: Mapping[str, torch.Tensor]) -> None:
        """Restore the slots from the arrays of `sb3.slots`; begin new bouts if there are none."""
        if not saved:
            self.begin()
            return
        number, features = self.vec.num_envs, self._norm.features_dim
        arrays: Saved = {"seen": np.zeros((number, features), self.vec.dtype), "starts": np.zeros(number, bool)}
        arrays |= {f"memory/{k}": tensor.numpy() for k, tensor in enumerate(sb3.memory(self._ppo))}
        put_back(arrays, {name: tensor.numpy() for name, tensor in saved.items()})
        sb3.set_slots(self._ppo, *(put(arrays[name], self.vec.device) for name in ("seen", "starts")))

    def _restore_adam(self, tensors: dict[str, torch.Tensor]) -> None:
        adam = self._policy.optimizer.state_dict()
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, tensor in tensors.items():
            index, name = key.split("/")
            state.setdefault(int(index), {})[name] = tensor
        self._policy.optimizer.load_state_dict({"state": state, "param_groups": adam["param_groups"]})


def ppo(vec: SeatVec, config: PpoConfig, seed: int) -> PpoLearner:
    """Return a learner that trains an MLP."""
    rate = Rate(config)
    settings = _settings(vec, config, seed, rate)
    settings |= {"mirror": vec.mirror() if config.symmetry else None}
    settings |= {"rollout_buffer_class": ActedRollout, "rollout_buffer_kwargs": {"vec": vec}}
    with warnings.catch_warnings():
        # Stable-Baselines3 advises against GPUs, since its environments are on the processor.
        warnings.filterwarnings("ignore", r"You are trying to run \w+ on the GPU")
        algorithm = LeanPpo(NormalisedPolicy, **settings)
    return PpoLearner(algorithm, vec, config, rate)


def recurrent_ppo(vec: SeatVec, config: PpoConfig, seed: int) -> PpoLearner:
    """Return a learner that trains an LSTM on chunks of rollouts."""
    chunk, rate = _divisor(config.rollout, config.unroll), Rate(config)
    algorithm = ChunkedPpo(RecurrentPolicy, unroll=chunk, vec=vec, **_settings(vec, config, seed, rate, chunk))
    return PpoLearner(algorithm, vec, config, rate)


def _settings(vec: SeatVec, config: PpoConfig, seed: int, rate: Rate, chunk: int = 1) -> dict[str, Any]:
    """Return Stable-Baselines3's arguments; minibatches hold whole chunks of `chunk` control steps."""
    chunks = config.rollout * vec.num_envs // chunk
    return {
        "env": vec,
        "learning_rate": rate,
        "n_steps": config.rollout,
        "batch_size": chunk * _divisor(chunks, max(1, config.minibatch // chunk)),
        "n_epochs": config.epochs,
        "gamma": config.gamma,
        "gae_lambda": config.gae_lambda,
        "clip_range": config.clip,
        "ent_coef": config.entropy,
        "target_kl": config.target_kl,
        "policy_kwargs": {
            "own": vec.own,
            "width": config.width,
            "log_std_init": config.log_std,
            "mup": config.parametrization == "mup",
            "optimizer_kwargs": {"eps": 1e-5, "fused": True},  # SB3's epsilon
        },
        "seed": seed,
        "device": vec.device or "cpu",
    }


def _divisor(whole: int, most: int) -> int:
    """Return the largest divisor of `whole` that is at most `most`."""
    parts = -(-whole // most)
    while whole % parts:
        parts += 1
    return whole // parts
