#!/usr/bin/env bash
# SuperSuit 3.11.0 with PettingZoo 1.27.0: `black_death_v3` combines terminations and truncations with "and" where it
# asks whether the environment is over. A bout in which every agent terminates and none is truncated therefore keeps
# all agents alive in the wrapper: the step that ends it still lists them, and only a further step, with rewards of 0
# and observations of zeros, ends it. An environment that refuses a step without agents fails there.
# Output seen:
#   terminated only: after the last step the wrapper lists ['a', 'b']
#   truncated and terminated: after the last step the wrapper lists []
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet supersuit==3.11.0 pettingzoo==1.27.0
"$folder/venv/bin/python" - <<'PY' | tee "$folder/out"
import numpy as np
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv
from supersuit import black_death_v3


class OneStep(ParallelEnv):
    """A bout of one step, which all agents end in the same way."""

    metadata = {"name": "one_step_v0"}
    possible_agents = ["a", "b"]

    def __init__(self, truncated):
        self.truncated = truncated

    def observation_space(self, agent):
        return Box(0, 1, (1,), np.float32)

    action_space = observation_space

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        return {a: np.ones(1, np.float32) for a in self.agents}, {a: {} for a in self.agents}

    def step(self, actions):
        names, self.agents = self.agents, []
        seen = {a: np.ones(1, np.float32) for a in names}
        return (seen, dict.fromkeys(names, 1.0), dict.fromkeys(names, True),
                dict.fromkeys(names, self.truncated), {a: {} for a in names})


for name, truncated in (("terminated only", False), ("truncated and terminated", True)):
    env = black_death_v3(OneStep(truncated))
    env.reset(seed=0)
    env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    print(f"{name}: after the last step the wrapper lists {env.agents}")
PY
grep -q "^terminated only: .* \['a', 'b'\]$" "$folder/out"
grep -q "^truncated and terminated: .* \[\]$" "$folder/out"
