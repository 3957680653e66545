"""The command line in processes that tests kill, and the records of such processes."""

import sqlite3
from contextlib import closing
from pathlib import Path

DRIVER = """
import signal
import sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background has it ignored
from dataclasses import replace
from dohyo.arenas.registry import ARENAS
from dohyo.cli import main
cycles = int(sys.argv.pop(1))
ARENAS |= {name: replace(spec, max_cycles=cycles) for name, spec in ARENAS.items()}
main()
"""
"""The command line with shorter bouts."""
PATIENCE = 120.0
"""Seconds after which a session that shows no sign of life is given up."""


def recorded(folder: Path) -> dict[tuple[str, ...], tuple[int, ...]]:
    """The numbers of the recorded bouts, by match and round."""
    file = folder / "matches.sqlite"
    if not file.exists():
        return {}
    rounds: dict[tuple[str, ...], tuple[int, ...]] = {}
    with closing(sqlite3.connect(file, timeout=30)) as db:
        if not db.execute("select 1 from sqlite_master").fetchone():
            return {}
        for *match, index in db.execute(
            'select player, opponent, engine, round, "index" from bouts order by 1, 2, 4, 5'
        ):
            rounds[tuple(match)] = (*rounds.get(tuple(match), ()), index)
    return rounds
