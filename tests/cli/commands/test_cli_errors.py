"""The command line: messages of errors."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import PART, snapshot, tiny_config

from dohyo.agents.snapshot import save_snapshot
from dohyo.cli import stages
from dohyo.cli.commands import crossplay, play
from dohyo.curricula.run.folder import RunFolder

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""

PLAY = ["play", "sumo", "--engine", "mujoco", "--bouts", "1", "--workers", "1"]
TWICE = ["--seat", "zero", "--seat", "zero"]
TYPED: dict[str, tuple[list[str], str]] = {
    "arena": (
        ["play", "chess", *TWICE],
        "unknown arena 'chess'; choose one of: kick_and_defend, paper/kick-and-defend, paper/robosumo",
    ),
    "arena to train": (["train", "chess", "--out", "NOWHERE"], "unknown arena 'chess'"),
    "own arena": (["play", "tag", *TWICE], "; `--import FILE`, or `register_arena` in Python, adds an arena of"),
    "arena to bench": (["bench", "chess"], "unknown arena 'chess'"),
    "bodies": ([*PLAY, *TWICE, "--body", "ant,ant,ant"], "has 2 seats: give one body, or 2 with commas"),
    "body": ([*PLAY, *TWICE, "--body", "snail"], "unknown body 'snail'; choose one of: ant, bug, humanoid, spider"),
    "engine": (
        ["play", "sumo", *TWICE, "--engine", "quake"],
        "unknown engine 'quake'; choose one of: mujoco, pybullet",
    ),
    "engine to train": (["train", "sumo", "--engine", "quake", "--out", "NOWHERE"], "unknown engine 'quake'"),
    "drive": ([*PLAY, *TWICE, "--drive", "steam"], "unknown drive 'steam'"),
    "command": (["fight"], "fight"),
    "option": ([*PLAY, *TWICE, "--loud"], "--loud"),
    "no out": (["train", "sumo"], "--out"),
    "no arena": (["play", *TWICE], "'arena'"),
    "no seats": (PLAY, "--seat"),
    "one seat": ([*PLAY, "--seat", "zero"], "give two players"),
    "three seats": ([*PLAY, *TWICE, "--seat", "zero"], "give two players"),
    "player": ([*PLAY, "--seat", "zero", "--seat", "nobody"], "no player 'nobody'"),
    "bouts": ([*PLAY, *TWICE, "--bouts", "0"], "--bouts"),
    "number": ([*PLAY, *TWICE, "--bouts", "many"], "--bouts"),
    "sampler": (["train", "sumo", "--opponents", "oldest", "--out", "NOWHERE"], "unknown opponents 'oldest'"),
    "term": (["train", "sumo", "--term", "wind=1", "--out", "NOWHERE"], "unknown term 'wind'; choose one of: approach"),
    "weight": (["train", "sumo", "--term", "standing", "--out", "NOWHERE"], "unknown weight 'standing'"),
    "hyperparameter": (["train", "sumo", "--ppo", "speed=3", "--out", "NOWHERE"], "unknown hyperparameter 'speed'"),
    "its value": (["train", "sumo", "--ppo", "epochs=few", "--out", "NOWHERE"], "'epochs=few': give NAME=VALUE"),
    "run": (["rate", "NOWHERE"], "is not a run folder"),
    "picture": ([*PLAY, *TWICE, "--picture", "bout.bmp"], "the name of this file must end in .mp4 or .gif or .png"),
}


@pytest.mark.parametrize("case", TYPED)
def test_what_was_typed_wrong(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.chdir(tmp_path)
    arguments, said = TYPED[case]
    status, output, errors = run_main(*arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("dohyo: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_picture_is_refused_before_playing(monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    def forbidden(*arguments: object, **options: object) -> None:
        raise AssertionError("it began to play")

    monkeypatch.setattr(play, "make_batch", forbidden)
    assert run_main(*PLAY, *TWICE, "--picture", "bout.bmp")[0] == 2


def failed(result: tuple[int, str, str]) -> str:
    status, output, errors = result
    assert (status, output) == (1, "")
    assert errors.startswith("dohyo: ")
    assert errors.count("\n") == 1
    return errors


def test_a_damaged_snapshot(tmp_path: Path, run_main: RunMain):
    path = save_snapshot(snapshot(), tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    assert "truncated" in failed(run_main(*PLAY, "--seat", "zero", "--seat", str(path)))


def test_a_snapshot_of_another_arena(tmp_path: Path, run_main: RunMain):
    path = save_snapshot(snapshot(part=replace(PART, arena="wrestle")), tmp_path)
    assert "plays wrestle" in failed(run_main(*PLAY, "--seat", "zero", "--seat", str(path)))


def test_a_run_folder_in_use(tmp_path: Path, run_main: RunMain):
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config())
    options = ["--engine", "mujoco", "--out", str(tmp_path / "run")]
    assert "in use by another process" in failed(run_main("train", "sumo", *options))
    folder.close()


def test_a_run_with_other_settings(tmp_path: Path, run_main: RunMain):
    RunFolder.create_or_resume(tmp_path / "run", tiny_config()).close()
    options = ["--engine", "pybullet", "--out", str(tmp_path / "run")]
    assert "other settings (engine, " in failed(run_main("train", "sumo", *options))


def test_a_folder_that_cannot_be_made(tmp_path: Path, run_main: RunMain):
    (tmp_path / "file").touch()
    assert "cannot create" in failed(run_main("train", "sumo", "--out", str(tmp_path / "file" / "run")))


def test_without_what_it_needs_the_command_line_says_how_to_get_it():
    code = "import sys; sys.modules['typer'] = None; from dohyo.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "dohyo: this command needs typer: install it with `pip install 'dohyo[train]'`\n"


def test_without_what_a_command_needs_it_says_how_to_get_it():
    code = (
        "import sys; sys.modules['scipy'] = None; from dohyo.cli import main; sys.argv[1:] = ['play', '--help']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("dohyo: this command needs scipy")
    assert done.stderr.endswith("install it with `pip install 'dohyo[train]'`\n")


def test_a_name_mistyped_is_answered_with_the_one_meant(run_main: RunMain):
    for typed, meant in (("sumoo", True), ("chess", False)):
        status, _, errors = run_main("play", typed, "--seat", "zero", "--seat", "zero")
        assert status == 2
        assert ("did you mean 'sumo'?" in errors) == meant
        assert ("did you mean" in errors) == meant


def test_an_interrupted_command_says_what_is_kept(monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(play, "make_batch", interrupt)
    monkeypatch.setattr(stages, "train_in", interrupt)
    monkeypatch.setattr(crossplay, "play_all", interrupt)
    goes_on = "dohyo: interrupted; run the same command again to resume\n"
    assert run_main(*PLAY, *TWICE) == (130, "", "dohyo: interrupted\n")
    assert run_main("train", "sumo", "--out", "NOWHERE") == (130, "", goes_on)
    table = ["crossplay", "zero", "random", "--arena", "sumo", "--engine", "mujoco"]
    assert run_main(*table) == (130, "", "dohyo: interrupted\n")
