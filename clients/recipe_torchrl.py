"""TorchRL's recipe: `PettingZooWrapper`, one group of agents that share a policy, and PPO with a separate critic.

After the tutorial "Multi-Agent Reinforcement Learning (PPO)" and the docstring of `PettingZooWrapper` of TorchRL 0.14.
"""

from typing import Any

import torch
from common import arguments, check_early, check_finite, check_moves, make, passed
from tensordict.nn import NormalParamExtractor, TensorDictModule
from torchrl.collectors import Collector
from torchrl.data import LazyTensorStorage, SamplerWithoutReplacement, TensorDictReplayBuffer
from torchrl.envs import PettingZooWrapper, RewardSum, TransformedEnv
from torchrl.envs.utils import check_env_specs
from torchrl.modules import MultiAgentMLP, ProbabilisticActor, TanhNormal, ValueOperator
from torchrl.objectives import ClipPPOLoss, ValueEstimators

GROUP = "sumo"
FRAMES = 1000
ROUNDS = 2


def wrapped(arena: str, engine: str) -> TransformedEnv:
    """Return the environment in TorchRL's form: one tensor for all agents, with a mask of those in play."""
    env = PettingZooWrapper(make(arena, engine), return_state=True, use_mask=True, done_on_any=False, seed=0)
    returns = RewardSum(in_keys=[(GROUP, "reward")], out_keys=[(GROUP, "episode_reward")], reset_keys=["_reset"])
    return TransformedEnv(env, returns)


def perceptron(env: Any, outputs: int) -> MultiAgentMLP:
    """Return a network from each agent's observation to `outputs` numbers, shared by the agents."""
    agents, inputs = env.observation_spec[GROUP, "observation"].shape
    return MultiAgentMLP(inputs, outputs, agents, centralised=False, share_params=True, depth=2, num_cells=64)


def networks(env: Any) -> tuple[ProbabilisticActor, ValueOperator]:
    """Return the actor and the critic."""
    space = env.full_action_spec[GROUP, "action"]
    normal = torch.nn.Sequential(perceptron(env, 2 * space.shape[-1]), NormalParamExtractor())
    keys = [(GROUP, "loc"), (GROUP, "scale")]
    actor = ProbabilisticActor(
        TensorDictModule(normal, in_keys=[(GROUP, "observation")], out_keys=keys),
        spec=env.full_action_spec,
        in_keys=keys,
        out_keys=[(GROUP, "action")],
        distribution_class=TanhNormal,
        distribution_kwargs={"low": space.space.low, "high": space.space.high},
        return_log_prob=True,
    )
    critic = ValueOperator(perceptron(env, 1), in_keys=[(GROUP, "observation")], out_keys=[(GROUP, "state_value")])
    return actor, critic


def ppo(actor: ProbabilisticActor, critic: ValueOperator) -> ClipPPOLoss:
    """Return PPO's loss with advantages per agent."""
    loss = ClipPPOLoss(actor, critic, entropy_coeff=1e-4, normalize_advantage=False)
    loss.set_keys(
        reward=(GROUP, "reward"),
        action=(GROUP, "action"),
        value=(GROUP, "state_value"),
        done=(GROUP, "done"),
        terminated=(GROUP, "terminated"),
    )
    loss.make_value_estimator(ValueEstimators.GAE, gamma=0.99, lmbda=0.95)
    return loss


def update(loss: ClipPPOLoss, optimiser: torch.optim.Optimizer, batch: Any) -> float:
    """Learn from a batch `[FRAMES]`, with advantages of 0 for agents that have left; return the last loss."""
    with torch.no_grad():
        loss.value_estimator(batch, params=loss.critic_network_params, target_params=loss.target_critic_network_params)
    batch["advantage"] *= batch[GROUP, "mask"].unsqueeze(-1)
    buffer = TensorDictReplayBuffer(
        storage=LazyTensorStorage(FRAMES), sampler=SamplerWithoutReplacement(), batch_size=250
    )
    buffer.extend(batch)
    for _ in range(2 * FRAMES // 250):
        terms = loss(buffer.sample())
        total = terms["loss_objective"] + terms["loss_critic"] + terms["loss_entropy"]
        total.backward()
        torch.nn.utils.clip_grad_norm_(loss.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    return float(total)


def learn(arena: str, engine: str) -> int:
    """Check the environment's specs, learn for `ROUNDS` rounds, and return the number of samples."""
    env = wrapped(arena, engine)
    check_env_specs(env)
    actor, critic = networks(env)
    loss = ppo(actor, critic)
    optimiser = torch.optim.Adam(loss.parameters(), 3e-4)
    collector = Collector(env, actor, frames_per_batch=FRAMES, total_frames=ROUNDS * FRAMES)
    losses, batches = [], []
    for batch in collector:
        batches.append(batch.clone())
        losses.append(update(loss, optimiser, batch))
        collector.update_policy_weights_()
    data = torch.cat(batches)
    ended = data["next", "done"].squeeze(-1)
    check_moves(data[GROUP, "observation"].numpy())
    check_moves(data["state"].numpy())
    check_early(data[GROUP, "mask"].numpy(), arena)
    check_finite(losses=losses, returns=data["next", GROUP, "episode_reward"][ended].numpy())
    collector.shutdown()
    return data.numel() * data[GROUP, "mask"].shape[-1]


if __name__ == "__main__":
    torch.manual_seed(0)
    given = arguments(__doc__)
    passed(learn(given.arena, given.engine))
