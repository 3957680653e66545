"""Runs of a league: three kinds train in turn, start anew, are resumed and rated; nothing is decided twice."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import learner_state, tiny_config, train

from dohyo.arenas.registry import ARENAS
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import RunRecord
from dohyo.curricula.training.lineage import Lineage
from dohyo.curricula.training.training import Training

MAIN, EXPLOITER, LEAGUE = NAMES = ("sumo", "sumo-main-exploiter", "sumo-league-exploiter")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("sumo", "kick_and_defend"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=12))


def config(**changes: Any) -> TrainConfig:
    """A time-out of one generation: league exploiters join with each, main exploiters with every second.

    A main agent has 16 steps in 5 slots (35 % of four worlds is one, with two slots), exploiters in 4: a round of the
    three takes 80 + 64 + 64 = 208 samples.
    """
    return tiny_config(**{"opponents": "league", "timeout": 1, "samples": 4 * 208} | changes)


def fates(path: Path) -> dict[str, list[tuple[float, float]]]:
    """Whether a copy joined and whether the learner started anew, by learner and generation."""
    league = RunRecord(path / "league.sqlite")
    found = {name: [(g.curves["joined"], g.curves["reset"]) for g in league.chain(name)] for name in NAMES}
    league.close()
    return found


def first_tensors(folder: RunFolder, learner: str) -> dict[str, Any]:
    return dict(folder.load(folder.record.chain(learner)[0].snapshot).tensors)


def test_three_kinds_train_in_turn_and_are_rated(tmp_path: Path):
    training = train(tmp_path, config())
    folder = RunFolder.open(tmp_path)
    turns = [(g.learner, g.generation) for g in folder.record.generations()]
    assert turns == [(name, k) for k in range(5) for name in NAMES]
    decided = fates(tmp_path)
    assert decided[MAIN] == [(1, 0)] * 5
    assert decided[EXPLOITER] == [(0, 0), (0, 0), (1, 1), (0, 0), (1, 1)]
    assert [joined for joined, _ in decided[LEAGUE]] == [0, 1, 1, 1, 1]
    rated = {match.player for match in folder.record.matches("mujoco")}
    assert {path.stem for path in training.newest().values()} <= rated
    with (tmp_path / "curves.csv").open() as file:
        assert [row["reset"] for row in csv.DictReader(file) if row["learner"] == EXPLOITER] == [
            *("0.0", "0.0", "1.0", "0.0", "1.0")
        ]
    # Others meet every generation of the main agent, and of exploiters those that have joined.
    chains = {name: folder.record.chain(name) for name in NAMES}
    met = [[g.snapshot for g in chains[MAIN]], [chains[EXPLOITER][k].snapshot for k in (2, 4)]]
    for lineage in training.lineages:
        assert lineage.ledger.chains[:2] == met
        assert lineage.ledger.chains[2] == [g.snapshot for g in chains[LEAGUE][1:]]
    folder.close()


def test_who_begins_anew_has_its_first_weights_and_no_results(tmp_path: Path):
    training = train(tmp_path, config())
    folder = RunFolder.open(tmp_path)
    exploiter = next(lineage for lineage in training.lineages if lineage.name == EXPLOITER)
    first = first_tensors(folder, EXPLOITER)
    for name, tensor in exploiter.learner.tensors().items():
        np.testing.assert_array_equal(tensor, first[name])
    assert not exploiter.learner._ppo.policy.optimizer.state_dict()["state"]
    assert exploiter.learner.samples == 4 * 64  # counted on
    assert {games for games, _, _ in folder.record.payoffs(EXPLOITER).values()} == {0}
    assert sum(games for games, _, _ in folder.record.payoffs(MAIN).values()) > 0
    # What has joined is what was trained, not what it began anew from.
    last = folder.load(folder.record.chain(EXPLOITER)[-1].snapshot).tensors
    assert not np.array_equal(last["weight_0"], first["weight_0"])
    folder.close()


def test_a_resumed_league_goes_on_as_one_that_was_never_stopped(tmp_path: Path):
    for rounds in (2, 3, 4):
        training = train(tmp_path / "stopped", config(samples=rounds * 208))
    folder = RunFolder.open(tmp_path / "stopped")
    again = Training(folder)
    for before, now in zip(training.lineages, again.lineages, strict=True):
        assert learner_state(now.learner) == learner_state(before.learner)
    again.close()
    folder.close()
    train(tmp_path / "whole", config())
    assert fates(tmp_path / "stopped") == fates(tmp_path / "whole")


@pytest.mark.parametrize("moment", ["before the checkpoint", "before the row"])
def test_a_kill_while_one_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str):
    """Its generation 2 is not there until its row is: the session that resumes decides again, and the same."""

    class Killed(BaseException):
        """An exception that no handler catches, like a kill."""

    def dying(method: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if when(*arguments):
                raise Killed
            return method(*arguments)

        return call

    with monkeypatch.context() as patch:
        if moment == "before the row":
            due = lambda league, row, payoffs: (row.learner, row.generation) == (EXPLOITER, 2)  # noqa: E731
            patch.setattr(RunRecord, "add_generation", dying(RunRecord.add_generation, due))
        else:
            settle = Lineage._settle

            def settled(lineage: Lineage) -> dict[str, float]:
                decided = settle(lineage)
                if decided["reset"]:
                    raise Killed
                return decided

            patch.setattr(Lineage, "_settle", settled)
        with pytest.raises(Killed):
            train(tmp_path, config())
    assert len(fates(tmp_path)[EXPLOITER]) == 2
    train(tmp_path, config(samples=2 * 208))
    assert fates(tmp_path)[EXPLOITER] == [(0, 0), (0, 0), (1, 1)]
    folder = RunFolder.open(tmp_path)
    resumed = Training(folder)
    exploiter = next(lineage for lineage in resumed.lineages if lineage.name == EXPLOITER)
    first = first_tensors(folder, EXPLOITER)
    assert all(np.array_equal(tensor, first[name]) for name, tensor in exploiter.learner.tensors().items())
    resumed.close()
    folder.close()


def test_a_league_of_two_roles(tmp_path: Path):
    """Six learners of 64 samples; each meets the three of the other role."""
    training = train(tmp_path, config(arena="kick_and_defend", samples=6 * 64))
    folder = RunFolder.open(tmp_path)
    names = list(folder.learners)
    assert names[:3] == ["kicker", "keeper", "kicker-main-exploiter"]
    assert [(g.learner, g.generation) for g in folder.record.generations()] == [(n, k) for k in (0, 1) for n in names]
    chains = {name: [g.snapshot for g in folder.record.chain(name) if g.joined] for name in names}
    keepers = [chains[name] for name in names if name.startswith("keeper")]
    kicker = training.lineages[0]
    assert kicker.ledger.chains[:-1] == keepers
    assert [len(chain) for chain in keepers] == [2, 0, 1]
    assert kicker.collector.vec.mirrored == 0
    folder.close()


def test_the_command_line(tmp_path: Path, run_main: Callable[..., tuple[int, str, str]]):
    out = str(tmp_path / "run")
    options = ["--engine", "mujoco", "--worlds", "4", "--workers", "1", "--opponents", "league", "--out", out]
    for given in ("--mirror", "--first"):
        status, _, errors = run_main("train", "sumo", *options, given, "0.5")
        assert status == 1
        assert "leave out --mirror and --first" in errors
    assert not (tmp_path / "run").exists()
    status, output, _ = run_main("train", "sumo", *options, "--timeout", "3", "--samples", "1", "--json")
    assert status == 0
    assert '"sumo-main-exploiter": ' in output
    folder = RunFolder.open(tmp_path / "run")
    assert (folder.config.timeout, folder.config.opponents) == (3, "league")
    folder.close()
    status, output, _ = run_main("rate", out)
    assert status == 0
    assert "sumo-league-exploiter" in output
