#!/usr/bin/env bash
# Tianshou 2.0.1 with PettingZoo 1.27.0: a `MultiAgentOnPolicyAlgorithm` over Box actions cannot collect a single step.
# `MultiAgentPolicy.forward` asks `hasattr(batch.obs_next, "obs")` whenever observations carry no action mask, and a
# batch that is being collected has no `obs_next` yet. Environments with a mask, such as the library's own examples,
# never come there. Way out: give the batch an `obs_next` before the policy sees it (subclass the policy's
# `forward`, or wrap it).
# Output seen:
#   AttributeError: 'dict' object has no attribute 'obs_next'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet tianshou==2.0.1 pettingzoo==1.27.0 gymnasium==1.4.0
"$folder/venv/bin/python" - <<'PY' 2>/dev/null | tee "$folder/out"
import numpy as np
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec
from tianshou.algorithm.modelfree.ppo import PPO
from tianshou.algorithm.modelfree.reinforce import ProbabilisticActorPolicy
from tianshou.algorithm.multiagent.marl import MultiAgentOnPolicyAlgorithm
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.env.pettingzoo_env import PettingZooEnv
from tianshou.utils.net.common import Net
from tianshou.utils.net.continuous import ContinuousActorProbabilistic, ContinuousCritic
from torch.distributions import Independent, Normal


class FiveSteps(ParallelEnv):
    """Two agents, bouts of five steps."""

    metadata = {"name": "five_steps_v0", "is_parallelizable": True}
    render_mode = None
    possible_agents = ["a_0", "a_1"]

    def observation_space(self, agent):
        return Box(-1, 1, (3,), np.float32)

    def action_space(self, agent):
        return Box(-1, 1, (2,), np.float32)

    def seen(self, names):
        return {a: np.full(3, self.time / 5, np.float32) for a in names}

    def reset(self, seed=None, options=None):
        self.agents, self.time = list(self.possible_agents), 0
        return self.seen(self.agents), {a: {} for a in self.agents}

    def step(self, actions):
        self.time += 1
        names, over = self.agents, self.time >= 5
        self.agents = [] if over else names
        return (self.seen(names), dict.fromkeys(names, 1.0), dict.fromkeys(names, over),
                dict.fromkeys(names, False), {a: {} for a in names})


def make():
    return PettingZooEnv(parallel_to_aec(FiveSteps()))


def ppo(net):
    actor = ContinuousActorProbabilistic(preprocess_net=net, action_shape=(2,), unbounded=True)
    policy = ProbabilisticActorPolicy(
        actor=actor, dist_fn=lambda both: Independent(Normal(*both), 1), action_space=make().action_space
    )
    return PPO(policy=policy, critic=ContinuousCritic(preprocess_net=net), optim=AdamOptimizerFactory(lr=1e-3))


players = [ppo(Net(state_shape=(3,), hidden_sizes=[8])) for _ in range(2)]
algorithm = MultiAgentOnPolicyAlgorithm(algorithms=players, env=make())
collector = Collector(algorithm, DummyVectorEnv([make, make]), VectorReplayBuffer(100, 2))
try:
    print(f"collected {collector.collect(n_step=20, reset_before_collect=True).n_collected_steps} steps")
except AttributeError as error:
    print(f"{type(error).__name__}: {error}")
PY
grep -q "^AttributeError: 'dict' object has no attribute 'obs_next'$" "$folder/out"
