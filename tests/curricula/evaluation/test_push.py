"""The wind test: a seat alone in its arena, its observation, its falls, and the command."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import FloatArray, Noise, only_object, snapshot, tiny_config

from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.one_seat import FAR, Alone
from dohyo.curricula.evaluation.masked import columns_of_others, zeroed
from dohyo.curricula.evaluation.push import Stand, Subject, WindConfig, wind_test
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
ENGINES = ["mujoco", "pybullet"]
CYCLES = 60


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("sumo", "kick_and_defend"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=CYCLES))


def alone(engine: str, worlds: int = 2, seat: int = 0) -> Batch:
    arena = build_arena("sumo", worlds=worlds)
    return Batch(Alone(arena, worlds, seat), make_engine(engine, arena.scene, worlds, 1))


# --- the arena of one ---


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seat", [0, 1])
def test_the_seat_sees_the_other_where_it_would_be(engine: str, seat: int):
    own, usual = alone(engine, seat=seat), make_batch("sumo", engine=engine, worlds=2, workers=1)
    seen = [batch.reset(seed=3)[seat] for batch in (own, usual)]
    np.testing.assert_allclose(*seen, atol=1e-5)
    places = own.engine.frame.root_position - usual.engine.frame.root_position
    assert places[:, seat].tolist() == [[0, 0, 0]] * 2
    np.testing.assert_allclose(places[:, 1 - seat], [[FAR, 0, 0]] * 2)
    action = np.zeros((2, 8))
    for _ in range(20):  # they do not touch, so all goes on alike
        seen = [batch.step([action, action]).observation[seat] for batch in (own, usual)]
    np.testing.assert_allclose(*seen, atol=0.02)
    own.close()
    usual.close()


def frame_of(height: float, distance: float) -> Frame:
    """A frame with seat 0 at a height and distance from the centre; seat 1 lies on its back far away."""
    frame = Frame.empty(build_arena("sumo").scene, 1)
    frame.root_position[0] = [[distance, 0, height], [FAR, 0, 0]]
    frame.root_before[:] = frame.root_position
    return frame


@pytest.mark.parametrize(
    ("height", "distance", "ending"),
    [
        (0.31, 0.0, None),
        (0.31, 50.0, None),  # far outside the ring
        (0.30, 0.0, "fell"),  # the ant's fallen height
        (0.10, 50.0, "fell"),
    ],
)
def test_nothing_but_a_fall_ends_a_bout(height: float, distance: float, ending: str | None):
    arena = Alone(build_arena("sumo"), 1)
    verdict = arena.judge(frame_of(height, distance), np.zeros((1, 16)))
    assert verdict.done.tolist() == [ending is not None]
    assert ending is None or arena.endings[verdict.ending[0]] == ending
    assert (verdict.winner.tolist(), verdict.outcome.tolist(), verdict.out.tolist()) == ([-1], [[0, 0]], [[False] * 2])


def test_the_clock_ends_a_bout():
    arena = Alone(build_arena("sumo", max_cycles=3), 1)
    verdicts = [arena.judge(frame_of(0.5, 0), np.zeros((1, 16))) for _ in range(3)]
    assert verdicts[-1].done.tolist() == [True]
    assert arena.endings[verdicts[-1].ending[0]] == "time-out"


# --- falls ---


def test_a_stand_in_numbers():
    """Deviations from the mean of 25 are 15, 5, 5 and 15: their squares sum to 500."""
    stand = Stand("zero", 300.0, (10, 20, 30, 40), {"fell": 3, "time-out": 1})
    assert (stand.mean, stand.fell) == (25, 3)
    assert stand.deviation == pytest.approx((500 / 3) ** 0.5)
    assert stand.error == pytest.approx((500 / 12) ** 0.5)
    assert stand.half_width == pytest.approx(3.182 * (500 / 12) ** 0.5, rel=1e-3)  # Student's, 3 degrees of freedom


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("arena", "seat"), [("sumo", 0), ("sumo", 1), ("kick_and_defend", 1)])
@pytest.mark.usefixtures("short")
def test_a_braced_ant_falls_the_sooner_the_harder_it_is_pushed(engine: str, arena: str, seat: int):
    config = WindConfig(forces=(0.0, 500.0, 900.0), bouts=4, engine=engine, workers=1)
    calm, wind, storm = wind_test(Subject("zero", None, arena, "ant", "target", seat), config)
    assert (calm.steps, calm.endings) == ((CYCLES,) * 4, {"time-out": 4})
    assert (wind.endings, storm.endings) == ({"fell": 4}, {"fell": 4})
    assert CYCLES > min(wind.steps) > max(storm.steps)
    assert (calm.force, wind.force, storm.force) == (0, 500, 900)


@pytest.mark.usefixtures("short")
def test_a_seed_repeats_and_another_does_not():
    subject, config = Subject("zero", None, "sumo", "ant", "target", 0), WindConfig((500.0,), 4, engine="mujoco")
    [first], [again], [other] = (
        list(wind_test(subject, replace(config, seed=seed, workers=workers)))
        for seed, workers in ((1, 1), (1, 2), (2, 1))
    )
    assert first == again
    assert first.steps != other.steps


def test_the_opponent_is_zeroed():
    policy = Noise()
    entries = build_arena("sumo").entries(0)
    observation: FloatArray = np.ones((1, 59), np.float32)
    zeroed(snapshot(), policy, entries).act(observation)
    assert np.flatnonzero(policy.saw[0][0] == 0).tolist() == columns_of_others(entries) == list(range(39, 59))


# --- the command ---


@pytest.mark.usefixtures("short")
def test_push_json(tmp_path: Path, run_main: RunMain):
    picture = tmp_path / "new" / "wind.png"
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--seed", "5", "--forces", "0,700"]
    status, output, errors = run_main("push", "zero", "random", *options, "--picture", str(picture), "--json")
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert (record["engine"], record["seed"], record["bouts"], record["mask"]) == ("mujoco", 5, 2, "zero")
    assert (record["every"], record["decay"], record["direction"]) == (50, 0.9, "radial")  # the paper's
    results = record["results"]
    assert [(r["player"], r["force"]) for r in results] == [(p, f) for p in ("zero", "random") for f in (0, 700)]
    calm = results[0]
    assert (calm["arena"], calm["body"], calm["seat"]) == ("sumo", "ant", 0)
    assert (calm["mean_steps"], calm["deviation"], calm["error"], calm["fell"]) == (CYCLES, 0, 0, 0)
    assert calm["endings"] == {"time-out": 2}
    assert results[1]["fell"] == 2
    assert results[1]["mean_steps"] < CYCLES
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("short")
def test_push_for_people(run_folder: Path, run_main: RunMain):
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--forces", "0"]
    status, output, _ = run_main("push", str(run_folder), "zero", *options)
    assert status == 0
    assert output.count("0 of 2") == 2
    assert "Bouts without a fall count with all of their steps" in output


@pytest.mark.usefixtures("short")
def test_forces_beyond_the_engine_are_named(run_main: RunMain):
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--forces", "0,1e12"]
    status, output, _ = run_main("push", "zero", *options)
    assert status == 0
    assert "Physics diverged in bouts at 1e+12 N: use less force." in output


@pytest.mark.usefixtures("short")
def test_zero_takes_the_place_of_the_first_snapshot(tmp_path: Path, run_main: RunMain):
    """Here the keeper's: seat 1 of its arena."""
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(arena="kick_and_defend", samples=1))
    Training(folder).run()
    folder.close()
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--forces", "900", "--json"]
    status, output, _ = run_main("push", "zero", f"{tmp_path / 'run'}:keeper", *options)
    assert status == 0
    results = only_object(output)["results"]
    assert [(r["arena"], r["seat"], r["fell"]) for r in results] == [("kick_and_defend", 1, 2)] * 2
    status, output, _ = run_main("push", "zero", f"{tmp_path / 'run'}:keeper", *options, "--arena", "sumo")
    assert status == 0
    assert [(r["arena"], r["seat"]) for r in only_object(output)["results"]] == [("sumo", 0), ("kick_and_defend", 1)]


