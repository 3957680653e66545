"""Roles and learners: the seats of a role, the roles that meet, and runs of several learners."""

import csv
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import StubBatch, learner_state, only_object, tiny_config

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.agents.snapshot import Part, SnapshotError
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.curricula.matches.roles import Role, roles_of, tagged
from dohyo.curricula.ratings.references import early, references, title
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.learners import by_name, plan_learners, rivals
from dohyo.curricula.run.record import Generation, RunRecord
from dohyo.curricula.training.training import Training

KICKER, KEEPER, BOTH = Role("kicker", (0,), (0,)), Role("keeper", (1,), (1,)), Role("sumo", (0, 1), (0, 1))


@pytest.mark.parametrize(
    ("arena", "body", "shared", "expected"),
    [
        ("sumo", "ant", False, [("sumo", (0, 1))]),
        ("sumo", "ant,spider", False, [("sumo_0", (0,)), ("sumo_1", (1,))]),
        ("sumo", "ant,spider", True, [("sumo_0", (0,)), ("sumo_1", (1,))]),
        ("run_to_goal", "ant", False, [("runner", (0, 1))]),
        ("kick_and_defend", "ant", False, [("kicker", (0,)), ("keeper", (1,))]),
        ("kick_and_defend", "ant", True, [("kicker+keeper", (0, 1))]),
        ("kick_and_defend", "ant,bug", True, [("kicker", (0,)), ("keeper", (1,))]),
    ],
)
def test_roles(arena: str, body: str, shared: bool, expected: list[tuple[str, tuple[int, ...]]]):
    assert [(r.name, r.seats) for r in roles_of(build_arena(arena, body), shared=shared)] == expected


def roles_by_name(roles: list[Role], population: int) -> dict[str, Role]:
    return {name: spec.role for name, spec in by_name(plan_learners(roles, population)).items()}


def test_a_population_has_so_many_learners_of_each_role():
    learners = roles_by_name([KICKER, KEEPER], 2)
    assert learners == {"kicker-1": KICKER, "keeper-1": KEEPER, "kicker-2": KICKER, "keeper-2": KEEPER}
    assert rivals(learners, "kicker-2") == ["keeper-1", "keeper-2"]
    alone = roles_by_name([BOTH], 3)
    assert rivals(alone, "sumo-2") == ["sumo-1", "sumo-2", "sumo-3"]  # itself as well
    assert roles_by_name([BOTH], 1) == {"sumo": BOTH}


def test_built_in_policies_are_told_apart_by_role():
    assert tagged("zero", [BOTH]) == {"zero": BOTH}
    assert tagged("zero", [KICKER, KEEPER]) == {"zero@kicker": KICKER, "zero@keeper": KEEPER}


def test_early_references_are_those_of_the_first_learner_of_each_role():
    learners = roles_by_name([KICKER, KEEPER], 2)
    chain = [Generation(name, g, f"{name} {g}", 0, 0.0, {}) for g in (0, 1, 2) for name in learners]
    assert early(learners, chain) == {"kicker-1 1": KICKER, "keeper-1 1": KEEPER}
    assert early({"sumo": BOTH}, [Generation("sumo", g, f"s{g}", 0, 0.0, {}) for g in range(32)]) == {
        "s1": BOTH,
        "s10": BOTH,
        "s30": BOTH,
    }


def test_built_in_references_come_first(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, kick(samples=1))
    built_in = {"zero@kicker": KICKER, "zero@keeper": KEEPER, "random@kicker": KICKER, "random@keeper": KEEPER}
    assert references(folder) == built_in
    folder.close()


class Pushes:
    """Opponents that push with 0.5 and record their observations."""

    def __init__(self) -> None:
        self.saw: list[list[float]] = []
        self.assigned: list[list[int]] = []
        self.noted: list[tuple[list[int], list[int]]] = []

    def assign(self, worlds: Any) -> None:
        self.assigned.append(worlds.tolist())

    def note(self, bouts: EndedBouts) -> None:
        self.noted.append((bouts.worlds.tolist(), bouts.results.tolist()))

    def act(self, observation: Any, worlds: Any) -> Any:
        self.saw.append(observation[:, 1].tolist())
        return np.full((len(observation), 2), 0.5, np.float32)


