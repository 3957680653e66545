"""`dohyo play`: bouts between two or more players, with sides swapped, and intervals of their wins."""

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
from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.arenas.randomisation import parse, texts_of
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import NOBODY
from dohyo.arenas.sides import seats_of_sides
from dohyo.cli.film import FILMS, Look, check_film, film
from dohyo.cli.options import (
    ArenaName,
    BodyName,
    CameraName,
    Deterministic,
    Device,
    DriveName,
    EngineName,
    Imports,
    Json,
    PhysicsName,
    PictureRate,
    PictureSize,
    Randomise,
    ReplayFile,
    Seed,
    Without,
    Workers,
    check_suffix,
    engine_words,
)
from dohyo.cli.progress import bar
from dohyo.cli.recording import record
from dohyo.cli.replays import REPLAYS, write_replay
from dohyo.curricula.matches.casting import Teams
from dohyo.curricula.matches.intervals import wilson
from dohyo.curricula.matches.match import Bout, play_match
from dohyo.curricula.matches.roles import roles_of
from dohyo.curricula.players import check_imports, find_player, set_up_for

WORLDS = 32
"""Number of worlds; the bouts depend on it, so it is fixed."""


Players = Annotated[
    list[str],
    typer.Option(
        "--seat",
        help="Once per player, side 0 first: snapshot file, run folder, zero or random. The last player also fills "
        "the sides that are left.",
        show_default=False,
    ),
]
Partners = Annotated[
    list[str] | None,
    typer.Option(
        "--partner",
        help="Player of the other seats on the first player's side; given again, of those on the second's, and so on.",
        show_default="the player",
    ),
]
Bouts = Annotated[
    int,
    typer.Option("--bouts", help="Bouts to play; players swap sides if all seats have the same role and body.", min=1),
]
Picture = Annotated[
    Path | None,
    typer.Option(
        "--picture", help="Also render one bout: .mp4 is a video, .gif is animated, .png shows several frames."
    ),
]


def command(
    arena: ArenaName,
    seat: Players,
    partner: Partners = None,
    body: BodyName = None,
    engine: EngineName = None,
    bouts: Bouts = 100,
    deterministic: Deterministic = False,
    picture: Picture = None,
    size: PictureSize = None,
    fps: PictureRate = None,
    camera: CameraName = "side",
    replay: ReplayFile = None,
    workers: Workers = None,
    drive: DriveName = None,
    physics: PhysicsName = None,
    randomise: Randomise = None,
    without: Without = None,
    seed: Seed = 0,
    device: Device = None,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Play bouts between two players, or one per side, and count wins and draws.

    Example: [bold]dohyo play sumo --seat runs/first --seat zero --bouts 100 --picture bout.gif[/bold]
    """
    check_suffix(picture, FILMS)
    check_suffix(replay, REPLAYS)
    check_film(picture)
    look = Look(size, fps, camera)
    check_imports(arena, seat)
    setup, randomisation = set_up_for(seat, arena, body, engine, drive, physics), parse(randomise or (), without or ())
    rules = build_arena(arena, setup.body, drive=setup.drive)
    named = _name_teams(seat, partner or (), rules.sides)
    body, engine, drive, physics = setup
    how: dict[str, Any] = {"drive": drive, "physics": physics, "randomisation": randomisation}
    with closing(make_batch(arena, body, engine, min(WORLDS, bouts), workers=workers, **how)) as batch:
        teams = _find(named, batch, seed, stochastic=not deterministic)
        results = _play(batch, teams, bouts, seed, swap=len(roles_of(rules)) == 1, quiet=as_json)
    about = {"arena": arena, "body": body, "engine": engine, "physics": physics, "seed": seed}
    summary = _summarise(results, named) | about | {"randomise": list(texts_of(randomisation))}
    if picture is not None or replay is not None:
        shown = record(arena, setup, teams, named, seed, randomisation)
        if picture is not None:
            film(picture, shown, look)
        if replay is not None:
            write_replay(replay, shown)
    _print(summary, as_json, {"picture": picture, "replay": replay})


def _name_teams(players: Sequence[str], partners: Sequence[str], sides: Sequence[int]) -> Teams:
    try:
        return Teams(players, sides, partners)
    except ConfigError as error:
        raise UnknownName(f"{error} (--seat, --partner)") from error


def _find(named: Teams, batch: Batch, seed: int, *, stochastic: bool) -> Teams:
    """Return the same teams with players instead of names."""
    chairs, seats = named.chairs(), [seat for side in seats_of_sides(named.sides) for seat in side]
    cast = [
        find_player(player, batch, seats[chairs.index(k)], stochastic=stochastic, seed=seed + k)
        for k, player in enumerate(named.cast)
    ]
    return Teams(cast[: len(named.players)], named.sides, cast[len(named.players) :])


def _play(batch: Batch, teams: Teams, bouts: int, seed: int, *, swap: bool, quiet: bool) -> list[Bout]:
    """Play the bouts, with a progress bar unless `quiet`."""
    with bar(quiet) as progress:
        task = progress.add_task("playing", total=bouts)
        return play_match(
            batch, teams.players, bouts, seed, lambda bout: progress.advance(task), swap=swap, partners=teams.partners
        )


def _summarise(bouts: Sequence[Bout], named: Teams) -> dict[str, Any]:
    wins = Counter((bout.winner, bout.winning_side) for bout in bouts)
    by_side = [[wins[k, side] for side in range(max(named.sides) + 1)] for k in range(len(named.players))]
    return {
        "bouts": len(bouts),
        "seats": list(named.players),
        "partners": list(named.partners),
        "wins": [sum(counts) for counts in by_side],
        "draws": wins[NOBODY, NOBODY],
        "mean_steps": float(np.mean([bout.steps for bout in bouts])),
        "endings": dict(Counter(bout.ending for bout in bouts).most_common()),
        "wins_by_side": by_side,
    }


def _print(record: dict[str, Any], as_json: bool, written: dict[str, Path | None]) -> None:
    if as_json:
        typer.echo(json.dumps(record))
        return
    sides = (f"on side {side}" for side in range(len(record["wins_by_side"][0])))
    figures = (Column(name, justify="right") for name in ("wins", "share, 95 % interval", *sides))
    title = f"{record['arena']} with {record['body']} on {engine_words(record['engine'], record['physics'])}"
    title += ", randomised" if record["randomise"] else ""
    table = Table(Column("player", overflow="fold"), *figures, title=title)
    for k, name in enumerate(record["seats"]):
        low, high = wilson(record["wins"][k], record["bouts"])
        share = f"{record['wins'][k] / record['bouts']:.1%} [{low:.1%}, {high:.1%}]"
        table.add_row(name, str(record["wins"][k]), share, *map(str, record["wins_by_side"][k]))
    console = Console()
    console.print(table)
    console.print(f"{record['draws']} draws in {record['bouts']} bouts of {record['mean_steps']:.0f} steps on average")
    console.print("endings: " + ", ".join(f"{why} {n}" for why, n in record["endings"].items()))
    for kind, path in written.items():
        if path is not None:
            console.print(f"{kind}: {path}")
