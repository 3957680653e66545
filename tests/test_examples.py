"""The examples run, and a consumer's strict type check passes on them."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from doubles import dohyo
from wheels import ROOT

EXAMPLES = ROOT / "examples"
SNAPSHOTS = sorted((ROOT / "tests" / "data" / "runs_0_1" / "mlp" / "snapshots").glob("*.safetensors"))
NOT_HERE = importlib.util.find_spec("ray") is None
SCORE = r"(\d+) won, (\d+) drawn, (\d+) lost"


def run(script: str, folder: Path, *arguments: object) -> str:
    """Run an example in `folder` and return what it prints."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / script), *map(str, arguments)]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def bouts(output: str) -> int:
    """The number of bouts in the printed score."""
    [score] = re.findall(SCORE, output)
    return sum(map(int, score))


def test_all_examples_are_tested_and_listed():
    scripts = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.py")}
    tested = {"selfplay.py", "match.py", "sb3_one_seat.py", "rllib.py", "own_arena/tag.py"}
    assert scripts == tested
    listed = set(re.findall(r"^\| `([^`]+)`", (EXAMPLES / "README.md").read_text(), re.MULTILINE))
    assert listed == {name if "/" not in name else "own_arena/" for name in scripts}


def test_self_play(tmp_path: Path):
    output = run("selfplay.py", tmp_path, "--samples", 4096, "--worlds", 4, "--bouts", 6)
    assert re.findall(r"^(\d)/4:", output, re.MULTILINE) == [
        "2",
        "3",
        "4",
    ]  # 4 rollouts of 128 steps, 2 seats, 4 worlds
    assert bouts(output) == 6


def test_self_play_is_one_file_of_about_a_hundred_lines():
    assert len((EXAMPLES / "selfplay.py").read_text().splitlines()) <= 130


@pytest.mark.parametrize("second", ["zero", str(SNAPSHOTS[1])], ids=["zero", "snapshot"])
def test_match(second: str, tmp_path: Path):
    output = run("match.py", tmp_path, SNAPSHOTS[0], second, "--bouts", 5)
    assert bouts(output) == 5


def test_one_seat(tmp_path: Path):
    run("sb3_one_seat.py", tmp_path, "--samples", 2048, "--out", "model.zip")
    with zipfile.ZipFile(tmp_path / "model.zip") as model:
        assert "policy.pth" in model.namelist()


def test_the_command_line_knows_the_own_arena(tmp_path: Path):
    """The commands of docs/guide/own_arena.md, with less to train and to play."""
    run = str(tmp_path / "run")
    tag = ("--import", str(EXAMPLES / "own_arena" / "tag.py"), "--engine", "mujoco")
    trained = dohyo("train", "tag", *tag, "--samples", "1", "--out", run)
    assert "chaser: " in trained.stdout, trained.stderr
    rated = dohyo("rate", run, *tag[:2])
    assert "runner" in rated.stdout, rated.stderr
    match = dohyo("play", "tag", *tag, "--seat", run, "--seat", "zero", "--bouts", "2")
    assert "in 2 bouts" in match.stdout, match.stderr


@pytest.mark.skipif(NOT_HERE, reason="ray is not installed: `pip install 'ray[rllib]'`")
def test_rllib(tmp_path: Path):
    command = [sys.executable, str(EXAMPLES / "rllib.py"), "--iterations", "1", "--batch", "400"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "1/1: 400" in result.stdout


def test_a_consumers_strict_type_check_passes(wheel: Path, tmp_path: Path):
    """The wheel is installed in a separate environment, where mypy reads its types only because of its `py.typed`."""
    venv.create(tmp_path / "venv", symlinks=True)
    [site] = (tmp_path / "venv").glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries))
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n[mypy-ray.*]\nignore_missing_imports = true\n")
    scripts = [Path(shutil.copy(path, tmp_path)) for path in sorted(EXAMPLES.rglob("*.py"))]
    python = tmp_path / "venv" / "bin" / "python"
    mypy = [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "--python-executable", python]
    result = subprocess.run([*mypy, *scripts], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
