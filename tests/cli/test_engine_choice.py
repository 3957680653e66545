"""The default engine of commands, messages about engines, and no files left after a failed start."""

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doubles import ORIGIN, network, only_object, snapshot, tiny_config

from dohyo.agents.snapshot import Part, make_snapshot, save_snapshot
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics import PACKAGES
from dohyo.arenas.registry import build_arena
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
TINY = ["--worlds", "4", "--workers", "1", "--ppo", "rollout=16", "--ppo", "minibatch=48"]


@pytest.fixture
def no_pybullet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pybullet", None)


def commands(run: Path) -> dict[str, list[str]]:
    """Commands that let a run play."""
    return {
        "play": ["play", "sumo", "--seat", "zero", "--seat", str(run), "--bouts", "2"],
        "crossplay": ["crossplay", "zero", str(run), "--bouts", "2"],
        "push": ["push", "zero", str(run), "--bouts", "2", "--forces", "200"],
        "exploit": ["exploit", str(run), "--bouts", "2", "--samples", "1", *TINY, "--out", f"{run}.exploiter"],
    }


@pytest.mark.parametrize("name", ["play", "crossplay", "push", "exploit"])
def test_a_run_plays_on_the_engine_that_it_was_trained_on(name: str, run_folder: Path, run_main: RunMain):
    command = commands(run_folder)[name]
    status, output, errors = run_main(*command, "--json")
    assert status == 0, errors
    assert only_object(output)["engine"] == "mujoco"
    assert "on mujoco" in " ".join(run_main(*command)[1].split())


@pytest.mark.parametrize("name", ["play", "crossplay", "push"])
def test_unless_told_otherwise(name: str, run_folder: Path, run_main: RunMain):
    status, output, errors = run_main(*commands(run_folder)[name], "--engine", "pybullet", "--json")
    assert status == 0, errors
    assert only_object(output)["engine"] == "pybullet"


def test_a_run_is_resumed_on_its_engine(tmp_path: Path, run_main: RunMain):
    command = ["train", "sumo", *TINY, "--out", str(tmp_path / "run"), "--samples"]
    assert run_main(*command, "1", "--engine", "mujoco")[0] == 0
    status, _, errors = run_main(*command, "200")
    assert (status, errors.splitlines()[0]) == (0, "sumo, ant, mujoco")
    assert "other settings (engine)" in run_main(*command, "300", "--engine", "pybullet")[2]


def test_a_snapshot_of_another_arena_does_not_choose_the_engine(tmp_path: Path, run_main: RunMain):
    path = save_snapshot(snapshot(), tmp_path)
    status, _, errors = run_main("play", "run_to_goal", "--seat", str(path), "--seat", "zero")
    assert status == 1
    assert "plays sumo" in errors


ZEROS = {
    "play": ["play", "sumo", "--seat", "zero", "--seat", "zero", "--bouts", "1", "--workers", "1"],
    "crossplay": ["crossplay", "zero", "random", "--arena", "sumo", "--bouts", "1", "--workers", "1"],
    "push": ["push", "zero", "--bouts", "2", "--forces", "200", "--workers", "1"],
}


@pytest.mark.parametrize("name", ZEROS)
def test_elsewhere_pybullet_plays(name: str, run_main: RunMain):
    assert only_object(run_main(*ZEROS[name], "--json")[1])["engine"] == "pybullet"


@pytest.mark.parametrize("name", ZEROS)
@pytest.mark.usefixtures("no_pybullet")
def test_without_pybullet_mujoco_plays_and_the_table_says_so(name: str, run_main: RunMain):
    assert only_object(run_main(*ZEROS[name], "--json")[1])["engine"] == "mujoco"
    assert "on mujoco" in " ".join(run_main(*ZEROS[name])[1].split())


