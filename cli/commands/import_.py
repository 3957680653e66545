"""`dohyo import`: make snapshots of the agents that the paper's authors published in 2017."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.agents.published.importer import Import, find_published, read_published, save_published
from dohyo.cli.options import Imports, Json
from dohyo.cli.suggestions import quoted


def command(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files of the published agents, unchanged, or folders of them.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the snapshots.", show_default=False)],
    arena: Annotated[
        str | None,
        typer.Option("--arena", help="Their arena, if size and path do not determine it.", show_default=False),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option("--role", help="Their role, if size and path do not determine it.", show_default=False),
    ] = None,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Make snapshots of the agents published with arXiv 1710.03748 and 1710.03641.

    Example: [bold]dohyo import multiagent-competition/agent-zoo --out published[/bold]
    """
    found = list(dict.fromkeys(file for path in files for file in find_published(path)))
    agents = [read_published(file, arena, role) for file in found]
    paths = save_published(agents, out)
    rows = [_describe(one, path) for one, path in zip(agents, paths, strict=True)]
    if as_json:
        typer.echo(json.dumps({"out": str(out), "snapshots": rows}))
        return
    columns = (Column(name, overflow="fold") for name in ("file", "plays", "with", "snapshot"))
    table = Table(*columns, box=box.SIMPLE, pad_edge=False)
    for row in rows:
        plays, bears = f"{row['arena']} as {row['role']}", f"{row['body']}, {row['network']}"
        table.add_row(row["file"], plays, bears, Path(row["snapshot"]).name)
    Console().print(table)
    first = rows[0]
    seats = [first["snapshot"] if seat == first["seat"] else "zero" for seat in (0, 1)]
    watch = quoted("dohyo", "play", first["arena"], "--seat", seats[0], "--seat", seats[1], "--picture", "bout.gif")
    typer.echo(f"{len(rows)} snapshots in {out}. Watch one: {watch}")


def _describe(one: Import, path: Path) -> dict[str, Any]:
    kind, origin = one.place.kind, one.snapshot.origin
    return {
        "file": str(one.file),
        "snapshot": str(path),
        "name": one.snapshot.name,
        "arena": origin.part.arena,
        "role": origin.part.role,
        "seat": one.place.seat,
        "body": origin.part.body,
        "network": kind.network.name,
        "observation": origin.observation,
        "action": origin.action,
    }
