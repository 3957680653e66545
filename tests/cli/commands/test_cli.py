"""The command line: its output for people, its JSON output, and the bouts that it plays."""

import io
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from doubles import dohyo, only_object, shorten_bouts
from rich.console import Console
from typer.testing import CliRunner

from dohyo.arenas.errors import EngineError
from dohyo.arenas.registry import ARENAS
from dohyo.cli import progress
from dohyo.cli.app import app
from dohyo.cli.commands import bench
from dohyo.curricula.bench.batch_speed import Speed
from dohyo.curricula.ratings.rating import Rating
from dohyo.curricula.training.training import Progress

COMMANDS = ["arenas", "train", "play", "rate", "report", "crossplay", "exploit", "push", "import", "study", "bench"]
ENGINES = ["mujoco", "pybullet"]


RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""


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
    assert set(sumo) == {"id", "arena", "bodies", "seats", "engines", "installed", "observation", "action"}
    assert (sumo["id"], sumo["arena"]) == ("sumo_v0", "sumo")
    assert sumo["seats"] == ["sumo_0", "sumo_1"]
    assert sorted(sumo["engines"]) == [*ENGINES, "warp"]
    assert sumo["action"] == {"ant": 8, "bug": 12, "spider": 16, "humanoid": 17}  # two joints a leg; as EC


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


def test_bench_measures_randomised_worlds():
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--blocks", "1", "--randomise", "dactyl"]
    result = dohyo("bench", "sumo", *options, "--json")
    assert result.returncode == 0, result.stderr
    assert only_object(result.stdout)["engine_steps_per_s"] > 0


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


def test_bench_names_the_lowest_ratio_of_an_engine():
    speeds = [speed("mujoco", 1, 900, 1000), speed("mujoco", 2, 1708, 2000), speed("pybullet", 1, 800, 1000)]
    assert bench._lowest(speeds) == ["lowest ratio on mujoco: 0.854 (sumo, ant, workers: 2)"]


def test_benchs_figures_are_whole_in_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("COLUMNS", "80")
    bench._print([Speed("paper/run-to-goal-humans", "paper_humanoid", "mujoco", 64, 2, 123456, 234567, 0.526, 43.21)])
    shown = capsys.readouterr().out
    for figure in ("123,456", "234,567", "0.53", "43.21"):
        assert figure in shown


def test_bench_takes_every_engine_with_one_worker_and_with_all(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bench, "cores", lambda: 4)
    [group] = bench._groups([("sumo", "bug")], bench.Case("sumo", "ant", "mujoco", 8, 1))
    assert [(case.engine, case.workers) for case in group] == [(e, w) for e in ("pybullet", "mujoco") for w in (1, 4)]
    assert {(case.arena, case.body, case.worlds) for case in group} == {("sumo", "bug", 8)}


def test_bench_keeps_what_it_has_measured(monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    def measure(group: list[bench.Case], **options: object) -> list[Speed]:
        if group[0].arena == "sumo_4":
            raise EngineError("a PyBullet worker process ended")
        return [speed("mujoco", 1, 900, 1000)]

    monkeypatch.setattr(bench, "measure", measure)
    status, output, errors = run_main("bench", "--all", "--json")
    scenes = sum(len(spec.bodies) for spec in ARENAS.values())
    assert (status, len(json.loads(output))) == (1, scenes - len(ARENAS["sumo_4"].bodies))
    assert "not measured: sumo_4, ant (a PyBullet worker process ended)" in errors


def test_rate_json(run_folder: Path):
    result = dohyo("rate", str(run_folder), "--json")
    assert (result.returncode, result.stderr) == (0, "")
    record = only_object(result.stdout)
    assert {"references", "snapshots"} <= set(record)
    assert record["references"][:2] == ["zero", "random"]
    assert len(record["references"]) == 3
    rated = {row["generation"]: row for row in record["snapshots"]}
    assert sorted(rated) == [1, 2, 3]
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
    above, header = next(pair for pair in pairwise(output.splitlines()) if "snapshot" in pair[1])
    assert (above.split()[-1], header.split()[-1]) == ("gen", "1")
    assert "…" not in output  # nothing is cut in 80 columns


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
    title, *lines = errors.splitlines()
    assert title == "sumo, ant, mujoco"
    assert [line.split("  ")[1] for line in lines] == ["generation none yet", "generation 0", "generation 1"]
    assert all("samples/s" in line for line in lines)
    assert ["time left not known yet" in line for line in lines] == [True, True, False]


def test_arenas_are_whole_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.setenv("COLUMNS", "80")
    status, output, _ = run_main("arenas")
    assert status == 0
    for spec in ARENAS.values():
        for word in (spec.id, *spec.bodies):
            assert word in output
    assert "…" not in output


def test_the_panel_on_a_terminal():
    told = Progress(
        share=0.25,
        seconds=300,
        samples=1_234_567,
        samples_per_s=2345.6,
        learner="keeper",
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
    assert "learner keeper" in rows
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
