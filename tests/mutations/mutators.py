"""Seeded changes of files: bytes, JSON values, headers of safetensors files, rows of SQLite files."""

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np

Mutator = Callable[[bytes, np.random.Generator], bytes]

DEEP = "[" * 100_000 + "]" * 100_000
"""JSON that no parser in Python takes."""
ODD: list[Any] = [
    None, True, False, -1, 0, 1, 7, 2**31, 2**63, 10**9, 10**30, -0.5, 0.5, 1e-320, 1e308, float("nan"), float("inf"),
    "", "x", "64", "../../etc/passwd", "a\nb", "\x00", "\ud800", "é" * 50, "9" * 5000, "x" * 100_000,
    [], [1], ["a", "b"], {}, {"a": 1}, [[[[[]]]]], {"a": {"b": [None]}},
]  # fmt: skip
"""Values of every type, and such as are out of any range."""


def flip(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip one to eight bits."""
    changed = bytearray(content)
    for place in rng.integers(8 * len(content), size=rng.integers(1, 9)).tolist() if content else []:
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def overwrite(content: bytes, rng: np.random.Generator) -> bytes:
    """Overwrite a stretch with zeros, ones, or noise."""
    start, length = int(rng.integers(len(content) + 1)), int(2 ** rng.uniform(0, 12))
    fill = [bytes(length), b"\xff" * length, rng.bytes(length)][rng.integers(3)]
    return content[:start] + fill[: len(content) - start] + content[start + length :]


def cut(content: bytes, rng: np.random.Generator) -> bytes:
    """Truncate, or leave out, repeat or put in a stretch."""
    one, two = sorted(rng.integers(len(content) + 1, size=2).tolist())
    return [
        content[:one],
        content[:one] + content[two:],
        content[:two] + content[one:],
        content[:one] + rng.bytes(int(rng.integers(1, 200))) + content[one:],
        b"",
    ][rng.choice(5, p=[0.4, 0.2, 0.2, 0.15, 0.05])]


def edit_json(content: bytes, rng: np.random.Generator) -> bytes:
    """Change a value of JSON text, or leave it out."""
    try:
        value = json.loads(content)
    except ValueError:
        return flip(content, rng)
    return _dump(_changed(value, rng), rng)


def edit_header(content: bytes, rng: np.random.Generator) -> bytes:
    """Change a value in the header of a safetensors file, or in the JSON texts of its metadata, or its length."""
    length = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + length]), content[8 + length :]
    if rng.random() < 0.1:
        return int(rng.choice([0, 1, length - 1, length + 1, 2**31, 2**63 - 1])).to_bytes(8, "little") + content[8:]
    texts = [name for name, text in header["__metadata__"].items() if text.startswith("{")]
    if texts and rng.random() < 0.5:
        name = texts[rng.integers(len(texts))]
        inner = _dump(_changed(json.loads(header["__metadata__"][name]), rng), rng)
        header["__metadata__"][name] = inner.decode(errors="replace")
        text = json.dumps(header).encode()
    else:
        text = _dump(_changed(header, rng), rng)
    return len(text).to_bytes(8, "little") + text + data


def edit_rows(content: bytes, rng: np.random.Generator) -> bytes:
    """Change a value of a row of an SQLite file, or delete or repeat a row, or drop a table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.sqlite"
        path.write_bytes(content)
        with closing(sqlite3.connect(path)) as db, suppress(sqlite3.IntegrityError), db:
            _edit_table(db, rng)
        return path.read_bytes()


def _edit_table(db: sqlite3.Connection, rng: np.random.Generator) -> None:
    tables = [name for (name,) in db.execute("select name from sqlite_master where type = 'table'")]
    table = tables[rng.integers(len(tables))]
    columns = [row[1] for row in db.execute(f"pragma table_info({table})")]
    column = columns[rng.integers(len(columns))]
    rows = [number for (number,) in db.execute(f"select rowid from {table}")]
    row = rows[rng.integers(len(rows))]
    match rng.choice(5, p=[0.76, 0.1, 0.1, 0.02, 0.02]):
        case 0:
            (old,) = db.execute(f'select "{column}" from {table} where rowid = ?', (row,)).fetchone()
            db.execute(f'update {table} set "{column}" = ? where rowid = ?', (_other(old, rng), row))
        case 1:
            db.execute(f"delete from {table} where rowid = ?", (row,))
        case 2:
            names = ", ".join(f'"{name}"' for name in columns)
            new = ", ".join("?" if name == column else f'"{name}"' for name in columns)
            db.execute(f"insert into {table} ({names}) select {new} from {table} where rowid = ?", (_odd(rng), row))
        case 3:
            db.execute(f"drop table {table}")
        case _:
            db.execute(f"pragma user_version={rng.integers(5)}")


def _other(old: Any, rng: np.random.Generator) -> Any:
    """Return another value for SQLite, near the old one in half of the cases."""
    if rng.random() < 0.5:
        return _odd(rng)
    if isinstance(old, str):
        return edit_json(old.encode(), rng).decode(errors="replace")
    return old + int(rng.integers(-3, 4))


def _odd(rng: np.random.Generator) -> Any:
    """Return a value that SQLite can hold."""
    value = [*ODD, b"", b"\xff\xfe", DEEP][rng.integers(len(ODD) + 3)]
    if isinstance(value, list | dict):
        return json.dumps(value)
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    return float(value) if isinstance(value, int) and abs(value) >= 2**63 else value


def _changed(value: Any, rng: np.random.Generator) -> Any:
    """Return JSON in which one value somewhere is another, or is left out."""
    if isinstance(value, dict | list) and value and rng.random() < 0.9:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key, copy = keys[rng.integers(len(keys))], value.copy()
        if rng.random() < 0.1:
            del copy[key]
        elif isinstance(copy, dict) and rng.random() < 0.05:
            copy[_name(rng)] = copy[key]
        else:
            copy[key] = _changed(value[key], rng)
        return copy
    if isinstance(value, int) and rng.random() < 0.3:
        return value + int(rng.integers(-3, 4))
    return ODD[rng.integers(len(ODD))]


def _name(rng: np.random.Generator) -> str:
    return str(ODD[rng.integers(len(ODD))])


def _dump(value: Any, rng: np.random.Generator) -> bytes:
    """Return JSON text, in which a value is nested too deeply now and then."""
    text = json.dumps(value)
    if rng.random() < 0.02:
        place = text.find(":") + 1
        text = text[:place] + DEEP + ("," if place == 0 else "") + text[place:]
    return text.encode()
