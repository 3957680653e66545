"""Samplers over payoffs: probabilities and updates worked out by hand."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import pool_of, shorten_bouts, tiny_config, train

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.arenas.arrays import IntArray
from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.samplers import SAMPLERS, Sampler, latest, parse_sampler, register_opponents
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

N = 40_000


def payoffs(*rates: float, quality: tuple[float, ...] | None = None) -> Payoffs:
    """Payoffs of ten games against each snapshot, with these numbers of wins."""
    count = len(rates)
    return Payoffs(np.full(count, 10.0), 10 * np.array(rates), np.array(quality or (0.0,) * count))


def shares(name: str, known: Payoffs) -> list[float]:
    versions = parse_sampler(name)(known, np.random.default_rng(1), N)
    share: list[float] = (np.bincount(versions, minlength=len(known.games)) / N).tolist()
    return share


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Win rates 0.9, 0.5, 0.2. Weights 0.09, 0.25, 0.16 of 0.5; 0.1, 0.5, 0.8 of 1.4; 0.01, 0.25, 0.64 of 0.9.
        ("pfsp(variance)", [0.18, 0.5, 0.32]),
        ("pfsp", [0.18, 0.5, 0.32]),
        ("pfsp(linear)", [1 / 14, 5 / 14, 8 / 14]),
        ("pfsp(squared)", [1 / 90, 25 / 90, 64 / 90]),
        ("window(2)", [0, 0.5, 0.5]),
    ],
)
def test_weights(name: str, expected: list[float]):
    assert shares(name, payoffs(0.9, 0.5, 0.2)) == pytest.approx(expected, abs=0.01)


def test_who_always_wins_meets_all_alike():
    assert shares("pfsp(squared)", payoffs(1, 1, 1, 1)) == pytest.approx([0.25] * 4, abs=0.01)


def test_who_was_never_met_counts_as_equal():
    known = Payoffs()
    known.grow(2)
    assert known.win_rate().tolist() == [0.5, 0.5]


def test_quality_prefers_the_newest_and_the_good():
    # exp(log 3) = 3, 1, 1: of the fifth that goes to the past 60, 20 and 20 %.
    known = payoffs(0.5, 0.5, 0.5, quality=(np.log(3), 0, 0))
    assert shares("quality", known) == pytest.approx([0.12, 0.04, 0.84], abs=0.01)


def test_a_win_lowers_the_quality_of_who_lost():
    known = payoffs(0.5, 0.5, quality=(np.log(3), 0))
    known.record(1, 1, 0.25)  # drawn with probability 1/4 of two: 0.01 / (2 / 4)
    assert known.quality.tolist() == pytest.approx([np.log(3), -0.02])
    for result in (0, -1):
        known.record(0, result, 0.25)
    known.record(0, 1)  # drawn by a rule that has no use for qualities
    assert known.quality.tolist() == pytest.approx([np.log(3), -0.02])


def test_a_quality_falls_no_further_than_ten_below_the_best():
    known = payoffs(0.5, 0.5, quality=(0.0, -9.999))
    known.record(1, 1, 1e-6)  # 0.01 / 2e-6 = 5,000
    assert known.quality.tolist() == [0.0, -10.0]


def test_qualities_go_by_the_chance_of_being_met():
    """By hand: of three, q = 0: shares of the rule 1/15, 1/15, 13/15; a tenth of all bouts meets the newest, then
    a fifth of all the oldest: 0.8 * 0.9 / 15 + 0.2, 0.8 * 0.9 / 15, 0.8 * (0.9 * 13 / 15 + 0.1)."""
    rule, known = Evenly(parse_sampler("quality"), first=0.2, newest=0.1), payoffs(0.5, 0.5, 0.5)
    assert rule.chances(known).tolist() == pytest.approx([0.248, 0.048, 0.704])
    _, drawn = rule([known], np.random.default_rng(0), N)
    assert (np.bincount(drawn) / N).tolist() == pytest.approx([0.248, 0.048, 0.704], abs=0.01)
    assert Evenly(parse_sampler("latest")).chances(known) is None
    pool = pool_of(Path(), [["a", "b", "c"]], rule, worlds=6000, seed=0)
    pool.assign(np.arange(6000))
    for version, chance in enumerate((0.248, 0.048, 0.704)):
        assert pool._chance[pool._version == version] == pytest.approx(chance)


def test_those_that_were_gathered_are_met_alike():
    pool = pool_of(Path(), [["a", "b", "c", "d"]], Evenly("quality"), worlds=40, seed=0)
    assert pool.gather(2) == 2
    pool.assign(np.arange(40))
    assert pool._chance == pytest.approx(1 / 2)  # of the two, not the newest's 0.85


def test_qualities_of_opponents_that_always_lose_stay_near_each_other():
    """All lose equally, so none is worse than another: with the chance of the draw, qualities fall together. By the
    share of exp(q) alone, the newest would lose 0.01 / (3 / 3) in each of 80 % of the bouts and fall behind."""
    rule, known = Evenly(parse_sampler("quality"), first=0.3), payoffs(0.5, 0.5, 0.5)
    rng = np.random.default_rng(0)
    for _ in range(3000):
        chances = rule.chances(known)
        version = int(rule([known], rng, 1)[1][0])
        known.record(version, 1, float(chances[version]))
    assert np.ptp(known.quality) < 4  # the rarest is met in 4 % and loses 0.08 each time: a deviation of 0.9
    assert known.quality.mean() == pytest.approx(-10, abs=1.5)  # 3,000 bouts of 0.01 / 3 each, in the mean


def test_a_new_snapshot_is_as_good_as_the_best():
    known = payoffs(0.5, 0.5, quality=(-0.3, -0.1))
    known.grow(3)
    assert known.quality.tolist() == [-0.3, -0.1, -0.1]
    assert known.games.tolist() == [10, 10, 0]
    known.grow(3)
    assert len(known.games) == 3


def test_results_fade():
    known = payoffs(0.5)
    for result in (1, 0, -1):
        known.record(0, result)
    # 10 games fade to 9.9, 10.801 and 10.69299 with one more each; a score of 5 to 5.95, 6.3905 and 6.326595.
    assert known.games[0] == pytest.approx(((10 * 0.99 + 1) * 0.99 + 1) * 0.99 + 1)
    assert known.score[0] == pytest.approx(((5 * 0.99 + 1) * 0.99 + 0.5) * 0.99)


def test_the_pool_counts_the_bouts_of_who_was_met():
    pool = pool_of(Path(), [["a", "b"]], Evenly(lambda known, rng, n: np.array([0, 1, 1])[:n]), worlds=3, seed=0)
    pool.assign(np.arange(3))
    seat, winner = np.array([1, 0]), np.array([1, 1])  # won in world 0, lost in world 2
    places = np.array([[1, 0], [1, 0]])
    pool.note(EndedBouts(np.array([0, 2]), seat, winner, np.array([9, 9]), np.zeros(2, np.intp), np.zeros(2), places))
    known = pool.ledger.known()
    assert known["a"][:2] == (1, 1)
    assert known["b"][:2] == (1, 0)
    again = pool_of(Path(), [["a", "b", "c"]], Evenly(parse_sampler("quality")), worlds=3, seed=0, known=known)
    assert again.ledger.known() == known | {"c": (0, 0, 0)}


@pytest.mark.parametrize("opponents", ["quality", "pfsp(variance)", "window(2)"])
def test_a_run_keeps_its_payoffs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opponents: str):
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(opponents=opponents))
    Training(folder).run()
    kept = folder.record.payoffs("sumo")
    snapshots = {link.snapshot for link in folder.record.generations()}
    assert set(kept) <= snapshots
    assert sum(games for games, _, _ in kept.values()) > 0
    resumed = Training(folder)
    assert {k: v for k, v in resumed.lineages[0].ledger.known().items() if k in kept} == kept
    resumed.close()
    folder.close()


def oldest(payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
    """Always version 0."""
    return np.zeros(n, np.intp)


def test_a_registered_rule_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dohyo.curricula.opponents.samplers.SAMPLERS", dict(SAMPLERS))
    with pytest.raises(UnknownName, match="register_opponents"):
        parse_sampler("oldest")
    register_opponents("oldest", oldest)
    register_opponents("oldest", oldest)
    assert parse_sampler("oldest") is oldest
    for name in ("latest", "uniform", "league", "a(b)", ""):
        with pytest.raises(UnknownName, match="cannot be called"):
            register_opponents(name, oldest)


def test_a_function_is_taken_wherever_a_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A run records it by its module and name, resumes with it, and names it in the error if it is not registered."""
    shorten_bouts(monkeypatch)
    monkeypatch.setattr("dohyo.curricula.opponents.samplers.SAMPLERS", dict(SAMPLERS))
    assert parse_sampler(oldest) is oldest
    assert Evenly(oldest)([payoffs(0.5, 0.5)], np.random.default_rng(0), 3)[1].tolist() == [0, 0, 0]
    config = tiny_config(opponents=oldest, mirror=0.0, first=0.0)
    train(tmp_path / "run", config)
    assert json.loads((tmp_path / "run" / "config.json").read_text())["opponents"] == f"{__name__}.oldest"
    assert config.opponents == f"{__name__}.oldest"
    folder = RunFolder.open(tmp_path / "run")
    assert len(folder.record.payoffs("sumo")) >= 1
    folder.close()
    monkeypatch.setattr("dohyo.curricula.opponents.samplers.SAMPLERS", {"latest": SAMPLERS["latest"]})
    with pytest.raises(UnknownName, match=r"unknown opponents '.*oldest'.*the function oldest of test_sam.*--import"):
        train(
            tmp_path / "run", replace(tiny_config(samples=384), opponents=f"{__name__}.oldest", mirror=0.0, first=0.0)
        )
    register_opponents("by-age", oldest)
    assert parse_sampler(f"{__name__}.oldest") is oldest


