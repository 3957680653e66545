"""`dohyo agents`: a list of the trained agents that come with the package."""

import json
from collections.abc import Mapping
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.agents.pretrained import PREFIX, about, shipped
from dohyo.agents.snapshot import load_snapshot
from dohyo.cli.options import Json

COLUMNS = ("agent", "arena", "role", "body", "network", "samples", "zero", "random")


def command(as_json: Json = False) -> None:
    """List the trained agents that come with the package; each is a player, as in `--seat pretrained/NAME`.

    Example: [bold]dohyo agents --json[/bold]
    """
    rows = [describe(name) for name in shipped()]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    table = Table(*(Column(name, no_wrap=True) for name in COLUMNS), box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.caption = "Won, lost and drawn bouts. Each is a player: --seat pretrained/AGENT."
    for row in rows:
        scores = [", ".join(map(str, row["strength"].get(name, ("?",)))) for name in ("zero", "random")]
        cells = (
            row["agent"].removeprefix(PREFIX),
            row["arena"],
            row["role"],
            row["body"],
            row["network"],
            f"{row['samples'] / 1e6:.1f} M",
        )
        table.add_row(*cells, *scores)
    Console().print(table)


def describe(name: str) -> dict[str, Any]:
    """Return what the list shows of a shipped agent."""
    snapshot = load_snapshot(shipped()[name])
    origin = snapshot.origin
    return {
        "agent": PREFIX + name,
        "arena": origin.part.arena,
        "role": origin.part.role,
        "body": origin.part.body,
        "network": "lstm" if snapshot.policy().memory else "mlp",
        "samples": origin.samples,
        "engine": origin.engine,
        "physics": origin.physics,
        "seed": origin.seed,
        "snapshot": snapshot.name,
        "strength": _strength(about(name)),
    }


def _strength(card: Mapping[str, Any]) -> dict[str, tuple[int, int, int]]:
    """Return the bouts won, lost and drawn against each opponent, in all roles, with the card's first engine."""
    found: dict[str, tuple[int, int, int]] = {}
    for row in card["matches"]:
        if all(row[name] == card["measured"][name] for name in ("engine", "physics")):
            before = found.get(row["player"], (0, 0, 0))
            counts = row["wins"], row["losses"], row["draws"]
            found[row["player"]] = before[0] + counts[0], before[1] + counts[1], before[2] + counts[2]
    return found
