"""Recurrent learners: the memory of each slot, the same memory in snapshots, and a task that needs memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles import FloatArray, StubBatch, learner_state
from learners import Still, practise

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.policies.networks import Lstm, make_policy

TINY = PpoConfig(policy="lstm", width=8, rollout=16, unroll=4, minibatch=48, epochs=2)
LENGTHS = [[3], [5], [2], [7]]
"""Of the bouts in four worlds; two are mirrored, which makes six slots."""
WORLD_OF_SLOT = [0, 0, 1, 1, 2, 3]


def learner(seed: int, config: PpoConfig = TINY) -> PpoLearner:
    return make_learner(SeatVec(StubBatch(LENGTHS), Still(), mirrored=2, reward_scale=0.01), config, seed)


def strengthen(learner: PpoLearner) -> None:
    """Enlarge the initial output layer, so that actions depend on the observation about as much as after training."""
    with torch.no_grad():
        learner._ppo.policy.action_net.weight.mul_(30)


def test_memories_begin_with_the_bouts_of_their_slots():
    """A bout of n steps begins every n steps; a slot's memory is empty there, and nowhere else."""
    trained = learner(1)
    practise(trained, 1)
    trained.collect()
    for slot, world in enumerate(WORLD_OF_SLOT):
        # The second rollout begins with step 16.
        expected = [(16 + t) % LENGTHS[world][0] == 0 for t in range(16)]
        assert trained._ppo.rollout_buffer.episode_starts[:, slot].tolist() == expected


def log_density(action: FloatArray, mean: FloatArray, log_std: FloatArray) -> FloatArray:
    """The log density of a diagonal Gaussian, summed over entries."""
    terms = -0.5 * ((action - mean) / np.exp(log_std)) ** 2 - log_std - 0.5 * np.log(2 * np.pi)
    result: FloatArray = terms.sum(-1)
    return result


@pytest.mark.parametrize("value", ["own", "privileged"])
def test_a_snapshot_plays_what_was_trained(value: str):
    """The numpy policy, fed with a rollout and emptied where bouts begin, finds its actions as likely as torch did."""
    config = replace(TINY, value=value)
    vec = SeatVec(StubBatch(LENGTHS), Still(), mirrored=2, reward_scale=0.01, privileged=value == "privileged")
    trained = make_learner(vec, config, 1)
    strengthen(trained)
    practise(trained, 2)
    trained.begin()
    tensors = trained.tensors()
    policy, memory = make_policy(tensors), np.zeros((6, 16), np.float32)
    assert isinstance(policy, Lstm)
    means = []
    for _ in range(2):  # the memory is carried over from one rollout to the next
        trained.collect()
        buffer = trained._ppo.rollout_buffer
        for t in range(16):
            memory[buffer.episode_starts[t] == 1] = 0
            means.append(policy.act(buffer.observations[t, :, :3].astype(np.float32), memory))
            expected = log_density(buffer.actions[t], means[-1], tensors["log_std"])
            np.testing.assert_allclose(buffer.log_probs[t], expected, atol=1e-4)
    assert np.std(means) > 0.02
    assert np.abs(means).max() < 1  # nothing was clipped


def test_minibatches_are_chunks_of_one_slot_with_its_memory():
    trained = learner(1)
    practise(trained, 2)
    trained._rollout.fill(trained.collect())
    buffer, policy = trained._ppo.rollout_buffer, trained._ppo.policy
    batches = list(buffer.get(48))
    assert [len(batch.actions) for batch in batches] == [48, 48]
    seen = torch.cat([batch.observations for batch in batches]).reshape(24, 4, 3)
    assert (seen[:, :, 0] == seen[:, :1, 0]).all()  # a stub's observation is (world, seat, 1000 * bout + step)
    later = seen[:, 1:, 2] - seen[:, :-1, 2]
    assert ((later == 1) | (seen[:, 1:, 2] % 1000 == 0)).all()  # step after step, from one bout into the next
    # Each sample is there once: together they are the rollout.
    everything = buffer.observations.reshape(-1, 3)
    assert sorted(map(tuple, seen.reshape(-1, 3).tolist())) == sorted(map(tuple, everything.tolist()))
    # Before the first step of an update all ratios are 1: chunks begin with the memory that their slots had.
    for batch in batches:
        values, log_prob, _ = policy.evaluate_actions(
            batch.observations, batch.actions, batch.lstm_states, batch.episode_starts
        )
        torch.testing.assert_close(log_prob, batch.old_log_prob, rtol=0, atol=1e-4)
        torch.testing.assert_close(values.flatten(), batch.old_values, rtol=0, atol=1e-4)
    assert any(batch.lstm_states.pi[0].abs().max() > 0.01 for batch in batches)


def test_a_recurrent_learner_is_restored_and_learns_the_same(tmp_path: Path):
    original, path = learner(1), tmp_path / "c.safetensors"
    practise(original)
    original.save(path)
    futures = []
    for seed in (2, 3):
        restored = learner(seed)
        assert learner_state(restored) != learner_state(original)
        restored.restore(path)
        assert learner_state(restored) == learner_state(original)
        practise(restored)
        futures.append(learner_state(restored))
    assert futures[0] == futures[1]
    assert futures[0] != learner_state(original)


def test_training_on_leaves_a_recurrent_snapshot_as_it_was():
    trained = learner(1)
    strengthen(trained)
    practise(trained, 2)
    tensors = trained.tensors()
    player, observations = make_policy(tensors), np.random.default_rng(0).normal(size=(5, 6, 3)).astype(np.float32)

    def actions(policy: Any) -> bytes:
        memory = np.zeros((6, 16), np.float32)
        return b"".join(policy.act(seen, memory).tobytes() for seen in observations)

    before = actions(player)
    practise(trained, 3)
    assert actions(make_policy(trained.tensors())) != before
    assert actions(player) == before
    assert actions(make_policy(tensors)) == before


class Recall(StubBatch):
    """A seat is shown +1 or -1 when its bout begins, and is paid at the end for an action of that sign.

    Bouts last four steps; nothing but the first observation of a bout tells the sign.
    """

    def __init__(self, worlds: int) -> None:
        self._signs = np.random.default_rng(0)
        self.sign = np.ones((2, worlds), np.float32)
        self.right: list[float] = []
        super().__init__([[4]] * worlds)

    def step(self, actions: Any) -> Any:
        before = self.sign.copy()
        step = super().step(actions)
        right = self.taken.pop()[:, :, 0] * before > 0
        self.right += right[:, step.done].flatten().tolist()
        return replace(step, reward=np.where(right & step.done, 1.0, 0.0).T)

    def _look(self) -> None:
        begins = self._step == 0
        self.sign[:, begins] = self._signs.choice([-1, 1], (2, int(begins.sum())))
        for seat, seen in enumerate(self._observation):
            seen[:, 0], seen[:, 1], seen[:, 2] = np.where(begins, self.sign[seat], 0), self._step, 0


@pytest.mark.parametrize(("policy", "low", "high"), [("mlp", 0.4, 0.6), ("lstm", 0.95, 1.0)])
def test_only_a_memory_can_recall(policy: str, low: float, high: float):
    """A policy without memory can only guess: it wins half of the bouts."""
    batch = Recall(16)
    config = PpoConfig(
        policy=policy, width=16, rollout=16, unroll=8, minibatch=256, epochs=8, learning_rate=1e-2, target_kl=1.0
    )
    trained = make_learner(SeatVec(batch, Still(), mirrored=16, reward_scale=1.0), config, 0)
    practise(trained, 16)
    batch.right.clear()
    practise(trained, 4)
    assert low <= np.mean(batch.right) <= high
