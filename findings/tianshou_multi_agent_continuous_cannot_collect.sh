#!/usr/bin/env bash
# Tianshou 2.0.1 with PettingZoo 1.27.0: a `MultiAgentOnPolicyAlgorithm` over Box actions cannot collect a single step.
# `MultiAgentPolicy.forward` asks `hasattr(batch.obs_next, "obs")` whenever observations carry no action mask, and a
# batch that is being collected has no `obs_next` yet. Discrete environments with a mask, which the library's own
# examples are, never come there. Way out: give the batch an `obs_next` before the policy sees it (subclass the policy's
# `forward`, or wrap it).
# Output seen:
#   discrete actions with a mask: collected 20 steps
#   Box actions: AttributeError: 'dict' object has no attribute 'obs_next'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet tianshou==2.0.1 pettingzoo==1.27.0 gymnasium==1.4.0
"$folder/venv/bin/python" - <<'PY' 2>/dev/null | tee "$folder/out"
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete
from pettingzoo import ParallelEnv
from pettingzoo.utils.conversions import parallel_to_aec
from tianshou.algorithm.modelfree.ppo import PPO
from tianshou.algorithm.modelfree.reinforce import DiscreteActorPolicy, ProbabilisticActorPolicy
from tianshou.algorithm.multiagent.marl import MultiAgentOnPolicyAlgorithm
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.env.pettingzoo_env import PettingZooEnv
from tianshou.utils.net.common import Net
from tianshou.utils.net.continuous import ContinuousActorProbabilistic, ContinuousCritic
from tianshou.utils.net.discrete import DiscreteActor, DiscreteCritic
from torch.distributions import Categorical, Independent, Normal

SEEN = Box(-1, 1, (3,), np.float32)


class FiveSteps(ParallelEnv):
    """Two agents, bouts of five steps."""

    metadata = {"name": "five_steps_v0", "is_parallelizable": True}
    render_mode = None
    possible_agents = ["a_0", "a_1"]

    def __init__(self, masked):
        self.masked = masked

    def observation_space(self, agent):
        return Dict({"observation": SEEN, "action_mask": Box(0, 1, (2,), np.int8)}) if self.masked else SEEN

    def action_space(self, agent):
        return Discrete(2) if self.masked else Box(-1, 1, (2,), np.float32)

    def seen(self):
        now = np.full(3, self.time / 5, np.float32)
        return {"observation": now, "action_mask": np.ones(2, np.int8)} if self.masked else now

    def reset(self, seed=None, options=None):
        self.agents, self.time = list(self.possible_agents), 0
        return {a: self.seen() for a in self.agents}, {a: {} for a in self.agents}

    def step(self, actions):
        self.time += 1
        names, over = self.agents, self.time >= 5
        self.agents = [] if over else names
        return ({a: self.seen() for a in names}, dict.fromkeys(names, 1.0), dict.fromkeys(names, over),
                dict.fromkeys(names, False), {a: {} for a in names})


def ppo(masked):
    net = Net(state_shape=SEEN.shape, hidden_sizes=[8])
    space = FiveSteps(masked).action_space("a_0")
    if masked:
        actor = DiscreteActor(preprocess_net=net, action_shape=2)
        policy = DiscreteActorPolicy(actor=actor, dist_fn=lambda logits: Categorical(probs=logits), action_space=space)
        critic = DiscreteCritic(preprocess_net=net)
    else:
        actor = ContinuousActorProbabilistic(preprocess_net=net, action_shape=(2,))
        policy = ProbabilisticActorPolicy(
            actor=actor, dist_fn=lambda both: Independent(Normal(*both), 1), action_space=space,
            action_bound_method="clip",
        )
        critic = ContinuousCritic(preprocess_net=net)
    return PPO(policy=policy, critic=critic, optim=AdamOptimizerFactory(lr=1e-3))


for masked, title in ((True, "discrete actions with a mask"), (False, "Box actions")):
    def make(masked=masked):
        return PettingZooEnv(parallel_to_aec(FiveSteps(masked)))

    algorithm = MultiAgentOnPolicyAlgorithm(algorithms=[ppo(masked) for _ in range(2)], env=make())
    collector = Collector(algorithm, DummyVectorEnv([make, make]), VectorReplayBuffer(100, 2))
    try:
        print(f"{title}: collected {collector.collect(n_step=20, reset_before_collect=True).n_collected_steps} steps")
    except AttributeError as error:
        print(f"{title}: {type(error).__name__}: {error}")
PY
grep -q "^discrete actions with a mask: collected 20 steps$" "$folder/out"
grep -q "^Box actions: AttributeError: 'dict' object has no attribute 'obs_next'$" "$folder/out"
