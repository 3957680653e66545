"""The command line: what people read, what programs read, and what is played."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as imageio
import numpy as np
import pytest
from doubles import ORIGIN, PART, StubBatch, network, shorten_bouts, tiny_config
from rich.console import Console
from typer.testing import CliRunner

from dohyo.agents.snapshot import Part, freeze, save_snapshot
from dohyo.arenas.bench import Speed
from dohyo.arenas.registry import ARENAS
from dohyo.cli import bench, play, progress
from dohyo.cli.app import app
from dohyo.curricula.ratings import Rating
from dohyo.curricula.run import RunFolder
from dohyo.curricula.train import Progress, Training

COMMANDS = ["arenas", "train", "play", "rate", "bench"]
ENGINES = ["mujoco", "pybullet"]


def dohyo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own: engines write to standard output behind Python's back."""
    program = [sys.executable, "-c", "from dohyo.cli import main; main()", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False)


RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""


def only_object(output: str) -> Any:
    """Parse what must be one line that holds one JSON value."""
    assert output.endswith("\n")
    assert output.count("\n") == 1
    return json.loads(output)


# --- what people read ---


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"Example: dohyo {command}" in " ".join(result.output.split())


@pytest.mark.parametrize(("arguments", "wanted"), [(["--help"], 0), ([], 2)])
def test_help_lists_the_commands(run_main: RunMain, arguments: list[str], wanted: int):
    status, output, errors = run_main(*arguments)
    assert (status, errors) == (wanted, "")
    assert all(command in output for command in COMMANDS)


def test_version(run_main: RunMain):
    status, output, errors = run_main("--version")
    assert (status, errors) == (0, "")
    assert output.count(".") == 2
    assert output.strip().replace(".", "").isdigit()


# --- what programs read ---


def test_arenas_json(run_main: RunMain):
    status, output, errors = run_main("arenas", "--json")
    assert (status, errors) == (0, "")
    arenas = only_object(output)
    assert [arena["arena"] for arena in arenas] == list(ARENAS)
    sumo = arenas[0]
    assert set(sumo) == {"id", "arena", "bodies", "seats", "engines", "observation", "action"}
    assert (sumo["id"], sumo["arena"]) == ("sumo_v0", "sumo")
    assert sumo["seats"] == ["sumo_0", "sumo_1"]
    assert sorted(sumo["engines"]) == ENGINES
    assert sumo["action"] == {"ant": 8, "bug": 12, "spider": 16, "humanoid": 17}  # two joints a leg; as EC


@pytest.mark.parametrize("engine", ENGINES)
def test_play_json(engine: str):
    options = [
        "--engine",
        engine,
        "--seat",
        "zero",
        "--seat",
        "random",
        "--bouts",
        "2",
        "--workers",
        "1",
        "--seed",
        "3",
    ]
    result = dohyo("play", "sumo", "--body", "ant", *options, "--json")
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    record = only_object(result.stdout)
    stable = {"arena", "body", "engine", "seed", "bouts", "seats", "wins", "draws", "mean_steps", "endings"}
    assert stable <= set(record)
    assert (record["arena"], record["body"], record["engine"], record["seed"]) == ("sumo", "ant", engine, 3)
    assert (record["bouts"], record["seats"]) == (2, ["zero", "random"])
    assert len(record["wins"]) == 2
    assert sum(record["wins"]) + record["draws"] == 2
    assert sum(record["endings"].values()) == 2
    assert 1 <= record["mean_steps"] <= 500


@pytest.mark.parametrize("engine", ENGINES)
def test_bench_json(engine: str):
    options = ["--engine", engine, "--worlds", "2", "--workers", "1", "--blocks", "1"]
    result = dohyo("bench", "sumo", *options, "--json")
    assert result.returncode == 0, result.stderr
    record = only_object(result.stdout)
    rates = {"batch_steps_per_s", "engine_steps_per_s", "ratio", "mb_per_world"}
    assert set(record) == {"arena", "body", "engine", "worlds", "workers"} | rates
    assert (record["engine"], record["worlds"], record["workers"]) == (engine, 2, 1)
    assert record["ratio"] == pytest.approx(record["batch_steps_per_s"] / record["engine_steps_per_s"], rel=0.5)
    assert all(record[rate] >= 0 for rate in rates)