@pytest.mark.parametrize("seat", [0, 1])
def test_a_learner_of_one_seat_stays_there(seat: int):
    batch, others = StubBatch([[1], [2]]), Pushes()
    vec = SeatVec(batch, others, mirrored=0, reward_scale=1, side=seat)
    assert vec.reset()[:, 1].tolist() == [seat, seat]  # a stub's observation is (world, seat, time)
    for _ in range(3):
        seen, reward, _, _ = vec.step(np.ones((2, 2), np.float32))
        assert seen[:, 1].tolist() == [seat, seat]
        assert reward.tolist() == [seat, 10 + seat]
    assert others.saw == [[1 - seat] * 2] * 3
    assert others.assigned == [[0, 1], [0], [0, 1], [0]]
    assert others.noted == [([0], [1]), ([0, 1], [1, 1]), ([0], [1])]  # 1 pushes harder than 0.5
    for taken in batch.taken:
        np.testing.assert_array_equal(taken[seat], np.ones((2, 2)))
        np.testing.assert_array_equal(taken[1 - seat], np.full((2, 2), 0.5))


def kick(**changes: Any) -> TrainConfig:
    return tiny_config(arena="kick_and_defend", **changes)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("sumo", "kick_and_defend"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=12))


def test_two_roles_train_in_turn_and_resume_together(tmp_path: Path):
    """Four worlds, one slot each, 16 steps: 64 samples a generation of one learner."""
    folder = RunFolder.create_or_resume(tmp_path, kick(samples=300))
    first = Training(folder)
    first.run()
    chain = folder.record.generations()
    # 300 are passed by the fifth generation, the kicker's third.
    turns = [("kicker", 0), ("keeper", 0), ("kicker", 1), ("keeper", 1), ("kicker", 2), ("keeper", 2), ("kicker", 3)]
    assert [(link.learner, link.generation) for link in chain] == turns
    for link in chain:
        assert folder.load(link.snapshot).origin.part.role == link.learner
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == [
        "keeper.000002.safetensors",
        "kicker.000003.safetensors",
    ]
    folder.close()

    folder = RunFolder.create_or_resume(tmp_path, kick(samples=400))
    second = Training(folder)
    for before, now in zip(first.lineages, second.lineages, strict=True):
        assert learner_state(now.learner) == learner_state(before.learner)
    second.run()
    assert folder.record.generations()[: len(chain)] == chain
    more = [(link.learner, link.generation) for link in folder.record.generations()[len(chain) :]]
    assert more == [("keeper", 3), ("kicker", 4)]  # who was behind goes first
    with (tmp_path / "curves.csv").open() as file:
        assert [row["learner"] for row in csv.DictReader(file)] == [name for name, _ in [*turns, *more]]

    newest = {name: path.stem for name, path in second.newest().items()}
    met = {(m.player, m.opponent) for m in folder.record.matches("mujoco")}
    one = {link.learner: link.snapshot for link in chain if link.generation == 1}
    opponents = {opponent for player, opponent in met if player == newest["kicker"]}
    assert opponents == {"zero@keeper", "random@keeper", one["keeper"]}
    assert ("zero@keeper", "zero@kicker") in met
    assert not [pair for pair in met if all(name.endswith("@kicker") for name in pair)]
    folder.close()


def test_a_keepers_bouts_are_counted_for_the_keeper(tmp_path: Path):
    """Nobody scores in 12 steps: a keeper that does not stray has won, whichever of the two is rated."""
    folder = RunFolder.create_or_resume(tmp_path, kick(samples=1))
    Training(folder).run()
    matches = {(m.player, m.opponent): m.score for m in folder.record.matches("mujoco")}
    assert matches["zero@keeper", "zero@kicker"].wins == 4
    newest = matches[folder.latest("keeper").name, "zero@kicker"]
    assert newest.wins >= 2
    assert newest.losses == 0
    assert matches[folder.latest("kicker").name, "zero@keeper"].losses == 4
    folder.close()


