"""Self-play PPO in one file: one network plays both seats of sumo, so that it always meets its current self.

python examples/selfplay.py --samples 2000000
"""

import argparse

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Normal

from dohyo.arenas import Batch, Finished, make_batch
from dohyo.curricula import Score, play_match

STEPS, EPOCHS, MINIBATCH = 128, 5, 2048
GAMMA, LAMBDA, CLIP, LEARNING_RATE = 0.99, 0.95, 0.2, 3e-4
REWARD_SCALE = 0.005  # an outcome of 1000 becomes 5


def network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs))


class Agent(nn.Module):
    """Policy and value function over observations `[n, obs]`; `memory` and `act` make it a player of matches."""

    memory = 0

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        observation, action = batch.observation_spaces[0].shape[0], batch.action_spaces[0].shape[0]
        self.mean, self.value = network(observation, action), network(observation, 1)
        self.log_std = nn.Parameter(torch.full((action,), -0.7))
        self.shift, self.scale = torch.zeros(observation), torch.ones(observation)

    def forward(self, observation: Tensor) -> tuple[Normal, Tensor]:
        seen = ((observation - self.shift) / self.scale).clamp(-10, 10)
        return Normal(self.mean(seen), self.log_std.exp()), self.value(seen)[..., 0]

    @torch.no_grad()
    def act(self, observation: NDArray[np.float32], memory: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        action: NDArray[np.float32] = self(torch.as_tensor(observation))[0].mean.clamp(-1, 1).numpy()
        return action


def both_seats(batch: Batch) -> Tensor:
    """Return the observations of both seats as one tensor `[2 W, obs]`, the worlds of seat 0 first."""
    return torch.as_tensor(np.concatenate(batch.observations))


@torch.no_grad()
def roll_out(agent: Agent, batch: Batch) -> tuple[list[Tensor], list[Finished]]:
    """Play `STEPS` control steps; return observations, actions, log probabilities, advantages, returns, and bouts."""
    rows, finished = [], []
    for _ in range(STEPS):
        observation = both_seats(batch)
        policy, value = agent(observation)
        action = policy.sample()
        step = batch.step(np.split(action.numpy(), 2))
        reward = torch.as_tensor(step.reward.T.reshape(-1) * REWARD_SCALE, dtype=torch.float32)
        going_on = torch.as_tensor(np.tile(~step.done, 2), dtype=torch.float32)
        rows.append((observation, action, policy.log_prob(action).sum(-1), value, reward, going_on))
        finished.append(step.finished)
    observations, actions, log_probs, values, rewards, goes_on = (
        torch.stack(column) for column in zip(*rows, strict=True)
    )
    following = torch.cat([values[1:], agent(both_seats(batch))[1][None]])
    errors = rewards + GAMMA * goes_on * following - values
    advantages, carried = torch.zeros_like(values), torch.zeros_like(values[0])
    for t in reversed(range(STEPS)):
        advantages[t] = carried = errors[t] + GAMMA * LAMBDA * goes_on[t] * carried
    data = (observations, actions, log_probs, advantages, advantages + values)
    return [column.flatten(0, 1) for column in data], finished


def update(agent: Agent, adam: torch.optim.Adam, data: list[Tensor]) -> None:
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(data[0])).chunk(-(-len(data[0]) // MINIBATCH)):
            observation, action, old, advantage, returns = (column[rows] for column in data)
            policy, value = agent(observation)
            ratio = (policy.log_prob(action).sum(-1) - old).exp()
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
            gain = torch.minimum(ratio * advantage, ratio.clamp(1 - CLIP, 1 + CLIP) * advantage).mean()
            loss = 0.5 * (value - returns).square().mean() - gain
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
            adam.step()


def train(samples: int, worlds: int, engine: str, seed: int) -> tuple[Agent, Batch]:
    """Learn from about `samples` samples, a control step of one seat each; the dense reward fades out half-way."""
    torch.manual_seed(seed)
    batch = make_batch("sumo", body="ant", engine=engine, worlds=worlds)
    agent = Agent(batch)
    adam = torch.optim.Adam(agent.parameters(), LEARNING_RATE)
    batch.reset(worlds * seed)  # world w has seed + w: so no two seeds share a world
    updates = max(1, samples // (STEPS * 2 * worlds))
    for k in range(updates):
        batch.alpha = max(0.0, 1 - 2 * k / updates)
        data, finished = roll_out(agent, batch)
        if k == 0:  # the first rollout sets the normalisation of observations
            agent.shift, agent.scale = data[0].mean(0), data[0].std(0) + 0.1
            continue
        update(agent, adam, data)
        winners = np.concatenate([bouts.winner for bouts in finished])
        print(f"{k + 1}/{updates}: {len(winners)} bouts, {np.mean(winners >= 0) if len(winners) else 0:.0%} decided")
    return agent, batch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--worlds", type=int, default=64)
    parser.add_argument("--bouts", type=int, default=100, help="against an untrained network, at the end")
    parser.add_argument("--engine", default="mujoco")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    agent, batch = train(given.samples, given.worlds, given.engine, given.seed)
    score = Score.of(play_match(batch, (agent, Agent(batch)), given.bouts, given.seed))
    print(f"against an untrained network: {score.wins} won, {score.draws} drawn, {score.losses} lost")
    batch.close()


if __name__ == "__main__":
    main()
