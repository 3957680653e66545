"""Studies: the differences between arms, the schedule of bouts, and the report of the results."""

import csv
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from doubles import tiny_config

from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.arenas.registry import ARENAS
from dohyo.curricula.matches.match import share_out
from dohyo.curricula.matches.score import Score
from dohyo.curricula.studies.catalogue import STUDIES, Claim, Study
from dohyo.curricula.studies.findings import Finding, Scores, findings, results
from dohyo.curricula.studies.report import StudyReport
from dohyo.curricula.studies.study_folder import StudyConfig, StudyFolder

DELTA = StudyConfig("delta", engine="mujoco", samples=60)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> StudyConfig:
    """A study of two arms that takes seconds: bouts of twelve steps, which decide nothing in sumo.

    Of its three updates the first only fills the statistics, and the second tells the arms apart.
    """
    for arena in ("sumo", "kick_and_defend"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=12))
    small = {"ppo": tiny_config().ppo, "updates": 1}
    arms = {name: {"dense": name} for name in ("fade", "never")}
    study = Study("Tiny", arms, small, "Because.", claims=(Claim("fade", "never", 1, "a guess"),))
    monkeypatch.setitem(STUDIES, "tiny", study)
    return StudyConfig("tiny", engine="mujoco", samples=200, worlds=4, seeds=2, bouts=6, workers=1)


def carry_out(path: Path, config: StudyConfig) -> StudyReport:
    with closing(StudyFolder(path, config)) as folder:
        for run in folder.runs:
            folder.train(run)
        with closing(folder.open_matches()) as matches:
            for match in folder.schedule(matches):
                matches.play(*match)
            report = StudyReport(folder, folder.scores(matches))
        report.write()
    return report


@pytest.mark.parametrize(("name", "differs"), [("delta", {"opponents"}), ("anneal", {"dense"}), ("policy", {"ppo"})])
def test_arms_differ_in_one_thing_only(tmp_path: Path, name: str, differs: set[str]):
    with closing(StudyFolder(tmp_path, replace(DELTA, study=name))) as folder:
        of_seed_0 = [asdict(run.config) for run in folder.runs if run.seed == 0]
    assert len(of_seed_0) == len(STUDIES[name].arms)
    first = of_seed_0[0]
    assert {key for other in of_seed_0[1:] for key in first if other[key] != first[key]} == differs


def test_delta_is_all_that_draws_opponents(tmp_path: Path):
    """Table 1 of arXiv 1710.03748; `latest` would turn every bout into one against itself."""
    with closing(StudyFolder(tmp_path, DELTA)) as folder:
        configs = [run.config for run in folder.runs]
    assert {config.opponents for config in configs} == {"uniform(1)", "uniform(0.8)", "uniform(0.5)", "uniform(0)"}
    assert {(config.mirrored, config.first, config.guests, config.samples) for config in configs} == {(0, 0, (), 60)}
    assert [config.seed for config in configs] == [0] * 4 + [1] * 4 + [2] * 4


def test_arms_are_driven_as_the_study_says(tmp_path: Path):
    with closing(StudyFolder(tmp_path, replace(DELTA, drive="torque"))) as folder:
        assert {run.config.drive for run in folder.runs} == {"torque"}


def test_the_papers_table_makes_claims():
    claims = {claim.arm: claim.sign for claim in STUDIES["delta"].claimed("sumo", "ant")}
    assert claims == {"1": -1, "0.8": -1, "0.5": -1, "0": 1}
    assert STUDIES["delta"].claimed("run_to_goal", "ant") == []
    assert [claim.against for claim in STUDIES["anneal"].claimed("run_to_goal", "ant")] == ["constant"]


def test_bouts_are_shared_out():
    assert [share_out(800, 9, k) for k in range(9)] == [89] * 8 + [88]
    assert [share_out(1, 2, k) for k in range(2)] == [1, 0]


