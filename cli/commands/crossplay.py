"""`dohyo crossplay`: all pairs of players, with the Nash mixture, cycles and side bias."""

import json
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.arenas.errors import UnknownName
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import build_arena
from dohyo.cli.options import EngineName, Imports, Json, PhysicsName, Seed, Workers, check_suffix, engine_words
from dohyo.cli.players import find_entrant
from dohyo.cli.progress import play_all
from dohyo.curricula.matches.roles import check_roles, roles_of
from dohyo.curricula.players import find_snapshot, set_up_for

if TYPE_CHECKING:
    from dohyo.arenas.rules.arena import Arena
    from dohyo.curricula.evaluation.crossplay import CrossConfig, Entrant
    from dohyo.curricula.evaluation.crosstable import CrossTable
    from dohyo.curricula.matches.score import Score

HeatMap = Annotated[Path | None, typer.Option("--picture", help="Also draw the payoffs as a heat map, .png.")]


def command(
    player: Annotated[
        list[str],
        typer.Argument(
            help="Players: snapshot file, RUN, RUN:LEARNER, RUN@GENERATION, zero or random.", show_default=False
        ),
    ],
    bouts: Annotated[int, typer.Option("--bouts", help="Bouts of every pair.", min=1)] = 100,
    arena: Annotated[
        str | None, typer.Option("--arena", help="Arena, needed without snapshots.", show_default="the snapshots'")
    ] = None,
    body: Annotated[
        str | None,
        typer.Option("--body", help="Bodies of the seats, if the snapshots' differ.", show_default="the snapshots'"),
    ] = None,
    engine: EngineName = None,
    physics: PhysicsName = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Record matches in this folder; the same command resumes them."),
    ] = None,
    picture: HeatMap = None,
    workers: Workers = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Play every pair of players, and each player against itself: scores, the Nash mixture, cycles and side bias.

    Example: [bold]dohyo crossplay runs/a runs/b runs/b@10 zero --bouts 200 --out runs/table[/bold]
    """
    from dohyo.curricula.evaluation.plots import draw_heat_map

    check_suffix(picture, (".png",))
    config = _config(player, arena, body, (engine, None, physics), seed)
    rules = build_arena(config.arena, config.body, drive=config.drive)
    check_roles(rules, roles_of(rules))
    entrants = _entrants(player, rules)
    with tempfile.TemporaryDirectory() as scratch:
        table = _play(out or Path(scratch), config, entrants, bouts, workers, as_json)
    if picture is not None:
        draw_heat_map(table, picture)
    if as_json:
        head = {name: getattr(config, name) for name in ("arena", "body", "engine", "physics", "seed")}
        typer.echo(json.dumps(head | {"bouts": bouts} | table.record()))
        return
    engine = engine_words(config.engine, config.physics)
    _print(table, f"{config.arena} with {config.body} on {engine}, {bouts} bouts of every pair")


def _config(
    names: Sequence[str], arena: str | None, body: str | None, scene: Sequence[str | None], seed: int
) -> "CrossConfig":
    """Return the settings of all matches: those typed, else the snapshots'; `scene` is engine, drive and physics."""
    from dohyo.curricula.evaluation.crossplay import CrossConfig

    parts = [find_snapshot(name).origin.part for name in names if name not in BUILT_IN]
    if arena is None and not parts:
        raise UnknownName("give --arena: without snapshots the arena is not known")
    bodies = list(dict.fromkeys(part.body for part in parts))
    if body is None and len(bodies) > 1:
        raise UnknownName(f"players have different bodies: give one per seat, such as --body {','.join(bodies)}")
    arena = arena or parts[0].arena
    setup = set_up_for(names, arena, body or next(iter(bodies), None), *scene)
    return CrossConfig(arena, *setup[:3], seed, setup.physics)


def _entrants(names: Sequence[str], arena: "Arena") -> "list[Entrant]":
    """Return the entrants; raises `UnknownName` if two are the same."""
    known: dict[tuple[str, str], str] = {}
    entrants = [find_entrant(name, arena) for name in names]
    for entrant in entrants:
        key = entrant.key(0), entrant.key(1)
        if key in known:
            raise UnknownName(f"{known[key]} and {entrant.label} are the same player: give each once")
        known[key] = entrant.label
    return entrants


