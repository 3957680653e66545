"""Commands play a run in the physics and with the drive of its training, unless told otherwise."""

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import only_object

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.physics.presets import ACCURATE, FAST
from dohyo.cli.app import app
from dohyo.curricula.evaluation.crossplay import CrossConfig, Crossplay

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
TINY = ["--engine", "mujoco", "--worlds", "4", "--workers", "1", "--ppo", "rollout=16", "--ppo", "minibatch=48"]
COMMANDS = {
    "play": ["play", "sumo", "--seat", "zero", "--seat", "RUN", "--bouts", "2"],
    "crossplay": ["crossplay", "zero", "RUN", "--bouts", "2"],
    "push": ["push", "zero", "RUN", "--bouts", "2", "--forces", "200"],
    "exploit": ["exploit", "RUN", "--bouts", "2", "--samples", "1", *TINY, "--out", "RUN.exploiter"],
}


@pytest.fixture(scope="module")
def fast_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained in fast physics with offset targets."""
    path = tmp_path_factory.mktemp("fast") / "run"
    command = ["train", "sumo", *TINY, "--physics", FAST, "--drive", "offset", "--samples", "1", "--out", str(path)]
    assert app(command, standalone_mode=False) in (None, 0)
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_a_run_plays_as_it_was_trained(name: str, fast_run: Path, run_main: RunMain):
    command = [word.replace("RUN", str(fast_run)) for word in COMMANDS[name]]
    status, output, errors = run_main(*command, "--json")
    assert status == 0, errors
    record = only_object(output)
    assert (record["engine"], record["physics"]) == ("mujoco", FAST)
    assert "on mujoco, fast physics" in " ".join(run_main(*command)[1].split())


@pytest.mark.parametrize("name", ["play", "crossplay", "push"])
def test_unless_told_otherwise(name: str, fast_run: Path, run_main: RunMain):
    command = [word.replace("RUN", str(fast_run)) for word in COMMANDS[name]]
    status, output, errors = run_main(*command, "--physics", ACCURATE, "--json")
    assert status == 0, errors
    assert only_object(output)["physics"] == ACCURATE


def test_the_recorded_bout_is_another_one(fast_run: Path, tmp_path: Path, run_main: RunMain):
    command = ["play", "sumo", "--seat", str(fast_run), "--seat", "random", "--bouts", "1", "--deterministic"]
    for name in (FAST, ACCURATE):
        assert run_main(*command, "--physics", name, "--replay", str(tmp_path / f"{name}.npz"))[0] == 0
    assert run_main(*command, "--replay", str(tmp_path / "default.npz"))[0] == 0
    default, fast, accurate = ((tmp_path / f"{name}.npz").read_bytes() for name in ("default", FAST, ACCURATE))
    assert default == fast != accurate


def test_an_unknown_preset(fast_run: Path, run_main: RunMain):
    status, _, errors = run_main("play", "sumo", "--seat", "zero", "--seat", "zero", "--physics", "fasst")
    assert (status, errors.count("\n")) == (2, 1)
    assert "choose one of: accurate, fast" in errors


def test_an_older_folder_of_matches_is_accurate(tmp_path: Path):
    """Folders begun before there was a choice lack the setting."""
    Crossplay(tmp_path, CrossConfig("sumo", "ant", "mujoco")).close()
    file = tmp_path / "crossplay.json"
    file.write_text(file.read_text().replace(',\n  "physics": "accurate"', ""))
    assert "physics" not in file.read_text()
    Crossplay(tmp_path, CrossConfig("sumo", "ant", "mujoco")).close()
    with pytest.raises(DohyoError, match=r"other settings \(physics\)"):
        Crossplay(tmp_path, CrossConfig("sumo", "ant", "mujoco", physics=FAST))
