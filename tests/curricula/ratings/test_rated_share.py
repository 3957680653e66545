"""Ratings keep to their share of a run's control steps, whatever its length; the last snapshot is rated in any case."""

from collections import defaultdict
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config, train

from dohyo.arenas.players import BUILT_IN
from dohyo.curricula.run.folder import RunFolder

CYCLES = 8
"""Longest bouts: few bodies fall so soon, so that nearly all bouts are that long."""
STEPS = 64
"""Control steps of training in a generation of `tiny_config`: 16 in each of 4 worlds."""


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten_bouts(monkeypatch, CYCLES)


def rounds(path: Path) -> dict[int, list[tuple[str, int, int]]]:
    """Return opponent, bouts and control steps of the matches of each snapshot by generation; -1 for built-ins."""
    folder, found = RunFolder.open(path), defaultdict(list)
    try:
        born = {link.snapshot: link.generation for link in folder.record.generations()}
        for match in folder.record.matches("mujoco"):
            bouts = folder.record.bouts(match.player, match.opponent, "mujoco")
            row = match.opponent, len(bouts), sum(bout.steps for bout in bouts)
            found[-1 if match.player in BUILT_IN else born[match.player]].append(row)
        return dict(found)
    finally:
        folder.close()


@pytest.mark.parametrize(("generations", "share"), [(1, 0.5), (12, 0.5), (12, 2.0), (30, 0.5)])
def test_rated_bouts_keep_to_their_share(tmp_path: Path, generations: int, share: float):
    """Beyond the share there is the last rating at most: one bout a side and pair, three pairs among references."""
    train(tmp_path, tiny_config(samples=96 * generations, rated_share=share))
    rated = rounds(tmp_path)
    steps = sum(row[2] for rows in rated.values() for row in rows)
    assert 0 < steps <= share * STEPS * generations + 2 * CYCLES * (len(rated[generations]) + 3)
    assert {"zero", "random"} <= {row[0] for row in rated[generations]}


def test_a_run_of_one_generation_plays_a_bout_on_each_side(tmp_path: Path):
    train(tmp_path, tiny_config(samples=96, rated_share=0.0))
    rated = rounds(tmp_path)
    assert {generation: [row[:2] for row in rows] for generation, rows in rated.items()} == {
        -1: [("zero", 2)],
        1: [("zero", 2), ("random", 2)],
    }


def test_a_rating_waits_until_its_share_allows_four_bouts_a_pair(tmp_path: Path):
    """Six pairs (generation 6 and three references) in 4 bouts of 8 steps are 192 steps: half of 6 generations of 64.

    Even generations are due; the last one is rated in any case, and generation 1 is a reference.
    """
    train(tmp_path, tiny_config(samples=96 * 7, rated_share=0.5))
    assert set(rounds(tmp_path)) == {-1, 1, 6, 7}


def test_the_same_seed_rates_the_same_and_a_rerun_plays_nothing(tmp_path: Path):
    config = tiny_config(samples=96 * 5, rated_share=1.0)
    for name in ("a", "b", "a"):
        train(tmp_path / name, config)
    assert rounds(tmp_path / "a") == rounds(tmp_path / "b")


def test_bouts_played_later_do_not_count_towards_the_share(tmp_path: Path):
    train(tmp_path, tiny_config(samples=96))
    folder = RunFolder.open(tmp_path)
    try:
        before, newest = folder.record.rated_steps("mujoco"), folder.latest().name
        first = folder.record.bouts(newest, "zero", "mujoco")
        folder.record.add_match(newest, "zero", "mujoco", 1, first)
        assert folder.record.rated_steps("mujoco") == before > 0
    finally:
        folder.close()
