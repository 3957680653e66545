"""The study of widths: peaks and lines worked out by hand, verdicts, and a study from end to end."""

import csv
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import tiny_config

from dohyo.agents.learning.config import PpoConfig
from dohyo.curricula.evaluation.crossplay import Crossplay
from dohyo.curricula.studies import arms, width_report
from dohyo.curricula.studies.arms import width_arms
from dohyo.curricula.studies.estimate import Estimate, student
from dohyo.curricula.studies.kinds import KINDS, Report
from dohyo.curricula.studies.study_folder import Match, StudyConfig, StudyFolder
from dohyo.curricula.studies.width import Rule, peak, statements, trend

RATES = (1e-3, 2e-3, 4e-3)
OCTAVES = np.log2(np.array(RATES))


@pytest.mark.parametrize(
    ("scores", "octave"),
    [
        ([0.0, 0.5, 0.0], 0.0),  # symmetric
        ([0.0, 0.75, 1.0], 1.0),  # best at the end
        ([1.0, 0.5, 0.0], -1.0),
        ([0.0, 0.3, 0.2], 0.25),  # through (-1, 0), (0, 0.3), (1, 0.2): 0.3 + 0.1 x - 0.2 x^2
        ([0.2, 0.2, 0.2], -1.0),  # nothing to choose: the first
    ],
)
def test_the_best_rate_is_a_parabolas_peak(scores: list[float], octave: float):
    assert peak(OCTAVES, np.array(scores)) - OCTAVES[1] == pytest.approx(octave, abs=1e-9)


def test_a_line_through_the_widths():
    """Over two octaves: values 0, 1, 2 rise by 2; 0, 0, 3 by the slope 1.5 times 2; one width by nothing."""
    assert trend((16, 32, 64), np.array([[0.0, 1, 2], [0, 0, 3]])) == pytest.approx([2, 3])
    assert trend((16,), np.array([[5.0]])) == pytest.approx([0])


def rule(scores: list[list[list[float]]]) -> Rule:
    return Rule((32, 64), RATES, np.array(scores))


def test_drift_gain_and_the_rate_that_is_carried():
    """At 32 units the middle rate is best, at 64 the lowest: one octave down. The best payoff rises by 0.1, 0.3."""
    found = rule([[[0.0, 0.5, 0.0], [0.6, 0.5, 0.4]], [[0.0, 0.3, 0.0], [0.6, 0.2, 0.1]]])
    assert found.drift == pytest.approx([-1, -1])
    assert found.gain == pytest.approx([0.1, 0.3])
    assert found.carried == 2e-3
    assert found.at_an_end == 2


def test_students_interval():
    """Values 1, 2, 3: deviation 1, and 4.303 / sqrt(3) = 2.484 with two degrees of freedom."""
    found = student(np.array([1.0, 2, 3]))
    assert (found.mean, found.low, found.high) == pytest.approx((2, -0.484, 4.484), abs=1e-3)
    assert student(np.array([1.0])) == Estimate(1, -np.inf, np.inf)


STAYS = [[0.0, 0.5, 0.0], [0.0, 0.7, 0.0]]
FALLS = [[0.0, 0.4, 0.6], [0.5, 0.4, 0.0]]


@pytest.mark.parametrize(
    ("standard", "mup", "verdicts"),
    [
        ([FALLS] * 3, [STAYS] * 3, ["supported", "supported", "supported"]),
        ([STAYS] * 3, [FALLS] * 3, ["contradicted", "contradicted", "contradicted"]),
        ([FALLS], [STAYS], ["open", "open", "open"]),  # one seed
    ],
)
def test_verdicts(standard: list[list[list[float]]], mup: list[list[list[float]]], verdicts: list[str]):
    found = statements(rule(standard), rule(mup), Estimate(0.2, 0.1, 0.3))
    assert [statement.verdict for statement in found] == [*verdicts, "supported"]


def test_arms_are_all_rules_widths_and_rates():
    found = width_arms((8, 16), (1e-3,))
    assert list(found) == ["standard-8-0.001", "standard-16-0.001", "mup-8-0.001", "mup-16-0.001"]
    assert found["mup-16-0.001"] == {"ppo": PpoConfig(parametrization="mup", width=16, learning_rate=1e-3)}


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> StudyConfig:
    """A study of eight runs that takes seconds."""
    monkeypatch.setattr(width_report, "CHECKED", (8, 16))
    monkeypatch.setattr(width_report, "UPDATES", 1)
    monkeypatch.setattr(width_report, "CHECK_WORLDS", 2)
    monkeypatch.setattr(arms, "PpoConfig", lambda **given: replace(tiny_config().ppo, **given))
    return StudyConfig(
        "width", engine="mujoco", samples=200, worlds=4, seeds=1, bouts=4, workers=1, widths=(8, 16), rates=(1e-3, 2e-3)
    )


def carry_out(path: Path, config: StudyConfig) -> Report:
    with closing(StudyFolder(path, config)) as folder:
        for run in folder.runs:
            folder.train(run)
        return KINDS[folder.study.kind](folder, play)


def play(matches: Crossplay, schedule: Sequence[Match]) -> None:
    for match in schedule:
        matches.play(*match)


def test_from_end_to_end(tmp_path: Path, tiny: StudyConfig):
    report = carry_out(tmp_path, tiny)
    text = (tmp_path / "report.md").read_text()
    assert "--widths=8,16 --rates=0.001,0.002" in text
    assert "| mup | 16 |" in text
    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["rule"], row["width"], row["rate"]) for row in rows[:3]] == [
        ("standard", "8", "0.001"),
        ("standard", "8", "0.002"),
        ("standard", "16", "0.001"),
    ]
    assert all(row["bouts"] == "2" for row in rows)  # a quarter of four against each of zero and random
    for name in ("rates.png", "coordinates.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    record = json.loads(json.dumps(report.record()))
    assert np.array(record["rules"]["mup"]["scores"]).shape == (1, 2, 2)
    assert np.array(record["coordinates"]["changes"]["standard"]).shape == (2, 1, 6)
    before = (tmp_path / "matches" / "matches.sqlite").read_bytes()
    carry_out(tmp_path, tiny)  # there is nothing left to do
    assert (tmp_path / "matches" / "matches.sqlite").read_bytes() == before
    carry_out(tmp_path, replace(tiny, rates=(1e-3, 2e-3, 4e-3)))  # a rate more
    assert (tmp_path / "runs.csv").read_text().count("0.004") == 4