def test_a_shared_policy_plays_both_roles(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, kick(samples=1, shared=True))
    Training(folder).run()
    assert {link.learner for link in folder.record.generations()} == {"kicker+keeper"}
    assert folder.latest().origin.part.role == "kicker+keeper"
    folder.close()


def test_a_population_trains_in_turn_and_is_rated(tmp_path: Path, run_main: Callable[..., tuple[int, str, str]]):
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(population=2, samples=300))
    training = Training(folder)
    training.run()
    assert [link.learner for link in folder.record.generations()] == ["sumo-1", "sumo-2"] * 3  # 2 * 96 a round
    assert len({link.snapshot for link in folder.record.generations()}) == 6  # learners differ from the beginning
    rated = {m.player for m in folder.record.matches("mujoco")}
    assert {path.stem for path in training.newest().values()} <= rated
    folder.close()
    status, output, _ = run_main("rate", str(tmp_path))
    assert status == 0
    assert " ".join(output.split()).count("reference (sumo). Generations are sumo-1's.") == 2


def test_the_command_line_finds_the_learner_of_a_seat(tmp_path: Path, run_main: Callable[..., tuple[int, str, str]]):
    folder = RunFolder.create_or_resume(tmp_path / "run", kick(samples=1))
    Training(folder).run()
    folder.close()
    run, options = str(tmp_path / "run"), ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--json"]
    status, output, _ = run_main("play", "kick_and_defend", "--seat", run, "--seat", run, *options)
    assert status == 0
    assert only_object(output)["draws"] + sum(only_object(output)["wins"]) == 2
    status, _, _ = run_main("play", "kick_and_defend", "--seat", f"{run}:kicker", "--seat", "zero", *options)
    assert status == 0
    status, _, errors = run_main("play", "kick_and_defend", "--seat", f"{run}:keeper", "--seat", "zero", *options)
    assert status == 1
    assert "plays kick_and_defend as keeper" in errors
    status, _, errors = run_main("play", "kick_and_defend", "--seat", f"{run}:goalie", "--seat", "zero", *options)
    assert status == 2
    assert "unknown learner 'goalie'; choose one of: keeper, kicker" in errors
    _, output, _ = run_main("rate", run, "--json")
    record = only_object(output)
    assert record["references"][:2] == ["zero@kicker", "zero@keeper"]
    assert {row["learner"] for row in record["snapshots"]} == {"kicker", "keeper"}
    status, output, _ = run_main("rate", run)
    assert status == 0
    assert output.count("zero") == 3  # a column of each table, and the anchor in full
    assert "zero@kicker anchors at 25" in output
    for role in ("kicker", "keeper"):
        assert f"each reference ({role})." in output


def test_references_are_called_by_their_role_only_among_several():
    assert title("zero@keeper", "keeper", None, several=True) == "zero@keeper"
    assert title("zero@keeper", "keeper", None, several=False) == "zero"
    assert title("0123456789abcdef", "keeper", 10, several=True) == "keeper 10"
    assert title("0123456789abcdef", "keeper", 10, several=False) == "gen 10"
    assert title("0123456789abcdef", "keeper", None, several=True) == "guest 012345"


def test_a_snapshot_knows_what_it_plays(tmp_path: Path):
    folder = RunFolder.create_or_resume(tmp_path, kick(samples=1))
    Training(folder).run()
    arena, kicker = build_arena("kick_and_defend"), folder.latest("kicker")
    assert kicker.plays(Part.of(arena, 0))
    assert not kicker.plays(Part.of(arena, 1))
    with pytest.raises(SnapshotError):
        kicker.check_plays(Part.of(arena, 1))
    with pytest.raises(UnknownName, match="goalie"):
        folder.latest("goalie")
    folder.close()


def test_a_league_of_another_version_is_refused(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "league.sqlite")) as db:
        db.execute("create table generations (generation integer)")
    with pytest.raises(DohyoError, match="another version") as caught:
        RunRecord(tmp_path / "league.sqlite")
    assert "\n" not in str(caught.value)
