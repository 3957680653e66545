"""`dohyo arenas`: a list of all arenas."""

import json
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.arenas.physics import is_installed
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.arena import observation_size
from dohyo.cli.options import Imports, Json


def command(imports: Imports = None, as_json: Json = False) -> None:
    """List all arenas with their bodies, seats, sizes of observations and actions, and engines.

    Example: [bold]dohyo arenas --json[/bold]
    """
    rows = [_describe(name) for name in ARENAS]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    Console().print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of arenas for a terminal of 80 columns: one line per body, seat or engine."""
    columns = [Column(name, overflow="fold") for name in ("arena", "seats", "engines", "body", "sees", "does")]
    caption = "Numbers that a body sees and does where it meets its like; second line: name for PettingZoo."
    if any(set(row["engines"]) > set(row["installed"]) for row in rows):
        caption += " *: not installed."
    table = Table(*columns, box=box.SIMPLE, padding=(0, 1, 0, 0), show_lines=True, pad_edge=False, caption=caption)
    for row in rows:
        engines = [name if name in row["installed"] else f"{name}*" for name in row["engines"]]
        lists = ([f"[bold]{row['arena']}[/bold]", row["id"]], row["seats"], engines, row["bodies"])
        sizes = [map(str, row[key].values()) for key in ("observation", "action")]
        table.add_row(*map("\n".join, (*lists, *sizes)))
    return table


def _describe(name: str) -> dict[str, Any]:
    spec = ARENAS[name]
    rules = {body: build_arena(name, body) for body in spec.bodies}
    return {
        "id": spec.id,
        "arena": name,
        "bodies": list(spec.bodies),
        "seats": list(next(iter(rules.values())).seats),
        "engines": list(spec.engines),
        "installed": list(filter(is_installed, spec.engines)),
        "observation": {body: observation_size(arena.entries(0)) for body, arena in rules.items()},
        "action": {body: len(arena.scene.seats[0].joint_range) for body, arena in rules.items()},
    }
