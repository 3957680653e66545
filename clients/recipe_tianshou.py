"""Tianshou's recipe: `PettingZooEnv` over the turn-based form, and one PPO per agent.

After `test/pettingzoo/pistonball_continuous.py` of Tianshou 2.0. Tianshou ends an episode when the first agent leaves.
"""

from typing import Any

import torch
from common import arguments, check_finite, check_moves, make, passed
from pettingzoo.utils import BaseWrapper
from tianshou.algorithm.modelfree.ppo import PPO
from tianshou.algorithm.modelfree.reinforce import ProbabilisticActorPolicy
from tianshou.algorithm.multiagent.marl import MultiAgentOnPolicyAlgorithm, MultiAgentPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Batch, Collector, CollectStats, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.env.pettingzoo_env import PettingZooEnv
from tianshou.trainer import OnPolicyTrainerParams
from tianshou.utils.net.common import Net
from tianshou.utils.net.continuous import ContinuousActorProbabilistic, ContinuousCritic
from torch.distributions import Distribution, Independent, Normal

ENVS = 4
STEPS = 2000


class WithoutInfos(BaseWrapper):
    """Removes infos: Tianshou 2.0.1 cannot learn if an info holds text or is missing at some steps."""

    def last(self, observe: bool = True) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Return observation, reward, terminated, truncated and an empty info of the agent that acts next."""
        return *super().last(observe)[:4], {}


def distribution(mean_and_deviation: tuple[torch.Tensor, torch.Tensor]) -> Distribution:
    """Return the distribution of actions."""
    return Independent(Normal(*mean_and_deviation), 1)


def agent(env: PettingZooEnv) -> PPO:
    """Return PPO for one agent."""
    net = Net(state_shape=env.observation_space.shape, hidden_sizes=[64, 64])
    actor = ContinuousActorProbabilistic(preprocess_net=net, action_shape=env.action_space.shape, unbounded=True)
    critic = ContinuousCritic(preprocess_net=Net(state_shape=env.observation_space.shape, hidden_sizes=[64, 64]))
    policy = ProbabilisticActorPolicy(
        actor=actor, dist_fn=distribution, action_space=env.action_space, action_bound_method="clip"
    )
    return PPO(policy=policy, critic=critic, optim=AdamOptimizerFactory(lr=3e-4), max_grad_norm=0.5)


def mend(policy: MultiAgentPolicy) -> None:
    """Give batches an `obs_next` while collecting: without one, Tianshou 2.0.1 stops unless actions are discrete."""
    forward = policy.forward

    def mended(batch: Batch, state: Any = None, **kwargs: Any) -> Batch:
        return forward(batch if "obs_next" in batch else Batch(batch, obs_next=batch.obs), state, **kwargs)

    policy.forward = mended


def record(algorithm: MultiAgentOnPolicyAlgorithm, env: PettingZooEnv) -> tuple[list[float], list[bool]]:
    """Check the data of each update, and return two lists that will hold its losses and whether bouts terminated."""
    losses: list[float] = []
    ends: list[bool] = []
    update = algorithm.update

    def recorded(buffer: VectorReplayBuffer, **kwargs: Any) -> Any:
        data = buffer.buffers[0][:]
        for name in env.agents:
            check_moves(data.obs.obs[data.obs.agent_id == name])
        ends.append(bool(data.terminated.any()))
        statistics = update(buffer, **kwargs)
        losses.extend(statistics.get_loss_stats_dict().values())
        return statistics

    algorithm.update = recorded
    return losses, ends


def learn(arena: str, engine: str) -> int:
    """Learn for two rounds, test, and return the number of samples."""

    def one() -> PettingZooEnv:
        return PettingZooEnv(WithoutInfos(make(arena, engine, "env")))

    training, testing = DummyVectorEnv([one for _ in range(ENVS)]), DummyVectorEnv([one])
    training.seed(0)
    testing.seed(1)
    env = one()
    algorithm = MultiAgentOnPolicyAlgorithm(algorithms=[agent(env) for _ in env.agents], env=env)
    mend(algorithm.policy)
    buffer = VectorReplayBuffer(2 * STEPS, ENVS)
    losses, ends = record(algorithm, env)
    result = algorithm.run_training(
        OnPolicyTrainerParams(
            training_collector=Collector[CollectStats](algorithm, training, buffer),
            test_collector=Collector[CollectStats](algorithm, testing),
            max_epochs=2,
            epoch_num_steps=STEPS,
            collection_step_num_env_steps=STEPS,
            update_step_num_repetitions=2,
            test_step_num_episodes=1,
            batch_size=256,
            multi_agent_return_reduction=lambda returns: returns[:, 0],
            verbose=False,
            show_progress=False,
        )
    )
    check_finite(losses=losses, returns=result.best_reward)
    if not any(ends):
        raise AssertionError("no bout was terminated")
    return result.train_step


if __name__ == "__main__":
    torch.manual_seed(0)
    given = arguments(__doc__)
    passed(learn(given.arena, given.engine))
