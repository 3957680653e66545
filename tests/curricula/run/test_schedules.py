"""Schedules: shares and ranges worked out by hand, and their values in a run."""

import csv
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config

from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.arenas.randomisation import parse
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.schedules import DENSE, Widening, Widenings, parse_growth, parse_widening
from dohyo.curricula.training.training import Training

RANGES = {"ball y": (-4.0, 4.0), "radius": (2.5, 4.5), "facing": (-0.3, 0.3)}


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("fade", [1, 0.75, 0.5, 0.25, 0, 0]),
        ("late", [1, 1, 1, 0.5, 0, 0]),
        ("constant", [1, 1, 1, 1, 1, 1]),
        ("never", [0, 0, 0, 0, 0, 0]),
    ],
)
def test_the_dense_share(name: str, shares: list[float]):
    assert [DENSE[name](share, 0.4) for share in (0, 0.1, 0.2, 0.3, 0.4, 1)] == pytest.approx(shares)


@pytest.mark.parametrize("name", ["fade", "late"])
def test_a_dense_reward_that_has_no_time_is_never_paid(name: str):
    assert [DENSE[name](share, 0) for share in (0, 0.5)] == [0, 0]


def test_a_range_widens_about_its_middle():
    widenings = Widenings(["ball y=0.1:0.5", "radius=0:1"], RANGES)
    assert widenings.at(0) == {"ball y": pytest.approx((-0.4, 0.4)), "radius": (3.5, 3.5)}
    # Half of the way from 0.1 to 1 is 0.55, of 4 m 2.2; a quarter of a range 1 m to either side of 3.5.
    assert widenings.at(0.25) == {"ball y": pytest.approx((-2.2, 2.2)), "radius": pytest.approx((3.25, 3.75))}
    assert widenings.at(0.75) == {"ball y": (-4, 4), "radius": pytest.approx((2.75, 4.25))}


def test_one_widening_for_all_gives_way_to_a_ranges_own():
    widenings = Widenings(["radius=0:1", "0.5:1"], RANGES)
    assert widenings.at(0) == {"ball y": (-2, 2), "radius": (3.5, 3.5), "facing": pytest.approx((-0.15, 0.15))}


def test_randomised_fields_widen_by_name_by_group_and_together():
    """A field's own widening counts before its group's, and the group's before the one for all."""
    randomisation = parse(["dactyl"])
    widenings = Widenings(["0:1", "physics=0.5:1", "tilt=1:1"], RANGES, randomisation)
    widths = widenings.widths(0.5)
    assert widths["tilt"] == 1
    assert {widths[name] for name in ("link_mass", "friction", "damping", "gain", "limits")} == {0.75}
    assert {widths[name] for name in ("delay", "timing", "force", "action_noise", "observation_noise")} == {0.5}
    assert widths.keys() == {*randomisation.on} - {"force_chance"}
    assert set(widenings.at(0.5)) == set(RANGES)
    assert Widenings(["unmodelled=0:1"], RANGES, randomisation).at(0.5) == {}
    for text in ("mass=0:1", "physics=0:1"):
        with pytest.raises(UnknownName, match="unknown range"):
            Widenings([text], RANGES, parse(["delay=0.5"]))


def test_without_widenings_nothing_changes():
    assert Widenings((), RANGES).at(0) == {}


@pytest.mark.parametrize(
    ("text", "widening"),
    [
        ("0.1:0.5", Widening(None, 0.1, 0.5)),
        ("ball y = 0:1", Widening("ball y", 0, 1)),
        (".5:.25", Widening(None, 0.5, 0.25)),
    ],
)
def test_widenings_are_read(text: str, widening: Widening):
    assert parse_widening(text) == widening


@pytest.mark.parametrize("text", ["", "0.1", "a=b", "0.1:0", "1.5:0.5", "0.1:2", "=0.1:0.5", "-0.1:0.5", "0.1:0.5:1"])
def test_anything_else_is_refused(text: str):
    with pytest.raises(ConfigError, match="RANGE=BEGIN:OVER"):
        parse_widening(text)


def test_an_unknown_range_is_named():
    with pytest.raises(UnknownName, match="ball y, facing, radius"):
        Widenings(["ball z=0:1"], RANGES)


def test_a_run_begins_narrow_and_ends_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    config = tiny_config(widen=("radius=0:0.5",))
    folder = RunFolder.create_or_resume(tmp_path, config)
    Training(folder).run()
    folder.close()
    with (tmp_path / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (float(rows[1]["range/radius/low"]), float(rows[1]["range/radius/high"])) == (3.5, 3.5)
    widths = [float(row["range/radius/high"]) - float(row["range/radius/low"]) for row in rows]
    assert widths[1:] == sorted(widths[1:])
    assert RunFolder.open(tmp_path).config.widen == ("radius=0:0.5",)
    assert TrainConfig().widen == ()


def test_a_command_line_that_names_no_range(run_main, tmp_path: Path):
    status, _, errors = run_main("train", "sumo", "--widen", "ball y=0:1", "--out", str(tmp_path / "run"))
    assert status == 2
    assert "unknown range 'ball y'; choose one of: facing, radius, spread" in errors
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1:16:0.5", [1, 4, 8, 16, 16]),  # a quarter of 15 is 3.75, a half 7.5
        ("2:2:1", [2, 2, 2, 2, 2]),
        (" 1:3:.1 ", [1, 3, 3, 3, 3]),
    ],
)
def test_a_crowd_grows_with_the_budget(text: str, counts: list[int]):
    assert [parse_growth(text).at(share) for share in (0, 0.125, 0.25, 0.5, 1)] == counts


@pytest.mark.parametrize("text", ["", "4", "1:16", "0:4:0.5", "4:2:0.5", "1:4:0", "1:4:1.5", "1.5:4:1", "1:4:0.5:1"])
def test_other_crowds_are_refused(text: str):
    with pytest.raises(ConfigError, match="FEW:MANY:OVER") as caught:
        parse_growth(text)
    assert "\n" not in str(caught.value)


def test_a_run_meets_more_and_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Six generations of 96 samples of 576; from 1 to 4 at the end, and never more than there are."""
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=576, crowd="1:4:1"))
    Training(folder).run()
    folder.close()
    with (tmp_path / "curves.csv").open() as file:
        counts = [row["opponents"] for row in csv.DictReader(file)]
    # Before its n-th rollout a run has used (n - 1) / 6: 1, 1.5, 2, 2.5, 3, 3.5.
    assert counts == ["", "1.0", "1.0", "2.0", "2.0", "3.0", "3.0"]
