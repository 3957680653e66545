"""The study of transfer: shares worked out by hand, verdicts, and a study from end to end on both engines."""

import csv
import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config

from dohyo.curricula.evaluation.crossplay import Crossplay
from dohyo.curricula.studies import catalogue
from dohyo.curricula.studies.arms import EVERYTHING, NOTHING
from dohyo.curricula.studies.catalogue import STUDIES
from dohyo.curricula.studies.estimate import Estimate
from dohyo.curricula.studies.kinds import KINDS
from dohyo.curricula.studies.study_folder import Match, StudyConfig, StudyFolder
from dohyo.curricula.studies.transfer import Kept, statements


def kept(own: Sequence[float], other: Sequence[float]) -> Kept:
    return Kept(np.array(own), np.array(other))


def test_the_share_that_is_kept():
    """0.4 of 0.5, 0.6 of 0.6 and 0.6 of 0.75: 0.8, 1 and 0.8, of mean 0.867 and deviation 0.115; t = 4.303."""
    found = kept([0.5, 0.6, 0.75], [0.4, 0.6, 0.6])
    assert found.shares == pytest.approx([0.8, 1, 0.8])
    half = 4.303 * 0.11547 / 3**0.5
    assert (found.share.mean, found.share.low) == pytest.approx((0.86667, 0.86667 - half), abs=1e-4)


def test_who_never_won_keeps_nothing_known():
    found = kept([0.5, 0.0], [0.4, 0.1])
    assert np.isnan(found.shares[1])
    assert (found.share.low, found.share.high) == (-np.inf, np.inf)


STEADY = [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("everything", "nothing", "duel", "verdicts"),
    [
        ([0.5, 0.48, 0.49], [0.2, 0.22, 0.21], (0.1, 0.3), ["supported", "supported", "supported"]),
        ([0.2, 0.22, 0.21], [0.5, 0.48, 0.49], (-0.3, -0.1), ["contradicted", "contradicted", "contradicted"]),
        ([0.5, 0.2, 0.4], [0.3, 0.3, 0.3], (-0.1, 0.1), ["open", "open", "open"]),
        ([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], (-0.1, 0.1), ["contradicted", "open", "open"]),
    ],
)
def test_verdicts(everything: list[float], nothing: list[float], duel: tuple[float, float], verdicts: list[str]):
    found = {(EVERYTHING, name): kept(STEADY, everything) for name in ("zero", "random")}
    found |= {(NOTHING, name): kept(STEADY, nothing) for name in ("zero", "random")}
    share, more, won = verdicts
    told = statements(found, Estimate(sum(duel) / 2, *duel))
    assert [statement.verdict for statement in told] == [share, more, share, more, won]


def test_nobody_who_never_won_decides_a_claim():
    never = {(arm, name): kept([0, 0, 0], [0, 0, 0]) for arm in (EVERYTHING, NOTHING) for name in ("zero", "random")}
    assert {statement.verdict for statement in statements(never, Estimate(0, -0.1, 0.1))} == {"open"}


def test_arms_differ_in_what_is_randomised(tmp_path: Path):
    with closing(StudyFolder(tmp_path, StudyConfig("transfer", engine="mujoco", samples=60, seeds=1))) as folder:
        runs = {run.arm: asdict(run.config) for run in folder.runs}
    first = runs[NOTHING]
    changed = {arm: {key for key in first if config[key] != first[key]} for arm, config in runs.items()}
    assert changed == {
        "none": set(),
        "all": {"randomise"},
        "no-observation": {"randomise", "without"},
        "no-physics": {"randomise", "without"},
        "no-unmodelled": {"randomise", "without"},
        "none-mlp": {"ppo"},
        "all-mlp": {"ppo", "randomise"},
    }
    assert {config["ppo"]["value"] for config in runs.values()} == {"privileged"}


def play(matches: Crossplay, schedule: Sequence[Match]) -> None:
    for match in schedule:
        matches.play(*match)


def test_from_end_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pytest.importorskip("pybullet")
    shorten_bouts(monkeypatch)
    tiny: dict[str, Any] = {"ppo": replace(tiny_config().ppo, value="privileged")}
    arms = {NOTHING: tiny, EVERYTHING: tiny | {"randomise": ("dactyl",)}}
    monkeypatch.setitem(catalogue.STUDIES, "transfer", replace(STUDIES["transfer"], arms=arms))
    config = StudyConfig("transfer", engine="mujoco", samples=200, worlds=4, seeds=1, bouts=8, workers=1)
    with closing(StudyFolder(tmp_path, config)) as folder:
        for run in folder.runs:
            folder.train(run)
        report = KINDS["transfer"](folder, play)
        KINDS["transfer"](folder, play)  # there is nothing left to do
    text = (tmp_path / "report.md").read_text()
    assert "## Arm against arm on pybullet" in text
    with (tmp_path / "transfer.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["arm"], row["against"], row["engine"], row["bouts"]) for row in rows} == {
        (arm, name, engine, "2")
        for arm in (NOTHING, EVERYTHING)
        for name in ("zero", "random")
        for engine in ("mujoco", "pybullet")
    }
    assert (tmp_path / "kept.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(json.dumps(report.record()))["engines"] == ["mujoco", "pybullet"]
