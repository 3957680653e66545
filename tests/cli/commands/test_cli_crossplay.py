"""`dohyo crossplay`: names of players, output, refusals, and kills."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import only_object, tiny_config
from processes import DRIVER, recorded

from dohyo.arenas.registry import ARENAS
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
MUJOCO = ["--engine", "mujoco", "--workers", "1"]


def test_the_table_of_a_run_and_its_past(tmp_path: Path, run_folder: Path, run_main: RunMain):
    run, out, heat = str(run_folder), tmp_path / "table", tmp_path / "new" / "heat.png"
    command = ["crossplay", run, f"{run}@0", f"{run}:sumo@1", "zero", *MUJOCO, "--out", str(out)]
    status, output, errors = run_main(*command, "--bouts", "3", "--picture", str(heat), "--json")
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert record["rows"] == record["columns"] == [run, f"{run}@0", f"{run}:sumo@1", "zero"]
    assert (record["arena"], record["body"], record["engine"], record["bouts"]) == ("sumo", "ant", "mujoco", 3)
    assert [(m["wins"], m["draws"], m["losses"]) for m in record["matches"]] == [
        (0, 3, 0)
    ] * 6  # 12 steps decide nothing
    assert record["nash"]["rows"] == pytest.approx(dict.fromkeys(record["rows"], 0.25))
    assert [side["player"] for side in record["sides"]] == record["rows"]
    assert heat.read_bytes().startswith(b"\x89PNG")
    status, output, _ = run_main(*command, "--bouts", "3")
    assert status == 0
    assert "no cycle of three" in output
    assert "none decided" in output
    with closing(sqlite3.connect(out / "matches.sqlite")) as db:
        assert db.execute("select count(*) from bouts").fetchone() == (30,)


def test_roles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    """Nobody scores in 12 steps: keepers, in seat 1, win every bout."""
    monkeypatch.setitem(ARENAS, "kick_and_defend", replace(ARENAS["kick_and_defend"], max_cycles=12))
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(arena="kick_and_defend", samples=1))
    Training(folder).run()
    folder.close()
    run = str(tmp_path / "run")
    command = ["crossplay", run, f"{run}:keeper@0", *MUJOCO, "--bouts", "2"]
    status, output, _ = run_main(*command, "--json")
    assert status == 0
    record = only_object(output)
    assert (record["rows"], record["columns"]) == ([run], [run, f"{run}:keeper@0"])
    assert record["payoff"] == [[-1.0, -1.0]]
    assert record["nash"]["value"] == -1.0
    [side] = record["sides"]
    assert (side["player"], side["wins"]) == (run, [0, 2])
    assert "payoff -1.00 to seat 0" in run_main(*command)[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["zero", "random"], "give --arena"),
        (["zero", "--arena", "chess"], "unknown arena 'chess'"),
        (["zero", "--arena", "sumo", "--engine", "quake"], "unknown engine 'quake'"),
        (["zero", "--arena", "sumo", "--picture", "heat.gif"], "the name of this file must end in .png"),
        (["zero", "zero", "--arena", "sumo"], "are the same player"),
        (["nobody"], "no player 'nobody'"),
        (["nobody@3"], "no player 'nobody@3'"),
        ([], "player"),
    ],
)
def test_what_was_typed_wrong(arguments: list[str], said: str, run_main: RunMain):
    status, output, errors = run_main("crossplay", *arguments)
    assert (status, output) == (2, "")
    assert said in errors
    assert errors.count("\n") == 1


def test_a_generation_that_is_not_there(run_folder: Path, run_main: RunMain):
    status, _, errors = run_main("crossplay", f"{run_folder}@99", *MUJOCO)
    assert status == 2
    assert "has generations 0 to 3, not 99" in errors


def test_killed_and_resumed_it_comes_to_the_same(tmp_path: Path, run_folder: Path):
    """After three kills during play, the table is the same as without kills."""
    players = [str(run_folder), f"{run_folder}@0", "zero", "random"]
    program = [sys.executable, "-c", DRIVER, "40", "crossplay", *players, *MUJOCO, "--bouts", "60", "--json"]
    whole = subprocess.run([*program, "--out", str(tmp_path / "whole")], capture_output=True, text=True, check=True)
    command = [*program, "--out", str(tmp_path / "killed")]
    matches = 0
    for _ in range(3):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and len(recorded(tmp_path / "killed")) == matches:
                time.sleep(0.005)
            process.kill()
            assert process.wait() == -signal.SIGKILL
        rounds = recorded(tmp_path / "killed")
        assert set(rounds.values()) == {tuple(range(60))}
        assert len(rounds) > matches
        matches = len(rounds)
    resumed = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(resumed.stdout) == json.loads(whole.stdout)
    assert recorded(tmp_path / "killed") == recorded(tmp_path / "whole")
