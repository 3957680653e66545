"""skrl's recipe: `wrap_env` of a parallel environment, and MAPPO, whose critic sees the state.

After "Wrapping (multi-agents)", "Multi-agents: MAPPO" and the model instantiators in the documentation of skrl 2.1.
skrl records a transition of every possible agent at every step, so agents that leave need SuperSuit's black death.
"""

import tempfile
from typing import Any

import numpy as np
import supersuit
import torch
from common import arguments, check_early, check_finite, check_moves, make, passed
from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.multi_agents.torch.mappo import MAPPO, MAPPO_CFG
from skrl.trainers.torch import SequentialTrainer, SequentialTrainerCfg
from skrl.utils import set_seed
from skrl.utils.model_instantiators.torch import deterministic_model, gaussian_model

ROLLOUT = 500
STEPS = 2 * ROLLOUT


def models(env: Any) -> dict[str, dict[str, Any]]:
    """Return a policy that sees the observation and a critic that sees the state, for each agent."""
    made = {}
    for agent in env.possible_agents:
        spaces = {
            "observation_space": env.observation_space(agent),
            "state_space": env.state_space(agent),
            "action_space": env.action_space(agent),
            "device": env.device,
        }
        layers = {"layers": [64, 64], "activations": "tanh"}
        made[agent] = {
            "policy": gaussian_model(
                **spaces,
                clip_actions=True,
                network=[{"name": "net", "input": "OBSERVATIONS", **layers}],
                output="ACTIONS",
            ),
            "value": deterministic_model(
                **spaces, network=[{"name": "net", "input": "STATES", **layers}], output="ONE"
            ),
        }
    return made


def learn(arena: str, engine: str, folder: str) -> int:
    """Learn for two updates and return the number of samples."""
    raw = make(arena, engine)
    env = wrap_env(supersuit.black_death_v3(raw) if arena == "sumo_4" else raw, wrapper="pettingzoo")
    memories = {agent: RandomMemory(memory_size=ROLLOUT, num_envs=env.num_envs) for agent in env.possible_agents}
    none = {agent: {} for agent in env.possible_agents}  # skrl 2.1.1 refuses its own default, one empty dict for all
    cfg = MAPPO_CFG(
        rollouts=ROLLOUT,
        learning_epochs=2,
        mini_batches=4,
        learning_rate_scheduler_kwargs=none,
        observation_preprocessor_kwargs=none,
        state_preprocessor_kwargs=none,
        value_preprocessor_kwargs=none,
    )
    cfg.experiment.directory = folder
    cfg.experiment.write_interval = ROLLOUT
    cfg.experiment.checkpoint_interval = 0
    learner = MAPPO(
        possible_agents=env.possible_agents,
        models=models(env),
        memories=memories,
        cfg=cfg,
        observation_spaces=env.observation_spaces,
        state_spaces=env.state_spaces,
        action_spaces=env.action_spaces,
        device=env.device,
    )
    losses = []
    track = learner.track_data

    def record(tag: str, value: float) -> None:
        if tag.startswith("Loss"):
            losses.append(value)
        track(tag, value)

    learner.track_data = record
    trainer = SequentialTrainer(
        cfg=SequentialTrainerCfg(timesteps=STEPS, headless=True, disable_progressbar=True), env=env, agents=learner
    )
    trainer.train()
    columns = {name: stack(memories, name) for name in ("observations", "states", "rewards", "returns")}
    check_moves(columns["observations"])
    check_moves(columns["states"])
    check_early(columns["observations"].any(-1), arena)
    check_finite(losses=losses, rewards=columns["rewards"], returns=columns["returns"])
    return STEPS * len(memories)


def stack(memories: dict[str, RandomMemory], name: str) -> np.ndarray:
    """Return a column of all agents' memories, `[ROLLOUT, seats, ...]`."""
    return torch.stack([memory.get_tensor_by_name(name)[:, 0] for memory in memories.values()], 1).numpy()


if __name__ == "__main__":
    given = arguments(__doc__)
    set_seed(0)
    with tempfile.TemporaryDirectory() as runs:
        passed(learn(given.arena, given.engine, runs))
