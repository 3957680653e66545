"""PPO with Stable-Baselines3's settings, buffer and losses, but less work around the networks."""

import math
from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from torch import Tensor, nn
from torch.nn import functional

from dohyo.agents.devices import put
from dohyo.agents.learning.mlp import NormalisedPolicy, norm_of
from dohyo.agents.learning.mup import set_rate
from dohyo.agents.learning.rollouts import ActedRollout
from dohyo.agents.policies.networks import Mlp
from dohyo.arenas.arrays import FloatArray, namespace
from dohyo.arenas.physics.mirror import Mirror, mirrored

LOG_ROOT = math.log(2 * math.pi) / 2
"""Logarithm of the square root of 2 pi, for the normal density."""


class LeanPpo(PPO):
    """Stable-Baselines3's PPO for a `NormalisedPolicy`, with the same updates from the same rollout.

    It acts without torch's modules, computes the values of a rollout in one pass, and normalises each observation once
    per update. It plays in NumPy, or in a `DeviceVec` on its device, where nothing waits for the host within a rollout.
    Actions are drawn from torch's random stream, minibatches from NumPy's; on a GPU, from streams that these seed. With
    `mirror`, the images of observations and actions (`dohyo.arenas.physics.mirror`), a minibatch also has the mirror
    image of each of its samples.
    """

    policy: NormalisedPolicy

    def __init__(self, *args: Any, mirror: tuple[Mirror, Mirror] | None = None, **kwargs: Any) -> None:
        self._mirror = mirror
        super().__init__(*args, **kwargs)

    @torch.no_grad()
    def collect_rollouts(self, env: Any, callback: Any, rollout_buffer: Any, n_rollout_steps: int) -> bool:
        """Play `n_rollout_steps` control steps in every slot of `env` into the buffer; `callback` is not called."""
        buffer, own = rollout_buffer, self.policy.own
        last: Any = self._last_obs
        starts = self._last_episode_starts
        buffer.reset()
        env.open(n_rollout_steps)
        low, high = (put(end, env.device) for end in (env.action_space.low, env.action_space.high))
        actor = Mlp(self.policy.acting_tensors(), clipped=False).on(env.device)
        drawn: tuple[Any, Any] = self._noise(buffer.actions), self.policy.log_std
        noise, log_std = drawn if env.device else (part.numpy() for part in drawn)
        buffer.log_probs[:] = -(noise**2 / 2 + log_std + LOG_ROOT).sum(axis=2)
        xp = namespace(noise)
        noise *= xp.exp(log_std)
        for step in range(n_rollout_steps):
            buffer.observations[step], buffer.episode_starts[step] = last, starts
            action = actor.act(buffer.observations[step, :, :own]) + noise[step]
            buffer.actions[step] = action
            last, buffer.rewards[step], starts = env.play(xp.clip(action, low, high))
            buffer.acted[step] = env.acted
        env.settle()
        self._last_obs, self._last_episode_starts = last, starts
        buffer.pos, buffer.full = n_rollout_steps, True
        seen = torch.cat([torch.as_tensor(part).float() for part in (buffer.observations, last[None])])
        values: Any = self.policy.predict_values(seen.flatten(0, 1)).reshape(seen.shape[:2])
        values = values if env.device else values.numpy()
        buffer.values[:] = values[:-1]
        buffer.compute_returns_and_advantage(last_values=values[-1], dones=starts)
        return True

    def _noise(self, like: Any) -> Tensor:
        """Return draws from N(0, 1) of the shape of an array, on the networks' device."""
        if self.device.type == "cpu":
            return torch.randn(like.shape)
        return torch.randn(like.shape, device=self.device, generator=self._seeded(int(torch.randint(2**62, ()))))

    def _order(self, n: int) -> Tensor:
        """Return the numbers below n in random order, on the networks' device."""
        if self.device.type == "cpu":
            return torch.from_numpy(np.random.permutation(n))  # noqa: NPY002 - SB3's stream
        seed = np.random.randint(2**62)  # noqa: NPY002
        return torch.randperm(n, device=self.device, generator=self._seeded(seed))

    def _seeded(self, seed: int) -> torch.Generator:
        """Return a GPU's random stream, from a seed of a stream of the host, whose state a checkpoint holds."""
        return torch.Generator(self.device).manual_seed(seed)

    @torch.no_grad()
    def _rollout(self) -> list[Tensor]:
        """Return normalised observations, actions, log-probabilities, advantages, returns of acting slots.

        Each has rows `[n, views, …]`: a sample, then its mirror image if there is one. Advantages, returns and
        log-probabilities are the sample's, because a mirrored policy would have drawn the image as likely.
        """
        buffer = self.rollout_buffer
        assert isinstance(buffer, ActedRollout)
        names = ("observations", "actions", "log_probs", "advantages", "returns")
        acted = buffer.acted.T
        arrays: list[FloatArray] = [getattr(buffer, name) for name in names]
        seen, action, *rest = (a.swapaxes(0, 1)[acted] for a in arrays)
        pairs = [(seen, action)]
        if self._mirror is not None:
            pairs.append((mirrored(self._mirror[0], seen), mirrored(self._mirror[1], action)))
        views = [(norm_of(self.policy)(torch.as_tensor(o)), torch.as_tensor(a)) for o, a in pairs]
        both = [torch.stack(tensors, dim=1) for tensors in zip(*views, strict=True)]
        return both + [torch.as_tensor(a)[:, None].expand(-1, len(views)) for a in rest]

    def train(self) -> None:
        """Update the networks from the last rollout, until its divergence goes beyond 1.5 `target_kl`."""
        policy, left = self.policy, self._current_progress_remaining
        set_rate(policy.optimizer, self.lr_schedule(left))
        rollout, figures, diverged = self._rollout(), list[dict[str, Tensor]](), False
        for _ in range(self.n_epochs):
            order, first = self._order(len(rollout[0])), len(figures)
            for rows in order.tensor_split(max(1, -(-len(order) // self.batch_size))):
                # The samples first, then their images.
                loss, new = self._loss(*(tensor[rows].transpose(0, 1).flatten(0, 1) for tensor in rollout))
                figures.append(new)
                if diverged := self.target_kl is not None and new["approx_kl"].item() > 1.5 * self.target_kl:
                    break
                policy.optimizer.zero_grad()
                torch.autograd.backward(loss)
                nn.utils.clip_grad_norm_(policy.parameters(), self.max_grad_norm)
                policy.optimizer.step()
            self._n_updates += 1
            if diverged:
                break
        self._record(figures, figures[first:])

    @property
    def _clip(self) -> float:
        return self.clip_range(self._current_progress_remaining) if callable(self.clip_range) else self.clip_range

    def _loss(
        self, seen: Tensor, action: Tensor, before: Tensor, advantage: Tensor, returns: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return a minibatch's loss and its figures by name."""
        policy, clip = self.policy, self._clip
        mean = policy.action_net(policy.mlp_extractor.forward_actor(seen))
        value = policy.value_net(policy.mlp_extractor.forward_critic(seen)).flatten()
        scaled = (action - mean) * torch.exp(-policy.log_std)
        log_ratio = -(scaled.square() / 2 + policy.log_std + LOG_ROOT).sum(dim=1) - before
        ratio = log_ratio.exp()
        if len(advantage) > 1:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        policy_loss = -torch.min(advantage * ratio, advantage * ratio.clamp(1 - clip, 1 + clip)).mean()
        value_loss = functional.mse_loss(returns, value)
        entropy_loss = -(policy.log_std + LOG_ROOT + 0.5).sum()
        loss = policy_loss + self.ent_coef * entropy_loss + self.vf_coef * value_loss
        with torch.no_grad():
            # Of the samples alone: images diverge by as much as the policy is not symmetric yet.
            own = slice(len(ratio) // (1 if self._mirror is None else 2))
            ratio, log_ratio = ratio[own], log_ratio[own]
            figures = {
                "entropy_loss": entropy_loss,
                "policy_gradient_loss": policy_loss,
                "value_loss": value_loss,
                "approx_kl": (ratio - 1 - log_ratio).mean(),
                "clip_fraction": ((ratio - 1).abs() > clip).float().mean(),
                "loss": loss,
            }
        return loss, {name: figure.detach() for name, figure in figures.items()}

    def _record(self, figures: list[dict[str, Tensor]], last: list[dict[str, Tensor]]) -> None:
        """Record curves as Stable-Baselines3 does: the divergence of the last pass, the loss of the last minibatch."""
        over = dict.fromkeys(figures[0], figures) | {"approx_kl": last, "loss": last[-1:]}
        for name, those in over.items():
            self.logger.record(f"train/{name}", torch.stack([one[name] for one in those]).mean().item())
        values, returns = self.rollout_buffer.values, self.rollout_buffer.returns
        spread, error = (float(namespace(part).var(part)) for part in (returns, returns - values))
        self.logger.record("train/explained_variance", 1 - error / spread if spread else math.nan)
        self.logger.record("train/std", self.policy.log_std.exp().mean().item())
        self.logger.record("train/n_updates", self._n_updates)
        self.logger.record("train/clip_range", self._clip)
        self.logger.record("train/learning_rate", self.lr_schedule(self._current_progress_remaining))
