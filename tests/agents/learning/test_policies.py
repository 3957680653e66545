"""Every kind of policy in runs: trained, resumed, rated, played and exploited; and privileged value functions."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from doubles import FloatArray, StubBatch, learner_state, only_object, tiny_config, train
from learners import Still, practise
from sb3_contrib.common.recurrent.type_aliases import RNNStates

from dohyo.agents.learning.algorithms import make_learner
from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.policies.networks import Lstm, Mlp
from dohyo.arenas import Randomisation, make_batch
from dohyo.arenas.errors import ConfigError, DohyoError
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.curricula.bench import training_speed as ceiling
from dohyo.curricula.bench.training_speed import TrainingSpeed
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
KINDS = [("mlp", "privileged"), ("lstm", "own"), ("lstm", "privileged")]
"""Kinds of policy and value function; the other tests of training are of ("mlp", "own")."""
FAST = ["--engine", "mujoco", "--worlds", "4", "--workers", "1"]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("sumo", "kick_and_defend"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=12))


def tiny(policy: str, value: str = "own", **changes: Any) -> TrainConfig:
    config = tiny_config(**changes)
    return replace(config, ppo=replace(config.ppo, policy=policy, value=value, unroll=8))


@pytest.mark.parametrize(("policy", "value"), KINDS)
def test_a_run_goes_on_where_it_stopped_and_is_rated(tmp_path: Path, policy: str, value: str):
    first = train(tmp_path, tiny(policy, value))
    config = tiny(policy, value, samples=400)
    folder = RunFolder.create_or_resume(tmp_path, config)
    second = Training(folder)
    assert learner_state(second.lineages[0].learner) == learner_state(first.lineages[0].learner)
    second.run()
    chain = folder.record.generations()
    assert [(link.generation, link.samples) for link in chain] == [(g, 96 * g) for g in range(6)]
    assert len({link.snapshot for link in chain}) == 6
    rated = {match.player for match in folder.record.matches("mujoco")}
    assert {chain[2].snapshot, chain[-1].snapshot} <= rated
    # Snapshots hold the policy alone: it sees what one seat sees.
    newest = folder.latest()
    assert len(newest.tensors["mean"]) == sum(entry.size for entry in build_arena("sumo").entries(0))
    assert isinstance(newest.policy(), Lstm if policy == "lstm" else Mlp)
    folder.close()


def test_recurrent_runs_repeat_from_their_seed(tmp_path: Path):
    names = [train(tmp_path / k, tiny("lstm", seed=s)).newest()["sumo"].name for k, s in (("a", 0), ("b", 0), ("c", 1))]
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(("policy", "value"), KINDS)
def test_roles_that_differ_train_in_turn_and_resume(tmp_path: Path, policy: str, value: str):
    """The kicker's observation is not the keeper's; each value function sees its own, then the other."""
    config = tiny(policy, value, arena="kick_and_defend", body="ant,bug", samples=200)
    first = train(tmp_path, config)
    kicker, keeper = first.lineages
    sizes = [lineage.collector.vec.own for lineage in first.lineages]
    assert sizes[0] != sizes[1]
    whole = sum(sizes)
    for lineage, own in zip(first.lineages, sizes, strict=True):
        assert lineage.collector.vec.observation_space.shape == ((whole if value == "privileged" else own),)
        assert lineage.learner.tensors()["mean"].shape == (own,)
    folder = RunFolder.create_or_resume(tmp_path, replace(config, samples=300))
    second = Training(folder)
    for before, now in zip((kicker, keeper), second.lineages, strict=True):
        assert learner_state(now.learner) == learner_state(before.learner)
    second.run()
    assert {match.player for match in folder.record.matches("mujoco")} >= {
        path.stem for path in second.newest().values()
    }
    folder.close()


def test_a_recurrent_population_meets_itself(tmp_path: Path):
    training = train(tmp_path, tiny("lstm", population=2, samples=300))
    assert [lineage.generation for lineage in training.lineages] == [2, 2]


def test_another_policy_cannot_resume_a_run(tmp_path: Path):
    train(tmp_path, tiny("lstm", samples=1))
    with pytest.raises(DohyoError, match=r"other settings \(policy\)"):
        RunFolder.create_or_resume(tmp_path, tiny("mlp", samples=1))


def test_the_command_line(tmp_path: Path, run_main: RunMain):
    run, out = str(tmp_path / "run"), str(tmp_path / "exploit")
    options = [*FAST, "--samples", "1", "--policy", "lstm", "--width", "8", "--value", "privileged"]
    command = ["train", "sumo", *options, "--out", run, "--json"]
    for _ in range(2):  # the second time it is a finished run
        status, output, errors = run_main(*command)
        assert (status, errors) == (0, "")
    folder = RunFolder.open(Path(run))
    ppo = folder.config.ppo
    assert (ppo.policy, ppo.width, ppo.value, ppo.epochs) == ("lstm", 8, "privileged", 3)
    assert folder.latest().tensors["gates_back"].shape == (32, 8)
    folder.close()
    play = ["play", "sumo", "--engine", "mujoco", "--workers", "1", "--bouts", "3", "--json"]
    status, output, _ = run_main(*play, "--seat", run, "--seat", "zero")
    assert status == 0
    assert only_object(output)["bouts"] == 3
    attack = ["exploit", run, *FAST, "--policy", "lstm", "--width", "4", "--samples", "1", "--bouts", "2", "--json"]
    status, output, _ = run_main(*attack, "--out", out)
    assert status == 0
    assert {attack["player"] for attack in only_object(output)["attacks"]} == {"exploiter", "zero", "random"}
    status, output, _ = run_main("rate", run, "--json")
    assert status == 0
    assert [row["generation"] for row in only_object(output)["snapshots"]] == [1]


def test_training_of_a_recurrent_policy_is_timed(run_main: RunMain):
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--policy", "lstm", "--width", "8"]
    status, output, errors = run_main("bench", "sumo", "--training", "--generations", "1", *options, "--json")
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert record["policy"] == "lstm"
    assert record["share"] == pytest.approx(record["training"] / min(record["rollouts"], record["updates"]))
    assert record["training"] > 0


def test_the_table_of_training_speeds_fits_a_terminal(run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    speed = TrainingSpeed("you_shall_not_pass", "ant", "pybullet", 64, "lstm", 10473.4, 48404.0, 8248.0, 0.788)
    monkeypatch.setattr(ceiling, "measure_training", lambda config, generations: speed)
    status, output, _ = run_main("bench", "you_shall_not_pass", "--training", "--policy", "lstm")
    assert status == 0
    assert max(map(len, output.splitlines())) <= 80
    for shown in ("you_shall_not_pass", "pybullet", "lstm", "10,473", "48,404", "8,248", "0.79"):
        assert shown in output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--policy", "gru"], "unknown policy 'gru'; choose one of: lstm, mlp"),
        (["--value", "all"], "unknown value 'all'; choose one of: own, privileged"),
        (["--width", "0"], "--width"),
        (
            ["--policy", "lstm", "--parametrization", "ntk"],
            "unknown parametrization 'ntk'; choose one of: mup, standard",
        ),
    ],
)
def test_what_is_no_policy_is_refused(tmp_path: Path, run_main: RunMain, options: list[str], said: str):
    status, output, errors = run_main("train", "sumo", *options, "--out", str(tmp_path / "run"))
    assert (status, output) == (2, "")
    assert said in errors
    assert not (tmp_path / "run").exists()


class Push(Still):
    """Opponents whose push is the number of their world."""

    def act(self, observation: FloatArray, worlds: Any) -> FloatArray:
        return np.repeat(worlds[:, None], 2, axis=1).astype(np.float32)


def test_a_privileged_slot_sees_its_own_seat_then_the_other():
    """A stub's observation is (world, seat, 1000 * bout + step); slots: world 0 twice, then worlds 1 and 2."""
    vec = SeatVec(StubBatch([[2], [1], [3]]), Push(), mirrored=1, reward_scale=1, privileged=True)
    assert (vec.own, vec.observation_space.shape) == (3, (6,))
    assert vec.reset()[:, [0, 1, 3, 4]].tolist() == [[0, 0, 0, 1], [0, 1, 0, 0], [1, 1, 1, 0], [2, 0, 2, 1]]
    seen, _, done, infos = vec.step(np.zeros((4, 2), np.float32))
    assert done.tolist() == [False, False, True, False]
    assert infos[2]["terminal_observation"].tolist() == [1, 1, 1, 1, 0, 1]
    assert seen[2].tolist() == [1, 0, 1000, 1, 1, 1000]  # the learner has changed sides
    assert seen[0].tolist() == [0, 0, 1, 0, 1, 1]