def test_own_samplers_keep_their_names():
    assert tiny_config(opponents=latest) == tiny_config(opponents="latest")
    assert tiny_config(opponents=latest).mirrored == tiny_config().worlds


def test_a_function_that_is_defined_anew_replaces_the_one_before(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dohyo.curricula.opponents.samplers.SAMPLERS", dict(SAMPLERS))
    names: list[dict[str, Any]] = [{"__name__": "__main__"}, {"__name__": "__main__"}]
    for cell in names:
        exec("def rule(payoffs, rng, n): return [0] * n", cell)
        assert parse_sampler(tiny_config(opponents=cell["rule"]).opponents) is cell["rule"]


@pytest.mark.parametrize("rule", [lambda known, rng, n: np.zeros(n, np.intp), partial(oldest), SAMPLERS.get])
def test_a_function_without_a_name_of_its_own_needs_one(rule: Sampler):
    with pytest.raises(ConfigError, match=r"a function of a module, not .*: give it a name with register_opponents"):
        tiny_config(opponents=rule)


@pytest.mark.parametrize("drawn", [[3], [-1], [0, 0], 0, [0.5], ["0"], [[0]]])
def test_a_rule_that_draws_what_is_not_there(drawn: object):
    matchmaker = Evenly(lambda known, rng, n: drawn)  # type: ignore[arg-type, return-value]
    with pytest.raises(ConfigError, match=r"an opponent rule must return 1 whole numbers from 0 to 2, not "):
        matchmaker([payoffs(0.5, 0.5, 0.5)], np.random.default_rng(0), 1)


def test_a_rule_that_draws_nothing_for_no_bouts():
    matchmaker = Evenly(lambda known, rng, n: [0] * n)  # type: ignore[arg-type, return-value]
    assert [len(drawn) for drawn in matchmaker([payoffs(0.5)], np.random.default_rng(0), 0)] == [0, 0]
