"""User-defined arenas on the command line: `--import`, entry points, and runs that need them."""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest
from doubles import only_object, tiny_config, train
from typer.testing import CliRunner

from dohyo.arenas import ARENAS
from dohyo.cli.app import app
from dohyo.curricula.opponents.samplers import SAMPLERS

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""

ROOT = Path(__file__).parents[2]
TAG = (ROOT / "examples" / "own_arena" / "tag.py").read_text().replace("seats=2,", "seats=2, max_cycles=12,")
NEMESIS = """
import numpy as np
from dohyo.curricula import register_opponents
register_opponents("nemesis", lambda payoffs, rng, n: np.full(n, payoffs.win_rate().argmin()))
"""
MODULE = "module_of_this_test"
TINY = ["--worlds", "4", "--workers", "1", "--ppo", "rollout=16", "--ppo", "minibatch=48"]


def forget() -> None:
    """Remove all effects of `--import`, as in a new process."""
    ARENAS.pop("tag", None)
    for name in [name for name in sys.modules if name.startswith("dohyo_import:") or name == MODULE]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    with patch.dict(ARENAS), patch.dict(SAMPLERS):
        yield
    forget()


@pytest.fixture
def tag(tmp_path: Path) -> Path:
    """A file that registers the arena `tag`, and touches `imported` beside it whenever it runs."""
    path = tmp_path / "my arena.py"
    path.write_text(f"{TAG}\nfrom pathlib import Path\nPath({str(tmp_path / 'imported')!r}).touch()\n")
    return path


@pytest.fixture
def run(tag: Path, tmp_path: Path, run_main: RunMain) -> Path:
    """A run that was trained with `--import`, in a process that has ended."""
    path = tmp_path / "run"
    options = ["--import", str(tag), "--engine", "mujoco", "--samples", "1", "--out", str(path)]
    status, _, errors = run_main("train", "tag", *options, *TINY)
    assert status == 0, errors
    forget()
    (tmp_path / "imported").unlink()
    return path


def contents(run: Path) -> dict[Path, bytes]:
    """All files of a run except SQLite's, which may change when the record is opened."""
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and "sqlite" not in path.name}


def on(run: Path) -> dict[str, list[str]]:
    """Every command that reads a run."""
    snapshot = str(next((run / "snapshots").iterdir()))
    sides = ["--engine", "mujoco", "--bouts", "2", "--seat"]
    trained = ["--engine", "mujoco", "--samples", "300", *TINY, "--out"]
    return {
        "rate": ["rate", str(run)],
        "report": ["report", str(run)],
        "play": ["play", "tag", *sides, str(run), "--seat", "zero"],
        "play a learner": ["play", "tag", *sides, "zero", "--seat", f"{run}:runner@0"],
        "resume": ["train", "tag", *trained, str(run)],
        "crossplay": ["crossplay", str(run), "zero", "--engine", "mujoco", "--bouts", "2"],
        "exploit": ["exploit", f"{run}:chaser", "--bouts", "2", *trained, str(run.parent / "exploiter")],
        "play a file": ["play", "tag", *sides, snapshot, "--seat", "zero"],
        "push": ["push", str(run), "--engine", "mujoco", "--bouts", "2"],
    }


def test_a_run_records_the_import_and_needs_it(run: Path, tag: Path, tmp_path: Path, run_main: RunMain):
    assert json.loads((run / "config.json").read_text())["imports"] == [str(tag)]
    before = contents(run)
    for name, command in on(run).items():
        status, output, errors = run_main(*command)
        assert (status, output, errors.count("\n")) == (2, "", 1), name
        needed = "`--import FILE`" if name == "play a file" else f"was trained in arena 'tag' with --import '{tag}'"
        assert needed in errors, name
    assert not (tmp_path / "imported").exists(), "a run folder alone never causes an import"
    assert contents(run) == before


@pytest.mark.parametrize("name", ["rate", "report", "play", "play a learner", "resume", "crossplay", "exploit"])
def test_commands_work_on_a_run_with_its_import(name: str, run: Path, tag: Path, run_main: RunMain):
    status, _, errors = run_main(*on(run)[name], "--import", str(tag))
    assert status == 0, errors
    assert (run.parent / "imported").exists()


def test_a_run_that_is_resumed_may_name_the_import_otherwise(run: Path, tag: Path, run_main: RunMain):
    moved = tag.rename(tag.with_name("moved.py"))
    assert run_main(*on(run)["resume"], "--import", str(moved))[0] == 0
    config = json.loads((run / "config.json").read_text())
    assert (config["imports"], config["samples"]) == ([str(moved)], 300)


def test_a_module_is_imported_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    (tmp_path / f"{MODULE}.py").write_text(TAG)
    monkeypatch.syspath_prepend(tmp_path)
    status, output, _ = run_main("arenas", "--import", MODULE, "--import", MODULE, "--json")
    assert status == 0
    assert only_object(output)[-1]["arena"] == "tag"


def test_a_file_is_imported_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.chdir(tmp_path)
    Path("count.py").write_text("with open('count', 'a') as file:\n    file.write('x')\n")
    assert run_main("arenas", "--import", "count.py", "--import", "./count.py", "--json")[0] == 0
    assert Path("count").read_text() == "x"