def _play(
    folder: Path, config: "CrossConfig", entrants: "list[Entrant]", bouts: int, workers: int | None, quiet: bool
) -> "CrossTable":
    """Play the missing bouts, with a progress bar unless `quiet`, and return the table."""
    from dohyo.curricula.evaluation.crossplay import Crossplay
    from dohyo.curricula.evaluation.crosstable import tabulate

    with closing(Crossplay(folder, config, workers)) as crossplay:
        play_all(crossplay, [(pair, bouts) for pair in crossplay.pairs(entrants)], quiet)
        return tabulate(crossplay, entrants)


def _print(table: "CrossTable", title: str) -> None:
    """Print the scores, the Nash mixture, cycles and side bias."""
    console = Console()
    console.print(title)
    console.print(_scores(table))
    console.print(_mixture(table))
    cycles = table.cycles
    for cycle in cycles:
        console.print("cycle: " + " beats ".join([*cycle, cycle[0]]))
    if not cycles:
        console.print("no cycle of three")
    for knot in table.knots:
        console.print("no order among: " + ", ".join(knot))
    console.print(_sides(table))


def _scores(table: "CrossTable") -> Table:
    """Return a table with a cell per match: the row player's share of wins, its interval, wins, draws and losses."""
    number = {name: str(k) for k, name in enumerate(dict.fromkeys((*table.rows, *table.columns)), 1)}
    player = Column("player", overflow="fold")  # names of a run's snapshots differ only at their ends
    columns = (number[name] for name in table.columns)
    grid = Table("", player, *columns, box=box.SIMPLE, show_lines=True, pad_edge=False)
    grid.title = "wins of the row's player" + ("" if table.symmetric else "; rows play seat 0, columns seat 1")
    for i, (row, scores) in enumerate(zip(table.rows, table.scores, strict=True)):
        cells = ["" if table.symmetric and i == j else _cell(score) for j, score in enumerate(scores)]
        grid.add_row(number[row], row, *cells)
    for name in table.columns:
        if name not in table.rows:
            grid.add_row(number[name], name)
    grid.caption = "share of wins, 95 % interval, wins/draws/losses"
    return grid


def _cell(score: "Score") -> str:
    low, high = score.interval
    return f"{score.win_rate:.0%}\n{low:.0%}-{high:.0%}\n{score.wins}/{score.draws}/{score.losses}"


def _mixture(table: "CrossTable") -> Table:
    """Return the Nash mixture as a table, one per side if the sides differ."""
    balance = table.equilibrium
    sides = (
        [(table.rows, balance.rows)]
        if table.symmetric
        else [(table.rows, balance.rows), (table.columns, balance.columns)]
    )
    grid = Table(
        Column("player", overflow="fold"), Column("share", justify="right"), box=box.SIMPLE_HEAD, pad_edge=False
    )
    grid.title = "Nash mixture" if table.symmetric else f"Nash mixtures, payoff {balance.value:+.2f} to seat 0"
    for players, mixture in sides:
        for name, share in zip(players, mixture, strict=True):
            grid.add_row(name, f"{share:.0%}")
        grid.add_section()
    return grid


def _sides(table: "CrossTable") -> Table:
    """Return a table of each seat's wins in bouts of a player against itself."""
    many = any(side.count > 2 for side in table.sides)
    first, rest = ("side 0", "others") if many else ("seat 0", "seat 1")
    names = (Column("player", overflow="fold"), first, rest, "draws", f"{first}'s share of decided bouts", "")
    grid = Table(*names, title="against itself", box=box.SIMPLE_HEAD, pad_edge=False)
    for side in table.sides:
        share = "none decided" if side.share is None else f"{side.share:.0%} [{side.low:.0%}, {side.high:.0%}]"
        mark = "biased" if side.biased else ""
        grid.add_row(side.player, *map(str, side.wins), str(side.draws), share, mark)
    return grid
