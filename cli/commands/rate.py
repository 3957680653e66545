"""`dohyo rate`: ratings of a run's snapshots against its frozen references."""

import json
from contextlib import closing
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.cli.options import Device, Imports, Json, RunPath
from dohyo.cli.progress import bar
from dohyo.curricula.ratings.referee import Referee
from dohyo.curricula.ratings.references import title
from dohyo.curricula.ratings.table import collect
from dohyo.curricula.ratings.warning_signs import stalled
from dohyo.curricula.run.folder import RunFolder


def command(
    run: RunPath,
    bouts: Annotated[
        int,
        typer.Option("--bouts", help="First play this many more bouts of the newest snapshot per reference.", min=0),
    ] = 0,
    device: Device = None,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Show the ratings of a run's snapshots with 95 % intervals, from all rated bouts so far.

    Example: [bold]dohyo rate runs/first --bouts 100[/bold]
    """
    with closing(RunFolder.open(run)) as folder:
        newest = [folder.latest(learner).name for learner in folder.learners]
        if bouts:
            folder.lock()
            _play_more(folder, newest, bouts, quiet=as_json)
        record = collect(folder)
    if as_json:
        typer.echo(json.dumps(record))
        return
    _print(record)


def _play_more(folder: RunFolder, players: list[str], bouts: int, quiet: bool) -> None:
    referee = Referee(folder)
    pairs = [pair for player in players for pair in referee.unmet(player)]  # references that have not met as well
    pairs += [(player, opponent) for player in players for opponent in referee.opponents(player)]
    pairs = list(dict.fromkeys(pairs))
    try:
        with bar(quiet) as progress:
            task = progress.add_task("playing", total=bouts * len(pairs))
            referee.play(pairs, bouts, lambda bout: progress.advance(task))
    finally:
        referee.close()


def _print(record: dict[str, Any]) -> None:
    console, anchors = Console(), record["reference_ratings"]
    for learner in dict.fromkeys(row["learner"] for row in record["snapshots"]):
        rows = [row for row in record["snapshots"] if row["learner"] == learner]
        met = {name: known for name, known in anchors.items() if any(name in row["win_rate"] for row in rows)}
        console.print(_table(rows, met, learner))
        for sign in _signs(rows):
            console.print(sign, soft_wrap=True)
    anchor = next(iter(anchors.values()))["title"]
    console.print(f"References never change; {anchor} anchors at 25. Engine {record['engine']}.")
    if (sides := record["sides"]) > 2:
        console.print(
            f"A snapshot takes one of {sides} sides, the reference the others: an equal wins {1 / sides:.0%}."
        )


def _table(rows: list[dict[str, Any]], met: dict[str, dict[str, Any]], learner: str) -> Table:
    roles = {known["role"] for known in met.values()}
    labels = {name: title(name, known["role"], known["generation"], len(roles) > 1) for name, known in met.items()}
    # Labels on two lines, and naming a shared role only once, keep the figures whole in a terminal of 80 columns.
    lines = (label.replace("@", "\n@").replace(" ", "\n") for label in labels.values())
    columns = (Column(name, no_wrap=True) for name in ("gen", "snapshot", "samples", "rating [95 %]", *lines))
    owners = {known["learner"] for known in met.values()} - {None}
    whose = "" if owners <= roles else f" Generations are {', '.join(sorted(owners))}'s."
    caption = f"Share of wins against each reference{'' if len(roles) > 1 else f' ({roles.pop()})'}.{whose}"
    table = Table(*columns, title=learner, box=box.SIMPLE, pad_edge=False, padding=0, caption=caption)
    for row in rows:
        rating = f"{row['rating']:.1f} [{row['low']:.1f}, {row['high']:.1f}]"
        shares = [f"{row['win_rate'][name]:.0%}" if name in row["win_rate"] else "" for name in labels]
        mark = "*" if row["previous"] and row["previous"]["against_itself_alone"] else ""
        generation = f"{row['generation']}{mark}"
        table.add_row(generation, row["snapshot"][:8], f"{row['samples'] / 1e6:.1f}M", rating, *shares)
    return table


def _signs(rows: list[dict[str, Any]]) -> list[str]:
    """Return a line for each warning sign of a learner's ratings."""
    lines = []
    if any(row["previous"] and row["previous"]["against_itself_alone"] for row in rows):
        lines.append("* beats the snapshot rated before it but is not rated higher: better only against itself")
    last = rows[-1]
    if stalled(last["draws"]):
        lines.append(f"Stalled: {last['draws']:.0%} of generation {last['generation']}'s rated bouts are draws.")
    return lines
