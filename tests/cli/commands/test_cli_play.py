"""`dohyo play`: counts of wins per player, repeats, and pictures."""

from collections.abc import Callable
from pathlib import Path

import imageio.v3 as imageio
import pytest
from doubles import PART, StubBatch, dohyo, only_object, pusher, shorten_bouts

from dohyo.agents.snapshot import Part, save_snapshot
from dohyo.cli.commands import play

ENGINES = ["mujoco", "pybullet"]
RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""


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
def test_bouts_can_be_randomised(run_main: RunMain, engine: str):
    """Forces of twice an ant's weight in every step throw it out of the ring, which random actions do not."""
    players = ["--seat", "random", "--seat", "random", "--bouts", "2", "--workers", "1", "--engine", engine, "--json"]
    storm = ["--randomise", "force=20", "--randomise", "force_chance=1"]
    plain, varied, again, rest = (
        only_object(run_main("play", "sumo", "--body", "ant", *players, *options)[1])
        for options in ([], storm, storm, [*storm, "--without", "unmodelled"])
    )
    assert varied == again
    assert varied["randomise"] == ["force=20.0", "force_chance=1.0"]
    assert varied["mean_steps"] < plain["mean_steps"]
    assert plain["randomise"] == []
    assert rest == plain


@pytest.mark.parametrize("stronger", [0, 1])
def test_play_counts_by_player_not_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain, stronger: int
):
    def make_stub(arena: str, body: str, engine: str, worlds: int, **options: object) -> StubBatch:
        return StubBatch([[k % 5 + 1] for k in range(worlds)])

    monkeypatch.setattr(play, "make_batch", make_stub)
    monkeypatch.setattr(Part, "of", lambda arena, *seats: PART)
    players = [str(save_snapshot(pusher(push), tmp_path)) for push in (0.5, 0.25)]
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
