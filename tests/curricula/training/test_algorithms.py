"""User-defined algorithms: a cross-entropy method, defined here, trains, resumes, plays and is rated."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config, train
from safetensors.numpy import load_file, save_file

from dohyo.agents.learning import algorithms
from dohyo.agents.learning.algorithms import ALGORITHMS, Learner, check_algorithm, register_algorithm
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Snapshot, load_snapshot
from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.arenas.saved import nested, under
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training


class CrossEntropy:
    """Draw a linear policy per slot, keep the better quarter, draw the next ones around it (Rubinstein 1999)."""

    def __init__(self, vec: SeatVec, config: PpoConfig, seed: int) -> None:
        self.vec, self.config, self.samples = vec, config, 0
        self.shape = (vec.action_space.shape[0], vec.own + 1)
        self.mean, self.spread = np.zeros(self.shape), np.full(self.shape, 0.3)
        self.rng, self.seen = np.random.default_rng(seed), None

    def begin(self) -> None:
        self.seen = None

    def spend(self, share: float) -> None:
        pass

    def collect(self) -> dict[str, np.ndarray]:
        slots = self.vec.num_envs
        self.seen = self.vec.reset() if self.seen is None else self.seen
        drawn = self.rng.normal(self.mean, self.spread, (slots, *self.shape))
        gained = np.zeros(slots)
        for _ in range(self.config.rollout):
            seen = np.concatenate([self.seen[:, : self.vec.own], np.ones((slots, 1))], axis=1)
            self.vec.step_async(np.clip(np.einsum("sao,so->sa", drawn, seen), -1, 1).astype(np.float32))
            self.seen, reward, _, _ = self.vec.step_wait()
            gained += reward
        return {"drawn": drawn, "gained": gained}

    def learn(self, rollouts: Sequence[Mapping[str, np.ndarray]]) -> None:
        drawn, gained = (np.concatenate([rollout[name] for rollout in rollouts]) for name in ("drawn", "gained"))
        self.samples += self.config.rollout * len(gained)
        best = drawn[np.argsort(gained)[-max(2, len(gained) // 4) :]]
        self.mean, self.spread = best.mean(0), best.std(0) + 0.01

    def weights(self) -> dict[str, np.ndarray]:
        return {"mean": self.mean.copy(), "spread": self.spread.copy()}

    def divergence(self, rollouts: Sequence[Mapping[str, np.ndarray]]) -> float:
        return 0.0

    def load(self, weights: Mapping[str, np.ndarray]) -> None:
        self.mean, self.spread = weights["mean"].copy(), weights["spread"].copy()

    def tensors(self) -> dict[str, np.ndarray]:
        weight = self.mean.astype(np.float32)
        size, actions = self.vec.own, self.shape[0]
        own = {"mean": np.zeros(size), "variance": np.ones(size), "log_std": np.full(actions, -0.7)}
        return {name: value.astype(np.float32) for name, value in own.items()} | {
            "weight_0": weight[:, :-1].copy(),
            "bias_0": weight[:, -1].copy(),
        }

    def curves(self) -> dict[str, float]:
        return {"train/spread": float(self.spread.mean())}

    def adopt(self, snapshot: Snapshot) -> None:
        self.mean = np.concatenate([snapshot.tensors["weight_0"], snapshot.tensors["bias_0"][:, None]], axis=1)

    def reset(self) -> None:
        self.mean[:], self.spread[:] = 0, 0.3

    def save(self, path: Path, bouts: dict[str, np.ndarray]) -> None:
        seen = {} if self.seen is None else {"seen": self.seen}
        state = np.frombuffer(json.dumps(self.rng.bit_generator.state).encode(), np.uint8)
        own = {"mean": self.mean, "spread": self.spread, "state": state, "samples": np.array([self.samples])}
        save_file(own | seen | nested("bouts", bouts), path)

    def restore(self, path: Path) -> dict[str, np.ndarray]:
        kept = load_file(path)
        self.mean, self.spread, self.samples = kept["mean"], kept["spread"], int(kept["samples"][0])
        self.rng.bit_generator.state = json.loads(kept["state"].tobytes())
        self.seen = kept.get("seen")
        return under("bouts", kept)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_bouts(monkeypatch)
    monkeypatch.setattr("dohyo.agents.learning.algorithms.ALGORITHMS", ALGORITHMS.copy())
    register_algorithm("cem", CrossEntropy)


def test_it_goes_on_in_the_middle_of_its_bouts(tmp_path: Path):
    """In one session, and in three with the same budget."""
    config = tiny_config(algorithm="cem", samples=480, rated_bouts=0)
    whole = train(tmp_path / "whole", config).newest()["sumo"].name
    for generation in (1, 3, None):
        with closing(RunFolder.create_or_resume(tmp_path / "parts", config)) as folder:
            training = Training(folder)
            training.start_chains()
            while training._used() < 1 and training.lineages[0].generation != generation:
                training._take_turn()
            training.close()
    assert training.newest()["sumo"].name == whole


def test_it_trains_resumes_and_is_rated(tmp_path: Path):
    first = train(tmp_path, tiny_config(algorithm="cem"))
    assert isinstance(first.lineages[0].learner, CrossEntropy)
    assert first.progress().samples == 288  # three generations of 4 + 2 slots * 16 control steps
    more = train(tmp_path, tiny_config(algorithm="cem", samples=384))
    assert more.progress().samples == 384
    folder = RunFolder.open(tmp_path)
    chain = folder.record.generations()
    assert [link.generation for link in chain] == [0, 1, 2, 3, 4]
    assert all("train/spread" in link.curves for link in chain)
    assert {match.opponent for match in folder.record.matches("mujoco")} >= {"zero", "random"}
    snapshot = load_snapshot(folder.snapshots / f"{chain[-1].snapshot}.safetensors")
    folder.close()
    sees = np.ones((2, snapshot.origin.observation), np.float32)
    by_hand = snapshot.tensors["weight_0"].sum(1) + snapshot.tensors["bias_0"]  # observations of 1, mean 0, variance 1
    expected = np.clip(by_hand / np.sqrt(1 + 1e-4) + snapshot.tensors["bias_0"] * (1 - 1 / np.sqrt(1 + 1e-4)), -1, 1)
    np.testing.assert_allclose(snapshot.policy().act(sees)[0], expected, rtol=1e-5)


def test_a_file_brings_it_to_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: Callable[..., tuple[int, str, str]]
):
    for name in ("first", "second"):  # a file is imported once in a process
        text = "from dohyo.agents import register_algorithm\nfrom test_algorithms import CrossEntropy\n"
        (tmp_path / f"{name}.py").write_text(f"{text}register_algorithm('mine', CrossEntropy)\n")
    out = tmp_path / "run"
    options = ["--algorithm", "mine", "--engine", "mujoco", "--worlds", "4", "--ppo", "rollout=16", "--out", str(out)]
    status, _, errors = run_main("train", "sumo", *options, "--samples", "1", "--import", str(tmp_path / "first.py"))
    assert status == 0, errors
    del algorithms.ALGORITHMS["mine"]
    status, _, errors = run_main("train", "sumo", *options, "--samples", "900")
    assert status == 2
    assert "unknown algorithm 'mine'" in errors
    assert "name the file that registers it by --import" in errors
    assert run_main("play", "sumo", "--seat", str(out), "--seat", "zero", "--bouts", "2")[0] == 0
    status, _, errors = run_main("train", "sumo", *options, "--samples", "900", "--import", str(tmp_path / "second.py"))
    assert status == 0, errors
    with closing(RunFolder.open(out)) as folder:
        assert [link.generation for link in folder.record.chain("sumo")] == [0, 1, 2]


def test_the_method_itself_finds_what_pays():
    """Reward is -|first action - 0.5|: the mean of what it draws has to come near 0.5."""

    class Bandit:
        num_envs, own = 64, 1
        action_space = type("Space", (), {"shape": (1,)})()

        def reset(self) -> np.ndarray:
            return np.zeros((64, 1), np.float32)

        def step_async(self, actions: np.ndarray) -> None:
            self.actions = actions

        def step_wait(self):
            return self.reset(), -np.abs(self.actions[:, 0] - 0.5), np.zeros(64, bool), []

    learner: Learner = CrossEntropy(Bandit(), PpoConfig(rollout=1), 0)  # type: ignore[arg-type]
    for _ in range(20):
        learner.learn([learner.collect()])
    assert learner.tensors()["bias_0"][0] == pytest.approx(0.5, abs=0.05)


def test_who_learns_where_nobody_is_named():
    assert check_algorithm("", "mlp") is ALGORITHMS["ppo"]
    assert check_algorithm("", "lstm") is ALGORITHMS["recurrent_ppo"]


def test_algorithms_that_cannot_be(tmp_path: Path):
    with pytest.raises(UnknownName, match=r"'sac'; choose one of: cem, ppo, recurrent_ppo; or .* --import"):
        check_algorithm("sac", "mlp")
    with pytest.raises(ConfigError, match="algorithm 'ppo' trains no lstm network; it takes: mlp"):
        check_algorithm("ppo", "lstm")
    with pytest.raises(ConfigError, match="there is an algorithm 'ppo' already"):
        register_algorithm("ppo", CrossEntropy)
    with pytest.raises(UnknownName, match="unknown algorithm 'sac'"):
        train(tmp_path / "run", tiny_config(algorithm="sac"))
