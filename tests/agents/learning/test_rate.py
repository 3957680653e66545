"""The learning rate: worked out by hand, and carried over a resume."""

from pathlib import Path

import pytest
from doubles import StubBatch, learner_state
from learners import Still, practise

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.rate import Rate
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import SnapshotError


def test_a_rate_falls_with_the_budget():
    """From 0.004 to a quarter of it: 0.0025 when half is left."""
    rate = Rate(PpoConfig(learning_rate=0.004, final_rate=0.25))
    rate.follow(1.0)  # without a desired divergence, none counts
    assert [rate(left) for left in (1, 0.5, 0)] == pytest.approx([0.004, 0.0025, 0.001])


def test_a_rate_follows_the_divergence():
    rate = Rate(PpoConfig(learning_rate=0.001, final_rate=1, desired_kl=0.01))
    found = []
    for divergence in (0.021, 0.021, 0.019, 0.006, 0.004):
        rate.follow(divergence)
        found.append(rate(1))
    assert found == pytest.approx([0.001 / 1.5, 0.001 / 2.25, 0.001 / 2.25, 0.001 / 2.25, 0.001 / 1.5])
    for _ in range(30):
        rate.follow(0)
    assert rate(1) == pytest.approx(0.01)
    for _ in range(60):
        rate.follow(1)
    assert rate(1) == pytest.approx(1e-5)


def learner(policy: str) -> PpoLearner:
    config = PpoConfig(policy=policy, rollout=16, minibatch=48, width=8, desired_kl=1e-9)
    return make_learner(SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=0.01), config, 0)


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_the_factor_survives_a_resume(tmp_path: Path, policy: str):
    """Every update diverges by more than 2e-9. Of three rollouts the first only fills the statistics."""
    trained, restored = learner(policy), learner(policy)
    practise(trained)
    assert trained._rate.factor == pytest.approx(1 / 2.25)
    trained.save(tmp_path / "c.safetensors")
    restored.restore(tmp_path / "c.safetensors")
    assert learner_state(restored) == learner_state(trained)
    practise(restored, 1)
    assert restored.curves()["train/learning_rate"] == pytest.approx(3e-4 / 2.25)


@pytest.mark.parametrize("factor", ["nan", "11", "0", "fast"])
def test_a_damaged_factor_is_refused(tmp_path: Path, factor: str):
    trained, path = learner("mlp"), tmp_path / "c.safetensors"
    practise(trained)
    trained._rate.factor = 1.0
    trained.save(path)
    damaged = path.read_bytes().replace(b'"rate_factor":"1.0"', f'"rate_factor":"{factor:3.3}"'.encode())
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(SnapshotError, match="cannot resume"):
        learner("mlp").restore(path)
