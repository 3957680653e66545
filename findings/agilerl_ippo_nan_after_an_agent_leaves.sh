#!/usr/bin/env bash
# AgileRL 2.58.0 with PettingZoo 1.26.1: IPPO's networks become NaN, without an error, as soon as one agent leaves a bout
# before the others. `AsyncPettingZooVecEnv` fills the observations of an agent that has left with NaN, and `IPPO.learn`
# learns from those rows. From then on every action is NaN. Importing IPPO also needs `peft`, which the base package does
# not require. Way out: a wrapper that keeps agents until the end, such as SuperSuit's `black_death_v3`.
# Output seen:
#   all leave together: weights are numbers
#   one leaves early: weights are NaN
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
"$folder/venv/bin/pip" install --quiet agilerl==2.58.0 peft==0.21.0 pettingzoo==1.26.1
cat > "$folder/learn.py" <<'PY'
from functools import partial

import numpy as np
from agilerl.algorithms import IPPO
from agilerl.training.train_multi_agent_on_policy import train_multi_agent_on_policy
from agilerl.utils.utils import make_multi_agent_vect_envs
from gymnasium.spaces import Box
from pettingzoo import ParallelEnv


class Bout(ParallelEnv):
    """Two agents of two kinds; the second leaves after ten steps, the first after `first`."""

    metadata = {"name": "bout_v0"}
    render_mode = None
    possible_agents = ["left_0", "right_0"]

    def __init__(self, first=10):
        self.lengths = {"left_0": first, "right_0": 10}

    def observation_space(self, agent):
        return Box(-1, 1, (3,), np.float32)

    def action_space(self, agent):
        return Box(-1, 1, (2,), np.float32)

    def reset(self, seed=None, options=None):
        self.agents, self.time = list(self.possible_agents), 0
        return {a: np.zeros(3, np.float32) for a in self.agents}, {a: {} for a in self.agents}

    def step(self, actions):
        self.time += 1
        names, over = self.agents, {a: self.time >= self.lengths[a] for a in self.agents}
        self.agents = [a for a in names if not over[a]]
        return ({a: np.full(3, self.time / 20, np.float32) for a in names}, dict.fromkeys(names, 1.0), over,
                dict.fromkeys(names, False), {a: {} for a in names})


if __name__ == "__main__":
    for first, title in ((10, "all leave together"), (15, "one leaves early")):
        env = make_multi_agent_vect_envs(env=partial(Bout, first), num_envs=2)
        [agent] = IPPO.population(
            size=1,
            observation_space=[env.single_observation_space(a) for a in env.agents],
            action_space=[env.single_action_space(a) for a in env.agents],
            agent_ids=list(env.agents), learn_step=100, batch_size=64,
        )
        learn, broken = agent.learn, []

        def watched(experiences):
            losses = learn(experiences)
            broken.append(any(p.isnan().any() for actor in agent.actors.values() for p in actor.parameters()))
            return losses

        agent.learn = watched
        train_multi_agent_on_policy(
            env=env, env_name="bout", algo="IPPO", pop=[agent], sum_scores=False, max_steps=200, evo_steps=100,
            eval_steps=20, verbose=False,
        )
        print(f"{title}: weights are {'NaN' if broken[0] else 'numbers'}", flush=True)
        env.close()
PY
"$folder/venv/bin/python" "$folder/learn.py" 2>/dev/null | grep weights | tee "$folder/out"
grep -q "^all leave together: weights are numbers$" "$folder/out"
grep -q "^one leaves early: weights are NaN$" "$folder/out"
