"""A run's record: generations and rated bouts in SQLite, each written whole or not at all."""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score

SCHEMA = """
create table if not exists generations (
    learner text not null,
    generation integer not null,
    snapshot text not null,
    samples integer not null,
    seconds real not null,
    curves text not null,
    primary key (learner, generation)
);
create table if not exists payoffs (
    learner text not null,
    snapshot text not null,
    games real not null,
    score real not null,
    quality real not null,
    primary key (learner, snapshot)
);
create table if not exists bouts (
    player text not null,
    opponent text not null,
    engine text not null,
    round integer not null,
    "index" integer not null,
    seat integer not null,
    winner integer not null,
    steps integer not null,
    ending text not null,
    primary key (player, opponent, engine, round, "index")
);
"""
VERSION = 2
"""Of the schema, kept in the file's `user_version`."""
JOINED, RESET = "joined", "reset"
"""Curves of a learner of a league: whether a copy of it has joined, and whether it then began anew."""
RESTORE = "restore it, or train in a new folder"


@dataclass(frozen=True)
class Generation:
    """One link of a learner's chain of snapshots."""

    learner: str
    generation: int
    snapshot: str
    samples: int
    seconds: float
    """Training time of the whole run so far."""
    curves: dict[str, float]

    @property
    def joined(self) -> bool:
        """Whether others can meet it: all but an exploiter that is not done (`dohyo.curricula.opponents.league`)."""
        return self.curves.get(JOINED, 1.0) > 0


@dataclass(frozen=True)
class Match:
    """All rated bouts of a player against an opponent."""

    player: str
    opponent: str
    score: Score
    """From the player's side."""


def _connect(path: Path) -> sqlite3.Connection:
    """Open a database; on storage that cannot be written read the file alone, which then must hold everything."""
    if os.access(path.parent, os.W_OK):
        db = sqlite3.connect(path, timeout=30)
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        return db
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise DohyoError(f"{log} holds rows that {path.name} lacks, and cannot be written: copy the run, then open it")
    return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)


@contextmanager
def _writing() -> Iterator[None]:
    """Raise `DohyoError` where the database cannot be written."""
    try:
        yield
    except sqlite3.Error as error:
        raise DohyoError(f"cannot write to the league ({error}): make room, then resume: nothing is lost") from error


class RunRecord:
    """The file `league.sqlite` of a run. Safe against `kill -9`: what `add_…` returned from is there for good.

    With `create` a file that is missing is made, otherwise it is an error. On read-only storage nothing is written.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        if not create and not path.is_file():
            raise DohyoError(
                f"{path} is missing, the record of the run: restore it, with {path.name}-wal if that was beside it, "
                "or train in a new folder"
            )
        try:
            self._db = _connect(path)
            old = self._db.execute("select 1 from sqlite_master").fetchone()
            version = self._db.execute("pragma user_version").fetchone()[0]
            if not old:
                self._db.executescript(f"begin; {SCHEMA} pragma user_version={VERSION}; commit;")
        except sqlite3.Error as error:
            raise DohyoError(f"cannot open the league {path} ({error}): {RESTORE}") from error
        if old and version != VERSION:
            raise DohyoError(f"the league {path} was made by another version of Dohyo: use that one, or train anew")

    def add_generation(
        self, generation: Generation, payoffs: Mapping[str, tuple[float, float, float]] | None = None
    ) -> None:
        """Append the next link, with what its learner's training bouts have come to, by snapshot met.

        Raises `DohyoError` when it cannot be written.
        """
        row = (
            generation.learner,
            generation.generation,
            generation.snapshot,
            generation.samples,
            generation.seconds,
            json.dumps(generation.curves),
        )
        met = [(generation.learner, name, *values) for name, values in (payoffs or {}).items()]
        self._write(
            ("insert into generations values (?, ?, ?, ?, ?, ?)", [row]),
            ("insert or replace into payoffs values (?, ?, ?, ?, ?)", met),
        )
        self._fold_log()

    def generations(self) -> list[Generation]:
        """Return the chains of all learners, in the order in which they grew."""
        rows = self._read("select * from generations order by rowid")
        return [Generation(who, g, name, n, seconds, json.loads(c)) for who, g, name, n, seconds, c in rows]

    def payoffs(self, learner: str) -> dict[str, tuple[float, float, float]]:
        """Return games, score and quality of a learner's training bouts, by snapshot met."""
        rows = self._read("select snapshot, games, score, quality from payoffs where learner = ?", learner)
        return {name: (games, score, quality) for name, games, score, quality in rows}

    def chain(self, learner: str) -> list[Generation]:
        """Return one learner's chain, oldest first."""
        return [link for link in self.generations() if link.learner == learner]

    def add_match(self, player: str, opponent: str, engine: str, round_: int, bouts: Sequence[Bout]) -> None:
        """Record all bouts of one match at once; a match of this round that is there already cannot be added again."""
        rows = [(player, opponent, engine, round_, b.index, b.seat, b.winner, b.steps, b.ending) for b in bouts]
        self._write(("insert into bouts values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows))

    def rounds(self, player: str, opponent: str, engine: str) -> int:
        """Return how many rounds of this match have been recorded."""
        query = "select count(distinct round) from bouts where player = ? and opponent = ? and engine = ?"
        count: int = self._read(query, player, opponent, engine)[0][0]
        return count

    def bouts(self, player: str, opponent: str, engine: str) -> list[Bout]:
        """Return all bouts of a match, from the player's side, in the order in which they were recorded."""
        query = """
            select "index", seat, winner, steps, ending from bouts
            where player = ? and opponent = ? and engine = ? order by round, "index"
        """
        return [Bout(*row) for row in self._read(query, player, opponent, engine)]

    def matches(self, engine: str) -> list[Match]:
        """Return the totals per player and opponent on one engine, in the order in which they were first played."""
        query = """
            select player, opponent, sum(winner = 0), sum(winner = -1), sum(winner = 1) from bouts
            where engine = ? group by player, opponent order by min(rowid)
        """
        return [Match(player, opponent, Score(*counts)) for player, opponent, *counts in self._read(query, engine)]

    def _read(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise DohyoError(f"cannot read the league {self._path} ({error}): {RESTORE}") from error

    def _write(self, *statements: tuple[str, Sequence[tuple[Any, ...]]]) -> None:
        """Execute statements over their rows, all or none of them."""
        with _writing(), self._db:
            for statement, rows in statements:
                self._db.executemany(statement, rows)

    def _fold_log(self) -> None:
        """Write the write-ahead log into the file: a copy of the file alone is whole, whatever becomes of the log."""
        with _writing():
            self._db.execute("pragma wal_checkpoint(truncate)")

    def close(self) -> None:
        """Close the file."""
        self._db.close()