def test_opponent_rules_are_imported_as_well(tmp_path: Path, run_main: RunMain):
    (tmp_path / "nemesis.py").write_text(NEMESIS)
    options = [
        "--engine",
        "mujoco",
        "--samples",
        "200",
        "--opponents",
        "nemesis",
        *TINY,
        "--out",
        str(tmp_path / "run"),
    ]
    assert "unknown opponents 'nemesis'" in run_main("train", "sumo", *options)[2]
    assert run_main("train", "sumo", *options, "--import", str(tmp_path / "nemesis.py"))[0] == 0


def test_a_run_with_a_function_as_opponents_resumes_with_its_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain
):
    code = "import numpy as np\ndef newest(payoffs, rng, n):\n    return np.full(n, len(payoffs.games) - 1)\n"
    (tmp_path / f"{MODULE}.py").write_text(code)
    register = "from dohyo.curricula import register_opponents\nregister_opponents('mine', newest)\n"
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / f"{MODULE}.py").write_text(code + register)
    monkeypatch.syspath_prepend(tmp_path)
    out, config = tmp_path / "run", tmp_path / "run" / "config.json"
    with patch.dict(SAMPLERS):
        train(out, tiny_config(opponents=import_module(MODULE).newest))
    forget()
    assert json.loads(config.read_text())["opponents"] == f"{MODULE}.newest"
    resume = ["train", "--config", str(config), "--samples", "384", "--out", str(out)]
    status, _, errors = run_main(*resume)
    assert status == 1
    assert f"the function newest of {MODULE}: pass it in Python; on the command line, --import the file or" in errors
    others = run_main("train", "sumo", "--engine", "mujoco", "--samples", "384", "--out", str(out))[2]
    assert f"opponents '{MODULE}.newest'" in others
    assert run_main("rate", str(out))[0] == 0
    status, _, errors = run_main(*resume, "--import", str(tmp_path / "again" / f"{MODULE}.py"))
    assert status == 0, errors


@pytest.mark.parametrize(
    ("name", "text", "status", "said"),
    [
        ("missing.py", None, 2, "there is no such file"),
        ("no_such_module", None, 2, "there is no such module"),
        ("no_such.module", None, 2, "there is no such module"),
        ("", None, 2, "there is no such module"),
        ("folder/tag", "", 1, "its name does not end in .py"),
        ("raises.py", "1 / 0", 1, "it fails (ZeroDivisionError: division by zero)"),
        ("ends.py", "raise SystemExit(0)", 1, "it fails (SystemExit: 0)"),
        ("wrong.py", "def", 1, "it fails (SyntaxError: "),
        ("needs.py", "import no_such_module", 1, "it fails (ModuleNotFoundError: No module named 'no_such_module')"),
        (
            "taken.py",
            "from dohyo.arenas import *; register_arena('sumo', ArenaSpec('sumo_v9', None, ('ant',), 2, ''))",
            1,
            "cannot register an arena as 'sumo': choose a name that no other arena has",
        ),
    ],
)
def test_what_cannot_be_imported(
    name: str,
    text: str | None,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run_main: RunMain,
):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)
    for _ in range(2):  # a file that has failed is not taken for one that is imported
        got, output, errors = run_main("arenas", "--import", name, "--json")
        assert (got, output, errors.count("\n")) == (status, "", 1)
        assert errors.startswith(f"dohyo: --import {name}: ")
        assert said in errors


def install(site: Path, target: str, module: str) -> None:
    """Write the files of an installed package with one entry point."""
    (site / f"{MODULE}.py").write_text(module)
    info = site / f"{MODULE}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {MODULE}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[dohyo.arenas]\nmine = {target}\n")


@pytest.mark.parametrize("target", [MODULE, f"{MODULE}:register"])
def test_installed_packages_bring_arenas(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain
):
    head, line = TAG.split("\nregister_arena(")
    function = f"{head}\ndef register():\n    register_arena({line}"
    install(tmp_path, target, function if ":" in target else TAG)
    monkeypatch.syspath_prepend(tmp_path)
    status, output, errors = run_main("arenas", "--json")
    assert (status, errors) == (0, "")
    assert only_object(output)[-1]["arena"] == "tag"


@pytest.mark.parametrize(
    ("target", "module", "said"),
    [
        (MODULE, "raise OSError('two\\nlines')", "(OSError: two lines)"),
        (MODULE, "raise SystemExit(3)", "(SystemExit: 3)"),
        (f"{MODULE}:gone", "", f"(AttributeError: module '{MODULE}' has no attribute 'gone')"),
        ("no_such_module", "", "(ModuleNotFoundError: No module named 'no_such_module')"),
    ],
)
def test_a_broken_entry_point_is_a_warning(
    target: str, module: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain
):
    install(tmp_path, target, module)
    monkeypatch.syspath_prepend(tmp_path)
    status, output, errors = run_main("arenas", "--json")
    assert status == 0
    assert only_object(output)[0]["arena"] == "sumo"
    assert errors.startswith(f"dohyo: warning: entry point 'mine' ({target}) fails {said}: ")
    assert errors.count("\n") == 1


def test_every_command_takes_imports():
    commands = [command.name for command in app.registered_commands]
    assert len(commands) > 10
    for command in commands:
        assert command is not None
        if command in ("agents", "hub", "replay"):
            continue  # snapshots and replays are read from their files alone: no arena or rule is looked up
        assert "--import" in CliRunner().invoke(app, [command, "--help"]).output, command
