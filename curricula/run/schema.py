"""The SQLite schema of a run's record, and the upgrade of records of Dohyo 0.1."""

import sqlite3

from dohyo.curricula.run.row_checks import digest

SCHEMA = """
create table if not exists generations (
    learner text not null,
    generation integer not null,
    snapshot text not null,
    samples integer not null,
    seconds real not null,
    curves text not null,
    checkpoint text not null default '',
    payoffs text not null default '',
    digest text not null default '',
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
    teams text not null default '',
    digest text not null default '',
    primary key (player, opponent, engine, round, "index")
);
"""
VERSION, UNSEALED = 3, 2
"""Versions of the schema, in the file's `user_version`. Version 2, of Dohyo 0.1, lacks some columns, see `ADDED`."""
ADDED = (
    ("generations", "checkpoint"),
    ("generations", "payoffs"),
    ("generations", "digest"),
    ("bouts", "teams"),
    ("bouts", "digest"),
)
"""Tables and columns that version 3 added."""
MATCH = ("player", "opponent", "engine", "round")
BOUT = ("index", "seat", "winner", "steps", "ending")


def upgrade(db: sqlite3.Connection) -> None:
    """Upgrade a record of version 2 to version 3, whose rows have digests, within the open transaction.

    Raises `ValueError` for rows with impossible values.
    """
    if db.execute("pragma user_version").fetchone()[0] != UNSEALED:
        return
    for table, column in ADDED:
        db.execute(f"alter table {table} add column {column} text not null default ''")
    for learner in db.execute("select distinct learner from generations").fetchall():
        last = "select max(generation) from generations where learner = ?"
        db.execute(
            f"update generations set payoffs = ? where learner = ? and generation = ({last})",
            (payoffs_digest(db, *learner), *learner, *learner),
        )
    for number, *row in db.execute("select rowid, * from generations").fetchall():
        db.execute("update generations set digest = ? where rowid = ?", (digest(row[:-1]), number))
    for match in db.execute(f"select distinct {', '.join(MATCH)} from bouts").fetchall():
        where = " and ".join(f"{name} = ?" for name in MATCH)
        columns = ", ".join(f'"{name}"' for name in BOUT)
        bouts = db.execute(f"select {columns} from bouts where {where}", match).fetchall()
        db.execute(f"update bouts set digest = ? where {where}", (round_digest(match, bouts), *match))
    db.execute(f"pragma user_version={VERSION}")


def payoffs_digest(db: sqlite3.Connection, learner: str) -> str:
    """Return the digest of all payoffs of a learner."""
    rows = db.execute("select snapshot, games, score, quality from payoffs where learner = ?", (learner,))
    return digest(sorted(rows.fetchall()))


def round_digest(match: tuple[object, ...], bouts: list[tuple[object, ...]]) -> str:
    """Return the digest of a round's bouts, whatever their order.

    A bout is index, seat, winner, steps, ending and, with more than two sides, its teams.
    """
    return digest([*match, *sorted(bouts)])
