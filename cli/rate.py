"""`dohyo rate`: ratings of a run's snapshots against its frozen references."""

import json
from contextlib import closing
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from dohyo.cli.options import Json, RunPath
from dohyo.curricula.rated import Referee, references
from dohyo.curricula.ratings import rate
from dohyo.curricula.run import RunFolder


def command(
    run: RunPath,
    bouts: Annotated[
        int,
        typer.Option("--bouts", help="First play this many more bouts of the newest snapshot per reference.", min=0),
    ] = 0,
    as_json: Json = False,
) -> None:
    """Show the ratings of a run's snapshots, with 95 % intervals, from all rated bouts so far.

    Example: [bold]dohyo rate runs/first --bouts 100[/bold]
    """
    with closing(RunFolder.open(run)) as folder:
        newest = folder.latest().name
        if bouts:
            folder.lock()
            _play_more(folder, newest, bouts, quiet=as_json)
        record = _collect(folder)
    if as_json:
        typer.echo(json.dumps(record))
        return
    _print(record)


def _play_more(folder: RunFolder, player: str, bouts: int, quiet: bool) -> None:
    known = references(folder.league.generations())
    opponents = [name for name in known if name != player]
    referee = Referee(folder)
    try:
        with Progress(transient=True, console=Console(stderr=True), disable=quiet) as progress:
            task = progress.add_task("playing", total=bouts * len(opponents))
            for opponent in opponents:
                referee.play(player, opponent, bouts, lambda bout: progress.advance(task))
    finally:
        referee.close()


def _collect(folder: RunFolder) -> dict[str, Any]:
    chain = folder.league.generations()
    known, matches = references(chain), folder.league.matches(folder.config.engine)
    ratings = rate(known, matches)
    snapshots = []
    for link in chain:
        played = {m.opponent: m for m in matches if m.player == link.snapshot}
        if not played:
            continue
        rating = ratings[link.snapshot]
        snapshots.append(
            {
                "snapshot": link.snapshot,
                "generation": link.generation,
                "samples": link.samples,
                "rating": rating.mu,
                "low": rating.low,
                "high": rating.high,
                "win_rate": {name: m.wins / m.bouts for name, m in played.items()},
                "bouts": {name: m.bouts for name, m in played.items()},
            }
        )
    generation = {link.snapshot: link.generation for link in chain}
    anchors = {
        name: {"generation": generation.get(name), "rating": ratings[name].mu, "low": ratings[name].low}
        | {"high": ratings[name].high}
        for name in known
    }
    return {
        "engine": folder.config.engine,
        "references": known,
        "reference_ratings": anchors,
        "snapshots": snapshots,
    }


def _print(record: dict[str, Any]) -> None:
    anchors = record["reference_ratings"]
    labels = {x: x if anchors[x]["generation"] is None else f"gen {anchors[x]['generation']}" for x in anchors}
    columns = (Column(name, no_wrap=True) for name in ("gen", "snapshot", "samples", "rating [95 %]", *labels.values()))
    table = Table(*columns, box=box.SIMPLE, pad_edge=False, padding=0, caption="Share of wins against each reference.")
    for row in record["snapshots"]:
        rating = f"{row['rating']:.1f} [{row['low']:.1f}, {row['high']:.1f}]"
        shares = [f"{row['win_rate'][name]:.0%}" if name in row["win_rate"] else "" for name in labels]
        table.add_row(str(row["generation"]), row["snapshot"][:8], f"{row['samples'] / 1e6:.1f}M", rating, *shares)
    console = Console()
    console.print(table)
    console.print(f"References never change; {next(iter(labels.values()))} anchors at 25. Engine {record['engine']}.")
