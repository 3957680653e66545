"""Randomly changed files are read correctly, or refused with one line."""

import sys
from pathlib import Path

import pytest
from workers import Figures, read_mutated

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are Linux's")


def check(figures: Figures, count: int) -> None:
    assert figures.outcomes.total() == count
    assert {outcome for _, outcome in figures.outcomes} <= {"refused", "accepted"}, str(figures)


def test_five_hundred_mutations(run_folder: Path):
    check(read_mutated(run_folder, 500, seed=1), 500)


@pytest.mark.slow
def test_a_hundred_thousand_mutations(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    """`pytest -m slow tests/mutations` shows its progress, and the counts at the end."""
    count = 100_000

    def tell(figures: Figures) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\r{figures.outcomes.total():,} of {count:,} files, {len(figures.faults)} faults")
            sys.stdout.flush()

    figures = read_mutated(run_folder, count, seed=2, tell=tell)
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    check(figures, count)
