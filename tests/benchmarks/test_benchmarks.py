"""The scripts that compare two commits: rounds in turn, kept and resumed; tables; snapshots that play."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import Side
from paired import Row, measure, probe, spread, table
from probing import first, tree_seconds
from time_to_skill import Racer, skilled
from time_to_skill import table as table_of_times


def test_sides_take_turns_and_go_on_where_they_were_stopped(tmp_path: Path):
    order: list[str] = []

    def side(name: str, value: float) -> Callable[[], dict[str, float]]:
        def run() -> dict[str, float]:
            order.append(name)
            return {"time": value * len(order), f"only_{name}": 1.0}

        return run

    sides, kept = (side("a", 1.0), side("b", 10.0)), tmp_path / "kept" / "case.jsonl"
    measure("case", sides, 2, kept)
    assert order == ["a", "b", "a", "b"]
    rows = measure("case", sides, 3, kept)
    assert order == ["a", "b"] * 3
    assert rows == [Row("case", "time", (1.0, 3.0, 5.0), (20.0, 40.0, 60.0))]  # figures of one side alone are left out


def test_a_table_shows_medians_spreads_and_paired_ratios():
    rows = [Row("case", "time", (1.0, 2.0, 6.0), (2.0, 8.0, 3.0))]  # ratios 0.5, 0.25 and 2
    assert table(rows, ("new", "old")).splitlines() == [
        "| case | figure | new | old | ratio |",
        "|---|---|---|---|---|",
        "| case | time | 2 [1, 6] | 3 [2, 8] | 0.5 [0.25, 2] |",
    ]
    assert spread([1234.5]) == "1,234"


def test_a_probe_that_fails_says_so():
    assert probe([sys.executable, "-c", "print('words'); print('{\"a\": 1.5}')"]) == {"a": 1.5}
    with pytest.raises(RuntimeError, match="no such thing"):
        probe([sys.executable, "-c", "raise ValueError('no such thing')"])


def test_the_first_name_that_exists():
    assert first("json.no_such_module:loads", "json:no_such_name", "json:loads") is json.loads
    with pytest.raises(ImportError, match="exists in this commit"):
        first("json:no_such_name")


def test_processor_time_of_the_process_tree():
    start, end = tree_seconds(), time.process_time() + 0.2
    while time.process_time() < end:
        pass
    assert 0.1 < tree_seconds() - start < 5


def test_the_first_snapshot_with_skill_counts(tmp_path: Path):
    """One snapshot a minute plays; that of 2.5 minutes wins often enough, that of 1.5 not against zero."""
    racer = Racer(Side("new", Path()), tmp_path / "run", 0, ())
    racer.run.mkdir()
    rows = ["snapshot,seconds", "s0,0", "s1,90", "s2,100", "s3,150", "s4,200"]
    (racer.run / "curves.csv").write_text("\n".join(rows))
    assert [(minutes, path.stem) for minutes, path in racer.snapshots(1)] == [
        (1.5, "s1"),
        (2.5, "s3"),
        (200 / 60, "s4"),
    ]
    won = {"s1/200": {"random": 0.9, "zero": 0.7}, "s3/200": {"random": 0.85, "zero": 0.75}}
    kept = tmp_path / "bouts.json"
    kept.write_text(json.dumps(won))
    assert skilled(racer, 1, 200, kept) == 2.5
    (tmp_path / "run.seconds").write_text("60.5\n89.5\n")  # two processes; the run took 200 s
    assert racer.busy() == 0.75
    new, old = [(2.5, 0.5), (4.0, 0.75), (None, 0.5)], [(None, 1.0), (None, 1.0), (9.0, 1.0)]
    assert table_of_times({"new": new, "old": old}).splitlines()[2:] == [
        "| new | 2.5, 4.0, not reached | 4.0 | 1.2, 3.0, not reached | 3.0 |",
        "| old | not reached, not reached, 9.0 | not reached | not reached, not reached, 9.0 | not reached |",
    ]