def test_a_privileged_slot_sees_what_is_randomised():
    """One mass and a tilt of three numbers follow the other's observation, bout by bout.

    The last observation of a bout has the bout's own numbers, not those of the next.
    """
    chance = Randomisation(mass=(0.5, 1.5), tilt=0.4)
    batch = make_batch("sumo", "ant", "mujoco", 3, workers=1, max_cycles=2, randomisation=chance)
    vec = SeatVec(batch, Still(), mirrored=3, reward_scale=1, privileged=True)
    width = batch.observation_spaces[0].shape[0]
    assert vec.observation_space.shape == (2 * width + 4,)
    first = vec.reset()
    mass, tilt = (batch.randomiser.factors[name].copy() for name in ("mass", "tilt"))
    assert np.array_equal(first[:, -4:], np.concatenate([mass[:, None], tilt], axis=1).astype(np.float32).repeat(2, 0))
    vec.step_async(np.zeros((6, 8), np.float32)), vec.step_wait()
    vec.step_async(np.zeros((6, 8), np.float32))
    seen, _, done, infos = vec.step_wait()
    assert done.all()
    assert np.array_equal([info["terminal_observation"][-4:] for info in infos], first[:, -4:])
    assert not np.isclose(seen[:, -4], first[:, -4]).any()
    with pytest.raises(ConfigError, match="leave out --symmetry"):
        vec.mirror()
    own = SeatVec(batch, Still(), mirrored=3, reward_scale=1)
    assert own.observation_space.shape == (width,)
    vec.close()


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_a_run_whose_value_function_sees_factors_begins_as_a_snapshot(tmp_path: Path, run_main: RunMain, policy: str):
    first = train(tmp_path / "first", tiny(policy, "own"))
    [start] = first.newest().values()
    chance = ["--randomise", "mass=0.5:1.5", "--randomise", "delay=0.5"]
    options = [*FAST, "--samples", "1", "--value", "privileged", *chance, "--from", str(start)]
    status, _, errors = run_main("train", "sumo", *options, "--out", str(tmp_path / "second"), "--json")
    assert (status, errors) == (0, "")
    with closing(RunFolder.open(tmp_path / "second")) as folder:
        begun, link = folder.load(start.stem), folder.record.generations()[0]
        begin = folder.load(link.snapshot)
        assert folder.config.ppo.value == "privileged"
        assert begin.origin.randomise == "mass=0.5:1.5, delay=0.5"
    assert begun.tensors.keys() == begin.tensors.keys()
    assert all(np.array_equal(begun.tensors[name], begin.tensors[name]) for name in begun.tensors)


