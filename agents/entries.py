"""The entries of a policy's observation as text, and a table of the layouts of version 0.1, whose files lack them."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from dohyo.agents.files import parse_json
from dohyo.arenas.rules.arena import Entry, digest

BEFORE = "layouts.json"
"""Package data: the entries of every layout of version 0.1 by digest."""
Entries = tuple[Entry, ...]


def to_json(entries: Sequence[Entry]) -> str:
    """Return entries as a JSON list of name, size, unit and frame, that is of what their digest covers."""
    return json.dumps([[entry.name, entry.size, entry.unit, entry.frame] for entry in entries])


def from_json(text: str, layout: str) -> Entries:
    """Return the entries in a text of `to_json`; raises `ValueError` unless `layout` is their digest."""
    entries = _entries(parse_json(text))
    if digest(entries) != layout:
        raise ValueError("its observation's entries do not match their digest")
    return entries


def entries_before(layout: str) -> Entries:
    """Return the entries of a layout of version 0.1 by its digest; empty for any other layout."""
    return _entries(_before().get(layout, ()))


def names_before() -> set[str]:
    """Return the names of the entries of all layouts of version 0.1."""
    return {str(row[0]) for rows in _before().values() for row in rows}


@cache
def _before() -> dict[str, list[Any]]:
    table: dict[str, list[Any]] = parse_json((files("dohyo.agents") / BEFORE).read_text(encoding="utf-8"))
    return table


def _entries(rows: Sequence[Any]) -> Entries:
    for name, size, unit, frame in rows:
        if not all(isinstance(text, str) for text in (name, unit, frame)) or type(size) is not int or size < 0:
            raise ValueError("its observation's entries are not names, sizes, units and frames")
    return tuple(Entry(name, size, unit, frame, meaning="") for name, size, unit, frame in rows)
