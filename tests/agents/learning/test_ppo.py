"""The learner: it is saved and restored bit for bit, and refuses damaged states."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles import StubBatch, learner_state
from learners import Still, practise

from dohyo.agents.learning.algorithms import LearningError, make_learner
from dohyo.agents.learning.config import PpoConfig, read_hyperparameters
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import SnapshotError
from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.arenas.settings import settings_of


def learner(seed: int, **settings: Any) -> PpoLearner:
    vec = SeatVec(StubBatch([[3], [5], [2], [7]]), Still(), mirrored=2, reward_scale=0.01)
    return make_learner(vec, PpoConfig(width=8, rollout=16, minibatch=48, epochs=2, **settings), seed)


def test_a_learner_is_restored_bit_for_bit(tmp_path: Path):
    original, path = learner(1), tmp_path / "c.safetensors"
    practise(original)
    assert original.samples == 3 * 16 * 6
    original.save(path)
    draws = torch.rand(4), np.random.rand(4)  # noqa: NPY002 - the stream that SB3 shuffles with
    restored = learner(2)
    assert learner_state(restored) != learner_state(original)
    restored.restore(path)
    again = torch.rand(4), np.random.rand(4)  # noqa: NPY002
    assert learner_state(restored) == learner_state(original)
    assert any(name.startswith("adam") for name in learner_state(restored))
    torch.testing.assert_close(again[0], draws[0], rtol=0, atol=0)
    np.testing.assert_array_equal(again[1], draws[1])


def test_restored_learners_learn_the_same(tmp_path: Path):
    original, path = learner(1), tmp_path / "c.safetensors"
    practise(original)
    original.save(path)
    futures = []
    for seed in (2, 3):
        restored = learner(seed)
        restored.restore(path)
        practise(restored)
        futures.append(learner_state(restored))
    assert futures[0] == futures[1]
    assert futures[0] != learner_state(original)


@pytest.mark.parametrize("keep", [0, 5, 300, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, keep: float):
    path = tmp_path / "c.safetensors"
    learner(1).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(SnapshotError, match=r"cannot resume from .*c.safetensors") as caught:
        learner(1).restore(path)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path):
    path = tmp_path / "c.safetensors"
    vec = SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=1)
    make_learner(vec, PpoConfig(width=9, rollout=16, minibatch=64), 0).save(path)
    with pytest.raises(SnapshotError, match="cannot resume") as caught:
        learner(1).restore(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("share", "rate"), [(0, 0.001), (0.5, 0.00055), (1, 0.0001)])
def test_the_rate_falls_as_the_budget_is_used_up(share: float, rate: float):
    vec = SeatVec(StubBatch([[3], [5], [2], [7]]), Still(), mirrored=2, reward_scale=0.01)
    config = PpoConfig(width=8, rollout=16, minibatch=48, epochs=2, learning_rate=0.001, final_rate=0.1)
    slow = make_learner(vec, config, 1)
    slow.spend(share)
    practise(slow)
    assert slow.curves()["train/learning_rate"] == pytest.approx(rate)
    assert [group["lr"] for group in slow._policy.optimizer.param_groups] == [pytest.approx(rate)]


def test_noise_falls_no_lower_than_its_bound():
    one = learner(1, least_std=0.6)  # it begins with exp(-0.7), about half
    first = one.tensors()
    practise(one, 2)
    np.testing.assert_allclose(np.exp(one.tensors()["log_std"]), 0.6, rtol=1e-6)
    assert not np.array_equal(one.tensors()["weight_0"], first["weight_0"])
    free = learner(1)
    practise(free, 2)
    assert np.exp(free.tensors()["log_std"]).max() < 0.6


def test_hyperparameters_are_read_as_what_they_are():
    assert read_hyperparameters(["epochs=10", "learning_rate = 1e-3"]) == {"epochs": 10, "learning_rate": 0.001}
    with pytest.raises(UnknownName, match=r"'epochs=2.5': give NAME=VALUE"):
        read_hyperparameters(["epochs=2.5"])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("minibatch=1", "a whole number of at least 2"),
        ("epochs=0", "a whole number of at least 1"),
        ("gamma=1.01", "a number from 0 to 1"),
        ("gamma=nan", "a number from 0 to 1"),
        ("clip=-0.2", "a number of at least 1e-09"),
        ("learning_rate=0", "a number from 1e-09 to 1"),
        ("least_std=-1", "a number from 0 to 7.38906"),
        ("reward_scale=inf", "a number of at least 1e-09"),
    ],
)
def test_hyperparameters_that_cannot_be_are_refused(text: str, wanted: str):
    with pytest.raises(ConfigError, match=f"{text.partition('=')[0]} must be {wanted}, not "):
        PpoConfig(**read_hyperparameters([text]))


def test_every_setting_has_a_range_or_choices():
    for name, known in settings_of(PpoConfig).items():
        assert known.low is not None or known.choices or known.type is bool, name


def test_a_learner_that_diverges_says_so():
    one = learner(1, learning_rate=1.0)
    practise(one, 1)
    with torch.no_grad():
        samples = one.collect()
        samples["returns"][:] = np.inf
    with pytest.raises(LearningError, match=r"learning diverged.*another folder.*learning_rate below 1"):
        one.learn([samples])