def test_a_privileged_slot_of_one_seat():
    vec = SeatVec(StubBatch([[2], [1]]), Push(), mirrored=0, reward_scale=1, side=1, privileged=True)
    assert vec.reset()[:, [0, 1, 3, 4]].tolist() == [[0, 1, 0, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize("policy", ["mlp", "lstm"])
def test_only_the_value_function_sees_the_other_seat(policy: str):
    vec = SeatVec(StubBatch([[3], [5]]), Still(), mirrored=2, reward_scale=0.01, privileged=True)
    learner = make_learner(vec, PpoConfig(policy=policy, value="privileged", width=8, rollout=16, minibatch=32), 0)
    practise(learner, 2)
    network: Any = learner._ppo.policy
    one = torch.randn(5, 6)
    other = torch.cat([one[:, :3], torch.randn(5, 3)], dim=1)
    empty = (torch.zeros(1, 5, 8), torch.zeros(1, 5, 8))
    more = (RNNStates(empty, empty), torch.ones(5)) if policy == "lstm" else ()
    results = []
    for observation in (one, other):
        torch.manual_seed(0)
        action, value, *_ = network(observation, *more)
        results.append((action.detach().numpy(), value.detach().numpy()))
    np.testing.assert_array_equal(results[0][0], results[1][0])
    assert np.abs(results[0][1] - results[1][1]).min() > 1e-4
