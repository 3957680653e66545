"""`dohyo arenas`: what there is."""

import json
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from dohyo.arenas.physics import ENGINES
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules import observation_size
from dohyo.cli.options import Json


def command(as_json: Json = False) -> None:
    """List arenas, the bodies they take, their seats, spaces and engines.

    Example: [bold]dohyo arenas --json[/bold]
    """
    rows = [_describe(name) for name in ARENAS]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table("arena", "id", "bodies", "seats", "engines", "observation", "action")
    for row in rows:
        sizes = [", ".join(f"{body} {size}" for body, size in row[key].items()) for key in ("observation", "action")]
        lists = [", ".join(row[key]) for key in ("bodies", "seats", "engines")]
        table.add_row(row["arena"], row["id"], *lists, *sizes)
    Console().print(table)


def _describe(name: str) -> dict[str, Any]:
    spec = ARENAS[name]
    rules = {body: build_arena(name, body) for body in spec.bodies}
    return {
        "id": spec.id,
        "arena": name,
        "bodies": list(spec.bodies),
        "seats": list(next(iter(rules.values())).seats),
        "engines": list(ENGINES),
        "observation": {body: observation_size(arena.entries(0)) for body, arena in rules.items()},
        "action": {body: len(arena.scene.seats[0].links) for body, arena in rules.items()},
    }
