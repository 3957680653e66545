"""The run's record: generations and rated bouts in SQLite, written atomically."""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from dohyo.arenas.checks import one_line
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score
from dohyo.curricula.run.row_checks import check_generation, check_payoffs, check_round, digest, read_teams
from dohyo.curricula.run.schema import SCHEMA, UNSEALED, VERSION, payoffs_digest, round_digest, upgrade

JOINED, RESET = "joined", "reset"
"""Curves of a learner in a league: whether a copy of it joined, and whether it then started anew."""
RESTORE = "restore it, or train in a new folder"


@dataclass(frozen=True)
class Generation:
    """A generation of a learner: one link of its chain of snapshots."""

    learner: str
    generation: int
    snapshot: str
    samples: int
    seconds: float
    """Training time of the whole run so far."""
    curves: dict[str, float]
    checkpoint: str = ""
    """SHA-256 of the checkpoint's file, in hexadecimal; empty if Dohyo 0.1 wrote it."""

    @property
    def joined(self) -> bool:
        """Whether others can meet the snapshot: not if it is an exploiter's that has not joined a league."""
        return self.curves.get(JOINED, 1.0) > 0


class Round(NamedTuple):
    """The bouts of a player against an opponent that are recorded together, from the player's side."""

    player: str
    opponent: str
    engine: str
    number: int
    """The number of the match's rounds before it."""
    bouts: Sequence[Bout]


@dataclass(frozen=True)
class Match:
    """The score of all rated bouts of a player against an opponent."""

    player: str
    opponent: str
    score: Score
    """The score from the player's side."""
    ranks: Mapping[tuple[int, ...], int] = field(default_factory=dict)
    """With more than two sides, how many bouts placed the player and then the other sides so, see `Bout.ranks`."""

    @property
    def sides(self) -> int:
        """Sides of a bout; the player takes one, the opponent the others."""
        return len(next(iter(self.ranks), (0, 1)))


def _connect(path: Path, *, create: bool) -> sqlite3.Connection:
    """Open a database; on read-only storage open the file alone, which must then hold everything."""
    if os.access(path.parent, os.W_OK):
        db = sqlite3.connect(path, timeout=30)
        if not create and not _has_tables(db):
            db.close()
            raise DohyoError(_missing(path))
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        return db
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise DohyoError(f"{log} holds rows that {path.name} lacks, and cannot be written: copy the run, then open it")
    return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("select 1 from sqlite_master").fetchone() is not None


def _missing(path: Path) -> str:
    return (
        f"{path}, the record of the run, is missing or empty: restore it, with {path.name}-wal if that was beside it, "
        "or train in a new folder"
    )