@pytest.mark.usefixtures("no_pybullet")
def test_training_says_its_engine(tmp_path: Path, run_main: RunMain):
    options = ["--samples", "1", *TINY, "--out", str(tmp_path / "run")]
    status, _, errors = run_main("train", "sumo", *options)
    assert (status, errors.splitlines()[0]) == (0, "sumo, ant, mujoco")


@pytest.mark.usefixtures("no_pybullet")
def test_the_list_of_arenas_marks_what_is_not_installed(run_main: RunMain):
    sumo = only_object(run_main("arenas", "--json")[1])[0]
    assert sumo["engines"] == ["pybullet", "mujoco", "warp"]
    assert [name for name in sumo["installed"] if name != "warp"] == ["mujoco"]
    table = run_main("arenas")[1]
    assert "pybullet*" in table
    assert "mujoco*" not in table
    assert "*: not installed." in " ".join(table.split())


def test_the_list_of_arenas_marks_nothing_where_all_is_installed(run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(PACKAGES, "warp", "numpy")  # a package that is there
    assert "*" not in run_main("arenas")[1]


# --- a failed start ---


def stranger(folder: Path) -> str:
    """The file of a snapshot that fits no seat of sumo with ants."""
    part = Part.of(build_arena("run_to_goal"), 0)
    origin = ORIGIN.__class__(**{**vars(ORIGIN), "part": part})
    return str(save_snapshot(make_snapshot(origin, network()), folder))


FAILING = ("pybullet", "guest", "start")


def start(name: str, folder: Path, out: Path) -> list[str]:
    """A command whose training fails to start."""
    options = {
        "pybullet": ["--engine", "pybullet"],
        "guest": ["--engine", "mujoco", "--guest", stranger(folder)],
        "start": ["--engine", "mujoco", "--from", stranger(folder)],
    }
    return ["train", "sumo", *options[name], "--samples", "1", *TINY, "--out", str(out)]


@pytest.mark.parametrize("name", FAILING)
@pytest.mark.usefixtures("no_pybullet")
def test_a_failed_start_leaves_no_folder(name: str, tmp_path: Path, run_main: RunMain):
    status, output, errors = run_main(*start(name, tmp_path, tmp_path / "runs" / "new"))
    assert (status, output) == (1, "")
    assert errors.splitlines()[-1].startswith("dohyo: ")
    assert not (tmp_path / "runs").exists()


@pytest.mark.usefixtures("no_pybullet")
def test_a_failed_start_leaves_what_was_there(tmp_path: Path, run_main: RunMain):
    (tmp_path / "run" / "snapshots").mkdir(parents=True)
    (tmp_path / "run" / "note.txt").write_text("mine")
    (tmp_path / "run" / "snapshots" / "note.txt").write_text("mine")
    assert run_main(*start("pybullet", tmp_path, tmp_path / "run"))[0] == 1
    left = {str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*")}
    assert left == {"note.txt", "snapshots", "snapshots/note.txt"}


def test_a_run_that_fails_to_resume_stays(run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    config = tiny_config(samples=1000)
    with closing(RunFolder.create_or_resume(run_folder, config)) as folder:
        folder.undo()
    with closing(RunFolder.open(run_folder)) as folder:
        assert folder.latest().origin.generation == 3


def test_a_new_run_that_fails_after_its_first_generation_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain
):
    def fail(training: Training) -> None:
        raise EngineError("a worker has died: train again")

    monkeypatch.setattr(Training, "_take_turn", fail)
    command = ["train", "sumo", "--engine", "mujoco", "--samples", "1", *TINY, "--out", str(tmp_path / "run")]
    assert run_main(*command)[0] == 1
    with closing(RunFolder.open(tmp_path / "run")) as folder:
        assert folder.latest().origin.generation == 0


def test_a_folder_that_another_process_holds_is_left_alone(tmp_path: Path, run_main: RunMain):
    with closing(RunFolder.create_or_resume(tmp_path / "run", tiny_config())):
        assert run_main(*start("guest", tmp_path, tmp_path / "run"))[0] == 1
        assert (tmp_path / "run" / "config.json").exists()