@pytest.mark.parametrize("mask", ["zero", "mean", "none"])
def test_masks_can_be_chosen(run_folder: Path, run_main: RunMain, mask: str):
    options = ["--engine", "mujoco", "--workers", "1", "--bouts", "2", "--forces", "600", "--mask", mask, "--json"]
    status, output, _ = run_main("push", str(run_folder), *options)
    assert status == 0
    assert only_object(output)["mask"] == mask


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "PLAYER"),
        (["nobody"], "no player 'nobody'"),
        (["zero", "--forces", "strong"], "unknown forces 'strong': give numbers of N"),
        (["zero", "--forces", "200,-1"], "unknown forces '200,-1'"),
        (["zero", "--forces", "nan"], "unknown forces 'nan'"),
        (["zero", "--mask", "tape"], "unknown mask 'tape'; choose one of: mean, none, zero"),
        (["zero", "--engine", "quake"], "unknown engine 'quake'"),
        (["zero", "--arena", "chess"], "unknown arena 'chess'"),
        (["zero", "--arena", "sumo_3"], "has 3 seats"),
        (["zero", "--picture", "wind.bmp"], "the name of this file must end in .png or .svg or .pdf"),
        (["zero", "--bouts", "1"], "--bouts"),
    ],
)
def test_what_was_typed_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain, arguments, said: str):
    monkeypatch.chdir(tmp_path)
    status, output, errors = run_main("push", *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith("dohyo: ")
    assert errors.count("\n") == 1
    assert said in errors
    assert list(tmp_path.iterdir()) == []