def speed(engine: str, workers: int, batch: float, bare: float) -> Speed:
    return Speed("sumo", "ant", engine, 64, workers, batch, bare, batch / bare, 1.0)


def test_bench_compares_workers_and_engines():
    speeds = [
        speed("pybullet", 1, 900, 1000),
        speed("pybullet", 2, 1530, 1800),
        speed("mujoco", 1, 2850, 3000),
    ]
    assert bench._comparisons(speeds) == [
        "sumo, ant: PyBullet's step costs 3.00 times MuJoCo's (workers: 1)",
        "sumo, ant, pybullet: 2 workers do 1.70 times the steps of 1 (bare 1.80)",
    ]


def test_bench_takes_every_engine_with_one_worker_and_with_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench, "cores", lambda: 4)
    [group] = bench._groups([("sumo", "bug")], 8)
    assert [(case.engine, case.workers) for case in group] == [(e, w) for e in ("pybullet", "mujoco") for w in (1, 4)]
    assert {(case.arena, case.body, case.worlds) for case in group} == {("sumo", "bug", 8)}


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of three generations with bouts of twelve steps."""
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config())
    Training(folder).run()
    folder.close()
    return folder.path


def test_rate_json(run_folder: Path):
    result = dohyo("rate", str(run_folder), "--json")
    assert (result.returncode, result.stderr) == (0, "")
    record = only_object(result.stdout)
    assert {"references", "snapshots"} <= set(record)
    assert record["references"][:2] == ["zero", "random"]
    assert len(record["references"]) == 3
    rated = {row["generation"]: row for row in record["snapshots"]}
    assert sorted(rated) == [0, 1, 2, 3]
    for row in rated.values():
        assert {"snapshot", "rating", "low", "high", "win_rate"} <= set(row)
        assert row["low"] < row["rating"] < row["high"]
        assert set(row["win_rate"]) >= {"zero", "random"}
        assert all(0 <= share <= 1 for share in row["win_rate"].values())


def test_rate_plays_more_bouts(run_folder: Path, run_main: RunMain):
    before = only_object(run_main("rate", str(run_folder), "--json")[1])["snapshots"][-1]["bouts"]
    status, output, _ = run_main("rate", str(run_folder), "--bouts", "3", "--json")
    assert status == 0
    after = only_object(output)["snapshots"][-1]["bouts"]
    assert after == {name: n + 3 for name, n in before.items()}
    status, output, _ = run_main("rate", str(run_folder))
    assert status == 0
    assert "gen 1" in output


def test_train_resumes_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    out = tmp_path / "run"
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--out", str(out), "--json"]
    reports = []
    samples = 1
    for _ in range(3):
        status, output, errors = run_main("train", "sumo", *options, "--samples", str(samples))
        assert (status, errors) == (0, "")
        reports.append(only_object(output))
        samples = 1 if len(reports) == 1 else reports[0]["samples"] + 1
    assert [report["generation"] for report in reports] == [1, 1, 2]
    assert reports[0]["snapshot"] == reports[1]["snapshot"] != reports[2]["snapshot"]
    assert Path(reports[2]["snapshot"]).is_file()
    assert set(reports[0]["win_rate"]) >= {"zero", "random"}


def test_training_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    monkeypatch.setattr(progress, "LINE_EVERY", 0.0)
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--out", str(tmp_path / "run")]
    status, output, errors = run_main("train", "sumo", *options, "--samples", "1")
    assert status == 0
    assert output.startswith("Trained to generation 1, ")
    assert f"dohyo rate {tmp_path / 'run'}" in output
    lines = errors.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["generation none yet", "generation 0", "generation 1"]
    assert all("time left" in line and "samples/s" in line for line in lines)


def test_the_panel_on_a_terminal():
    told = Progress(
        share=0.25,
        seconds=300,
        samples=1_234_567,
        samples_per_s=2345.6,
        generation=7,
        alpha=0.5,
        curves={"draws": 0.9, "diverged": 2},
        rating=Rating(27.0, 1.0),
        win_rates={"zero": 0.75},
    )
    console = Console(width=100, force_terminal=True, color_system=None, file=io.StringIO())
    with console.capture() as capture:
        console.print(progress._panel("sumo", told))
    rows = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert "25%" in rows[0]
    for wanted in ("samples 1,234,567", "speed 2,346 samples/s", "time left 15.0 min", "draws in training 90%"):
        assert wanted in rows
    for wanted in ("diverged worlds 2", "rating 27.0 [25.0, 29.0]", "wins against zero 75%", "dense share 0.50"):
        assert wanted in rows


def test_a_budget_of_nothing_ends_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--out", str(tmp_path / "run"), "--json"]
    status, output, _ = run_main("train", "sumo", *options, "--minutes", "0")
    assert status == 0
    assert only_object(output)["generation"] == 0


# --- playing ---


def pusher(folder: Path, push: float) -> str:
    """A snapshot that pushes just so in a `StubBatch`; returns its file."""
    tensors = {name: np.zeros_like(tensor) for name, tensor in network().items()}
    tensors["variance"] += 1
    tensors["bias_1"] += np.float32(push)
    taken = freeze(ORIGIN, tensors)
    return str(save_snapshot(taken, folder))


@pytest.mark.parametrize("stronger", [0, 1])
def test_play_counts_by_player_not_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain, stronger: int
):
    def make_stub(arena: str, body: str, engine: str, worlds: int, **options: object) -> StubBatch:
        return StubBatch([[k % 5 + 1] for k in range(worlds)])

    monkeypatch.setattr(play, "make_batch", make_stub)
    monkeypatch.setattr(Part, "of", lambda arena, *seats: PART)
    players = [pusher(tmp_path, 0.5), pusher(tmp_path, 0.25)]
    seats = players if stronger == 0 else players[::-1]
    options = ["--deterministic", "--bouts", "11", "--json"]
    status, output, _ = run_main("play", "sumo", "--seat", seats[0], "--seat", seats[1], *options)
    assert status == 0
    record = only_object(output)
    assert record["seats"] == seats
    assert record["wins"] == ([11, 0] if stronger == 0 else [0, 11])
    assert record["draws"] == 0
    assert record["endings"] == {"pushed": 11}
    # Eleven worlds of bouts of 1 2 3 4 5 1 2 3 4 5 1 steps; the first player begins on side 0, then 1, then 0, …
    assert record["mean_steps"] == pytest.approx(31 / 11)
    assert record["wins_by_side"][stronger] == ([6, 5] if stronger == 0 else [5, 6])


def test_play_repeats_from_its_seed(monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch, 60)
    options = ["--engine", "mujoco", "--workers", "1", "--seat", "random", "--seat", "random", "--bouts", "3", "--json"]
    outputs = [run_main("play", "sumo", *options, "--seed", "4")[1] for _ in range(2)]
    assert outputs[0] == outputs[1]


def test_play_takes_a_run_folder_and_a_snapshot(run_folder: Path, run_main: RunMain):
    file = next((run_folder / "snapshots").iterdir())
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2"]
    status, output, _ = run_main("play", "sumo", *options, "--seat", str(run_folder), "--seat", str(file))
    assert status == 0
    assert "2 draws in 2 bouts of 12 steps on average" in output
    assert "time-out 2" in output


@pytest.mark.parametrize("suffix", ["gif", "png"])
def test_a_bout_is_filmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain, suffix: str):
    shorten_bouts(monkeypatch, 6)
    path = tmp_path / "new" / f"bout.{suffix}"
    options = ["--engine", "mujoco", "--workers", "1", "--seat", "zero", "--seat", "random", "--bouts", "1"]
    status, output, _ = run_main("play", "sumo", *options, "--picture", str(path))
    assert status == 0
    assert "bout." in output
    frames = imageio.imread(path, index=None) if suffix == "gif" else imageio.imread(path)[None]
    if suffix == "gif":
        assert len(frames) == 4  # the start, then every other one of six steps
    else:
        assert frames.shape[2] > 3 * frames.shape[1]  # a strip
    assert frames.std() > 10  # something is to be seen
