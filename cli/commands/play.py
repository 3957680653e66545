"""`dohyo play`: bouts between two policies, seats swapped, with an interval."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Column, Table

from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.players import Acts
from dohyo.arenas.registry import build_arena, need_two_seats, set_up
from dohyo.cli.film import FILMS, film
from dohyo.cli.options import ArenaName, BodyName, DriveName, EngineName, Imports, Json, Seed, Workers, check_suffix
from dohyo.cli.progress import bar
from dohyo.curricula.matches.intervals import wilson
from dohyo.curricula.matches.match import Bout, play_match
from dohyo.curricula.matches.roles import roles_of
from dohyo.curricula.players import check_imports, find_player, trained_on

WORLDS = 32
"""Worlds in which the bouts are played; part of what makes them repeatable."""


def command(
    arena: ArenaName,
    seat: Annotated[
        list[str],
        typer.Option(
            "--seat", help="Twice, seat 0 first: snapshot file, run folder, zero or random.", show_default=False
        ),
    ],
    body: BodyName = None,
    engine: EngineName = None,
    bouts: Annotated[
        int,
        typer.Option(
            "--bouts", help="Bouts to play; players alternate sides where both have the same role and body.", min=1
        ),
    ] = 100,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Act by the mean, without the policy's own noise.")
    ] = False,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Also render one bout: .gif moves, .png is a strip of frames.")
    ] = None,
    workers: Workers = None,
    drive: DriveName = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Play bouts between two policies and count wins, losses and draws.

    Example: [bold]dohyo play sumo --seat runs/first --seat zero --bouts 100 --picture bout.gif[/bold]
    """
    if len(seat) != 2:
        raise UnknownName(f"give --seat twice, once per player, not {len(seat)} times")
    check_suffix(picture, FILMS)
    check_imports(arena, seat)
    setup = set_up(arena, body, engine or trained_on(seat, arena), drive)
    rules = build_arena(arena, setup.body, drive=setup.drive)
    need_two_seats(arena)
    batch = make_batch(arena, setup.body, setup.engine, min(WORLDS, bouts), workers=workers, drive=setup.drive)
    with closing(batch):
        one, two = (
            find_player(name, batch, k, stochastic=not deterministic, seed=seed + k) for k, name in enumerate(seat)
        )
        results = _play(batch, (one, two), bouts, seed, swap=len(roles_of(rules)) == 1, quiet=as_json)
    record = _summarise(results, seat) | {"arena": arena, "body": setup.body, "engine": setup.engine, "seed": seed}
    if picture is not None:
        film(picture, arena, setup, (one, two), seed)
    _print(record, as_json, picture)


def _play(batch: Batch, pair: tuple[Acts, Acts], bouts: int, seed: int, *, swap: bool, quiet: bool) -> list[Bout]:
    """Play the bouts, with a progress bar unless `quiet`."""
    with bar(quiet) as progress:
        task = progress.add_task("playing", total=bouts)
        return play_match(batch, pair, bouts, seed, lambda bout: progress.advance(task), swap=swap)


def _summarise(bouts: Sequence[Bout], seats: Sequence[str]) -> dict[str, Any]:
    winners = Counter(bout.winner for bout in bouts)
    return {
        "bouts": len(bouts),
        "seats": list(seats),
        "wins": [winners[0], winners[1]],
        "draws": winners[-1],
        "mean_steps": float(np.mean([bout.steps for bout in bouts])),
        "endings": dict(Counter(bout.ending for bout in bouts).most_common()),
        "wins_by_side": [
            [sum(b.winner == k and (b.seat == side) == (k == 0) for b in bouts) for side in (0, 1)] for k in (0, 1)
        ],
    }


def _print(record: dict[str, Any], as_json: bool, picture: Path | None) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    figures = (Column(name, justify="right") for name in ("wins", "share, 95 % interval", "on side 0", "on side 1"))
    title = f"{record['arena']} with {record['body']} on {record['engine']}"
    table = Table(Column("player", overflow="fold"), *figures, title=title)
    for k, name in enumerate(record["seats"]):
        low, high = wilson(record["wins"][k], record["bouts"])
        share = f"{record['wins'][k] / record['bouts']:.1%} [{low:.1%}, {high:.1%}]"
        table.add_row(name, str(record["wins"][k]), share, *map(str, record["wins_by_side"][k]))
    console = Console()
    console.print(table)
    console.print(f"{record['draws']} draws in {record['bouts']} bouts of {record['mean_steps']:.0f} steps on average")
    console.print("endings: " + ", ".join(f"{why} {n}" for why, n in record["endings"].items()))
    if picture is not None:
        console.print(f"picture: {picture}")