class RunRecord:
    """The run's record, the file `league.sqlite`. It is safe against `kill -9` once an `add_…` method has returned.

    Rows have digests: reading a changed or missing row raises `DohyoError`. Every row is read once. With `create`, a
    missing or empty file is created; otherwise it is an error. On read-only storage nothing is written.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self._path = path
        if not create and not (path.is_file() and path.stat().st_size):
            raise DohyoError(_missing(path))
        try:
            self._db = _connect(path, create=create)
            if not _has_tables(self._db):
                self._db.executescript(f"begin; {SCHEMA} pragma user_version={VERSION}; commit;")
            version = self._db.execute("pragma user_version").fetchone()[0]
            [found] = self._db.execute("pragma integrity_check(1)").fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:  # the latter from SQLite's own message
            raise DohyoError(f"cannot open the record {path} ({one_line(error)}): {RESTORE}") from error
        if found != "ok":
            raise DohyoError(f"cannot open the record {path} ({one_line(found)}): {RESTORE}")
        if version not in (UNSEALED, VERSION):
            raise DohyoError(f"the record {path} was made by another version of Dohyo: use that one, or train anew")
        self._links: list[Generation] = []
        self._newest: dict[str, int] = {}
        self._totals: dict[str, dict[tuple[str, str], Score]] = {}
        self._ranks: dict[str, dict[tuple[str, str], Counter[tuple[int, ...]]]] = {}
        self._rounds: Counter[tuple[str, ...]] = Counter()
        self._first_steps: Counter[str] = Counter()
        self._last = {"generations": 0, "bouts": 0}

    def add_generation(
        self, generation: Generation, payoffs: Mapping[str, tuple[float, float, float]] | None = None
    ) -> None:
        """Append the next generation, with its learner's payoffs by snapshot met.

        Raises `DohyoError` if it cannot be written.
        """
        link, met = generation, [(generation.learner, name, *values) for name, values in (payoffs or {}).items()]
        with self._writing() as db:
            db.executemany("insert or replace into payoffs values (?, ?, ?, ?, ?)", met)
            numbers = (link.learner, link.generation, link.snapshot, link.samples, float(link.seconds))
            row = (*numbers, json.dumps(link.curves), link.checkpoint, payoffs_digest(db, link.learner))
            db.execute("insert into generations values (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, digest(row)))
        self._fold_log()

    def generations(self) -> list[Generation]:
        """Return the generations of all learners in the order in which they were added."""
        with self._reading():
            for number, row, sealed in self._unread("generations", 6):
                learner, generation, snapshot, samples, seconds, _ = row
                curves = check_generation(row, self._newest.get(learner, -1) + 1)
                if sealed and digest([*row, *sealed[:-1]]) != sealed[-1]:
                    raise ValueError(f"the row of {learner}'s generation {generation} was changed")
                self._links.append(Generation(learner, generation, snapshot, samples, seconds, curves, *sealed[:1]))
                self._newest[learner], self._last["generations"] = generation, number
        return list(self._links)

    def payoffs(self, learner: str) -> dict[str, tuple[float, float, float]]:
        """Return games, score and quality of a learner's training bouts, by snapshot met."""
        query = "select snapshot, games, score, quality from payoffs where learner = ?"
        newest = "select * from generations where learner = ? order by generation desc limit 1"
        with self._reading() as db:
            rows = db.execute(query, (learner,)).fetchall()
            check_payoffs(rows)
            for row in db.execute(newest, (learner,)):
                if len(row) > 6 and payoffs_digest(db, learner) != row[7]:
                    raise ValueError(f"the payoffs of {learner} were changed")
        return {name: (games, score, quality) for name, games, score, quality in rows}

    def chain(self, learner: str) -> list[Generation]:
        """Return one learner's chain, oldest first."""
        return [link for link in self.generations() if link.learner == learner]

    def add_rounds(self, rounds: Sequence[Round]) -> None:
        """Record all bouts of `rounds` at once; raises `DohyoError` if one of the rounds is already recorded."""
        with self._writing() as db:
            for round_ in rounds:
                match, rows = round_[:4], [_row(bout) for bout in round_.bouts]
                seal = round_digest(match, rows)
                insert = "insert into bouts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                db.executemany(insert, [(*match, *row, *[""] * (6 - len(row)), seal) for row in rows])

    def add_match(self, player: str, opponent: str, engine: str, round_: int, bouts: Sequence[Bout]) -> None:
        """Record the bouts of one round, as `add_rounds` does."""
        self.add_rounds([Round(player, opponent, engine, round_, bouts)])

    def rounds(self, player: str, opponent: str, engine: str) -> int:
        """Return the number of recorded rounds of this match."""
        self._count()
        return self._rounds[player, opponent, engine]

    def bouts(self, player: str, opponent: str, engine: str) -> list[Bout]:
        """Return all bouts of a match from the player's side, in the order in which they were recorded."""
        query = 'select * from bouts where player = ? and opponent = ? and engine = ? order by round, "index"'
        with self._reading() as db:
            rows = db.execute(query, (player, opponent, engine)).fetchall()
            return [_bout(bout) for _, bouts in _by_round(rows) for bout in bouts]

    def matches(self, engine: str) -> list[Match]:
        """Return the scores of all pairs on one engine, in the order in which they first played."""
        self._count()
        totals = self._totals.get(engine, {})
        return [Match(*names, score, self._ranks[engine][names]) for names, score in totals.items()]

    def rated_steps(self, engine: str) -> int:
        """Return the control steps of the first round of every match on one engine: those that training plays."""
        self._count()
        return self._first_steps[engine]

    def _count(self) -> None:
        """Count the bouts that were recorded since the last call."""
        with self._reading():
            unread = list(self._unread("bouts", 9))
            for (player, opponent, engine, round_), rows in _by_round([(*row, *sealed) for _, row, sealed in unread]):
                totals, names, bouts = self._totals.setdefault(engine, {}), (player, opponent), list(map(_bout, rows))
                totals[names] = totals.get(names, Score(0, 0, 0)) + Score.of(bouts)
                ranks = self._ranks.setdefault(engine, {}).setdefault(names, Counter())
                ranks.update(bout.ranks for bout in bouts if bout.teams)
                self._rounds[player, opponent, engine] += 1
                self._first_steps[engine] += 0 if round_ else sum(bout.steps for bout in bouts)
            self._last["bouts"] = max((number for number, _, _ in unread), default=self._last["bouts"])

    def _unread(self, table: str, columns: int) -> Iterator[tuple[int, tuple[Any, ...], tuple[str, ...]]]:
        """Yield the unread rows of a table: row number, the first `columns` columns, and the columns of digests."""
        query = f"select rowid, * from {table} where rowid > ? order by rowid"
        for number, *row in self._db.execute(query, (self._last[table],)).fetchall():
            yield number, tuple(row[:columns]), tuple(row[columns:])

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Read in one transaction, that is from one state of the file; raise `DohyoError` if the file is damaged."""
        try:
            self._db.execute("begin")
            try:
                yield self._db
            finally:
                self._db.rollback()
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise DohyoError(f"cannot read the record {self._path} ({one_line(error)}): {RESTORE}") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction, in the current schema; raise `DohyoError` if that is not possible."""
        try:
            self._db.execute("begin immediate")
            with self._db:
                upgrade(self._db)
                yield self._db
        except (ValueError, TypeError) as error:
            raise DohyoError(f"cannot read the record {self._path} ({one_line(error)}): {RESTORE}") from error
        except sqlite3.Error as error:
            raise DohyoError(
                f"cannot write to the record ({error}): make room, then resume: nothing is lost"
            ) from error

    def _fold_log(self) -> None:
        """Merge the write-ahead log into the file, so that a copy of the file without the log is complete."""
        try:
            self._db.execute("pragma wal_checkpoint(truncate)")
        except sqlite3.Error as error:
            raise DohyoError(
                f"cannot write to the record ({error}): make room, then resume: nothing is lost"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _row(bout: Bout) -> tuple[Any, ...]:
    """Return a bout as its row holds it."""
    row = (bout.index, bout.seat, bout.winner, bout.steps, bout.ending)
    return (*row, json.dumps(bout.teams)) if bout.teams else row


def _bout(row: Sequence[Any]) -> Bout:
    """Return the bout of a row that was checked."""
    return Bout(*row[:5], *map(read_teams, row[5:]))


def _by_round(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Yield match and bouts of each round; raises `ValueError` if a round is damaged."""
    for match, group in groupby(rows, key=lambda row: row[:4]):
        members = list(group)
        bouts = [row[4:9] + tuple(filter(None, row[9:10])) for row in members]
        check_round(match, bouts)
        if {row[10:] for row in members} not in ({()}, {(round_digest(match, bouts),)}):
            raise ValueError(f"round {match[3]} of {match[0]} against {match[1]} was changed")
        yield match, bouts