def test_from_end_to_end(tmp_path: Path, tiny: StudyConfig):
    report = carry_out(tmp_path, tiny)
    [finding] = report.findings
    assert (finding.verdict, finding.result.score) == ("open", Score(0, 6, 0))
    text = (tmp_path / "report.md").read_text()
    assert "seeds 0 to 1" in text
    assert "| fade | never | 6 | 0.0% | 100.0% | 0.0% | +0.000 [-0.390, +0.390] |" in text  # 3.84 / 9.84
    assert "0.0% of the bouts were decided" in text
    assert (tmp_path / "payoffs.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "matches.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["seed"], row["against_seed"], row["bouts"]) for row in rows] == [
        ("0", "0", "2"),
        ("0", "1", "2"),
        ("1", "0", "1"),
        ("1", "1", "1"),
    ]
    before = (tmp_path / "matches" / "matches.sqlite").read_bytes()
    carry_out(tmp_path, tiny)  # there is nothing left to do
    assert (tmp_path / "matches" / "matches.sqlite").read_bytes() == before
    more = carry_out(tmp_path, replace(tiny, seeds=3, bouts=9))
    assert more.findings[0].result.score.bouts == 2 + 2 + 7  # a bout or two each, those of before included


def test_where_seats_differ_both_arms_play_both(tmp_path: Path, tiny: StudyConfig):
    """In 12 steps nobody scores: keepers win, and every pair of seeds is even over an even number of bouts."""
    report = carry_out(tmp_path, replace(tiny, arena="kick_and_defend", seeds=1, bouts=4))
    assert report.findings[0].result.score == Score(2, 0, 2)


def test_other_settings_are_refused(tmp_path: Path):
    StudyFolder(tmp_path, DELTA).close()
    with pytest.raises(DohyoError, match=r"other settings \(samples\)"):
        StudyFolder(tmp_path, replace(DELTA, samples=61))
    with closing(StudyFolder(tmp_path, replace(DELTA, seeds=9, bouts=9, workers=2))) as folder:
        assert len(folder.runs) == 36
        with pytest.raises(DohyoError, match="in use"):
            StudyFolder(tmp_path, DELTA)


def test_an_unknown_study(tmp_path: Path):
    with pytest.raises(UnknownName, match="choose one of: anneal, delta, policy"):
        StudyFolder(tmp_path, StudyConfig("gravity"))


def scores(wins: list[list[int]]) -> Scores:
    """Of two arms: how many of ten decided bouts the first won, by pair of seeds."""
    one = [[Score(w, 0, 10 - w) for w in row] for row in wins]
    two = [[one[s][t].turned() for s in range(len(one))] for t in range(len(one[0]))]
    return {("a", "b"): one, ("b", "a"): two}


@pytest.mark.parametrize(
    ("wins", "sign", "verdict"),
    [
        ([[9, 9], [9, 9]], 1, "supported"),
        ([[9, 9], [9, 9]], -1, "contradicted"),
        # Payoffs 0.8 and 0: seeds differ more than arms, for all that 27 of 40 bouts were won.
        ([[9, 9], [5, 5]], 1, "open"),
    ],
)
def test_verdicts(wins: list[list[int]], sign: int, verdict: str):
    [found] = findings([Claim("a", None, sign, "")], results(scores(wins)))
    assert isinstance(found, Finding)
    assert found.verdict == verdict


def test_results_mirror_each_other():
    one, two, a_b, b_a = results(scores([[9, 8], [7, 10]]))
    assert (one.arm, one.against, a_b.against, b_a.against) == ("a", None, "b", "a")
    assert one.score == a_b.score == Score(34, 0, 6)
    assert two.score == Score(6, 0, 34)
    assert (one.payoff.mean, two.payoff.mean) == (pytest.approx(0.7), pytest.approx(-0.7))
    assert one.by_seed == pytest.approx((0.7, 0.7))
    assert two.by_seed == pytest.approx((-0.6, -0.8))


def test_where_all_pairs_of_seeds_are_alike_bouts_leave_the_interval():
    """36 of 40 won, [0.769, 0.960], less 4 of 40 lost, [0.040, 0.231]."""
    payoff = results(scores([[9, 9], [9, 9]]))[0].payoff
    assert (payoff.mean, payoff.low, payoff.high) == pytest.approx((0.8, 0.538, 0.920), abs=1e-3)
