"""Changes of a run's budget: the schedules after them, worked out by hand."""

import csv
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config, train

from dohyo.arenas.errors import ConfigError, DohyoError
from dohyo.curricula.run.budget import budget_used, schedules_at, start_schedules
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.schedules import ScheduleStart
from dohyo.curricula.training.training import Training

LEAST, REST = 3e-4 * 0.05, 3e-4 * 0.95
"""Of the learning rate 3e-4: what is left at the end, and what is lost until then."""


def extend(before: TrainConfig, at: tuple[float, int], restart: bool = False, **budget) -> TrainConfig:
    """Return the settings with another budget, as set after `minutes` and `samples` of a run."""
    after = replace(before, **{"minutes": None, "samples": None, **budget})
    return replace(after, schedule_start=start_schedules(before, after, *at, restart=restart))


def test_schedules_of_an_extended_run_spread_over_what_is_left():
    half = extend(tiny_config(samples=1000), (7.0, 500), samples=2500)
    # From 1/2 at 500 to 1 at 2,500.
    assert [schedules_at(half, 9.0, n) for n in (500, 1000, 1500, 2500, 3000)] == [0.5, 0.625, 0.75, 1, 1]
    assert [budget_used(half, 9.0, n) for n in (500, 2500)] == [0.2, 1]
    again = extend(half, (9.0, 1500), minutes=19.0)
    assert [schedules_at(again, minutes, 1501) for minutes in (9.0, 14.0, 19.0)] == [0.75, 0.875, 1]


def test_the_nearer_limit_leads():
    both = extend(tiny_config(samples=1000), (10.0, 500), samples=1500, minutes=20.0)
    assert [schedules_at(both, *at) for at in ((11.0, 700), (19.0, 700))] == [0.6, pytest.approx(0.95)]


def test_schedules_of_a_finished_run_stay_at_their_end():
    longer = extend(tiny_config(samples=1000), (7.0, 1040), samples=2000)
    assert [schedules_at(longer, 9.0, n) for n in (1040, 1500, 2000)] == [1, 1, 1]


def test_schedules_that_are_restarted_follow_the_whole_budget():
    longer = extend(tiny_config(samples=1000), (7.0, 1000), samples=4000, restart=True)
    assert [schedules_at(longer, 9.0, n) for n in (1000, 2000, 4000)] == [0.25, 0.5, 1]


def test_the_same_budget_changes_nothing():
    longer = extend(tiny_config(samples=1000), (7.0, 500), samples=2500)
    assert extend(longer, (8.0, 900), samples=2500) == longer


def test_a_budget_that_was_too_small_is_forgotten_if_nothing_was_learned_with_it():
    begun = tiny_config(samples=1000)
    small = extend(begun, (7.0, 500), samples=100)
    assert budget_used(small, 7.0, 500) == 1
    back = extend(small, (7.0, 500), samples=1000)
    assert [schedules_at(back, 9.0, n) for n in (500, 750, 1000)] == [0.5, 0.75, 1]


def curves(path: Path, *names: str) -> list[list[float]]:
    """Return curves of all generations that have learned: the first two have not."""
    with (path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))[2:]
    return [[float(row[name]) for row in rows] for name in names]


def test_the_curves_of_a_finished_run_that_is_extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Generations of 96 samples; before the k-th a run of 288 has used (k - 1) / 3."""
    shorten_bouts(monkeypatch)
    config = tiny_config(widen=("radius=0:1",), rated_bouts=0)
    train(tmp_path, config)
    train(tmp_path, replace(config, samples=480))
    rate, alpha, high = curves(tmp_path, "train/learning_rate", "alpha", "range/radius/high")
    assert rate == pytest.approx([LEAST + REST * 2 / 3, LEAST + REST / 3, LEAST, LEAST])
    assert alpha == pytest.approx([1 - 1 / 3 / 0.6, 0, 0, 0])
    assert high == pytest.approx([3.5 + 1 / 3, 3.5 + 2 / 3, 4.5, 4.5])


def test_the_curves_of_a_finished_run_whose_schedules_are_restarted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    config = tiny_config(widen=("radius=0:1",), rated_bouts=0)
    train(tmp_path, config)
    longer = replace(config, samples=576)
    for samples in (384, 576):  # the second session restarts nothing: the run remembers
        with closing(RunFolder.create_or_resume(tmp_path, longer, restart_schedules=samples == 384)) as folder:
            training = Training(folder)
            while training.progress().samples < samples:
                training._take_turn()
            training.close()
    rate, alpha, high = curves(tmp_path, "train/learning_rate", "alpha", "range/radius/high")
    assert rate[2:] == pytest.approx([LEAST + REST * part / 6 for part in (3, 2, 1)])
    assert alpha[2:] == pytest.approx([1 - 0.5 / 0.6, 0, 0])
    assert high[2:] == pytest.approx([4, 3.5 + 4 / 6, 3.5 + 5 / 6])


def test_an_extended_run_that_is_interrupted_goes_on_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A third of 288 samples, then 480: from 1/3 to 1 in steps of 1/6, in one session or in four."""
    shorten_bouts(monkeypatch)
    for ends in ([96, 480], [96, 192, 288, 384, 480]):
        path = tmp_path / str(len(ends))
        for end in ends:
            config = tiny_config(samples=288 if end == 96 else 480, rated_bouts=0)
            with closing(RunFolder.create_or_resume(path, config)) as folder:
                training = Training(folder)
                training.start_chains()
                while training.progress().samples < end:
                    training._take_turn()
                training.close()
        [rate] = curves(path, "train/learning_rate")
        assert rate == pytest.approx([LEAST + REST * part / 6 for part in (4, 3, 2, 1)])
        start = RunFolder.open(path).config.schedule_start
        assert (start.samples, start.share) == (96, 1 / 3)


def test_a_run_from_before_there_were_starts_goes_on(tmp_path: Path):
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    settings = json.loads((tmp_path / "config.json").read_text())
    del settings["schedule_start"]
    (tmp_path / "config.json").write_text(json.dumps(settings))
    assert RunFolder.open(tmp_path).config == tiny_config()


@pytest.mark.parametrize("change", [{"share": 1.5}, {"share": float("nan")}, {"samples": -1}, {"minutes": -1.0}])
def test_starts_that_cannot_be_are_refused(tmp_path: Path, change: dict[str, float]):
    with pytest.raises(ConfigError):
        ScheduleStart(**change)
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    settings = json.loads((tmp_path / "config.json").read_text())
    settings["schedule_start"] |= change
    (tmp_path / "config.json").write_text(json.dumps(settings))
    with pytest.raises(DohyoError, match=r"cannot read .*config.json"):
        RunFolder.open(tmp_path)


def test_the_command_says_what_becomes_of_the_schedules(tmp_path: Path, run_main, monkeypatch: pytest.MonkeyPatch):
    """A generation of two worlds, one of them mirrored, is 3 * 128 * 5 samples."""
    shorten_bouts(monkeypatch)
    options = ["train", "sumo", "--engine", "mujoco", "--worlds", "2", "--workers", "1", "--out", str(tmp_path / "run")]
    said = []
    for more in (["1920"], ["1920"], ["1921"], ["1921"], ["5760", "--restart-schedules"]):
        status, _, errors = run_main(*options, "--samples", *more)
        assert status == 0
        said.append([line for line in errors.splitlines() if "Schedules" in line])
    assert said == [
        [],
        [],
        ["Schedules continue from 100%; --restart-schedules makes them follow the whole budget."],
        [],
        ["Schedules follow the share of the whole budget again: from 100% to 67%."],
    ]
