"""`dohyo bench`: control steps per second, next to the bare engine on the same scene."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dohyo.arenas.bench import Speed, measure
from dohyo.arenas.physics import ENGINES, cores
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.cli.options import BodyName, EngineName, Json, Workers


def command(
    arena: Annotated[str, typer.Argument(help=f"Arena: {', '.join(ARENAS)}.")] = "sumo",
    body: BodyName = "ant",
    engine: EngineName = "pybullet",
    worlds: Annotated[int, typer.Option("--worlds", help="Worlds stepped together.", min=1)] = 64,
    workers: Workers = None,
    blocks: Annotated[int, typer.Option("--blocks", help="Blocks of ten control steps to time.", min=1)] = 20,
    everything: Annotated[
        bool, typer.Option("--all", help="Every arena, body and engine, on one core and on all.")
    ] = False,
    training: Annotated[bool, typer.Option("--training", help="Time training and its two halves instead.")] = False,
    as_json: Json = False,
) -> None:
    """Measure the batch and the bare engine in turn, in one run, and their ratio.

    Example: [bold]dohyo bench sumo --body ant --worlds 64 --engine mujoco[/bold]
    """
    build_arena(arena, body)
    if training:
        _training(arena, body, engine, worlds, workers, as_json)
        return
    cases = [(arena, body, engine, workers)]
    if everything:
        cases = [(a, b, e, w) for a in ARENAS for b in ARENAS[a].bodies for e in ENGINES for w in sorted({1, cores()})]
    speeds = [measure(a, b, e, worlds, w, blocks=blocks) for a, b, e, w in cases]
    if as_json:
        records = [asdict(speed) for speed in speeds]
        typer.echo(json.dumps(records if everything else records[0]))
        return
    _print(speeds)


def _print(speeds: list[Speed]) -> None:
    table = Table(
        "arena", "body", "engine", "worlds", "workers", "batch steps/s", "engine steps/s", "ratio", "MB/world"
    )
    for s in speeds:
        figures = (
            f"{s.batch_steps_per_s:,.0f}",
            f"{s.engine_steps_per_s:,.0f}",
            f"{s.ratio:.2f}",
            f"{s.mb_per_world:.2f}",
        )
        table.add_row(s.arena, s.body, s.engine, str(s.worlds), str(s.workers), *figures)
    Console().print(table)


def _training(arena: str, body: str, engine: str, worlds: int, workers: int | None, as_json: bool) -> None:
    from dohyo.curricula.ceiling import measure_training
    from dohyo.curricula.run import TrainConfig

    config = TrainConfig(arena=arena, body=body, engine=engine, worlds=worlds, workers=workers)
    speed = measure_training(config, generations=config.rate_every)
    if as_json:
        typer.echo(json.dumps(asdict(speed)))
        return
    table = Table("arena", "engine", "rollouts alone", "updates alone", "training", "share of the slower half")
    rates = (f"{rate:,.0f} samples/s" for rate in (speed.rollouts, speed.updates, speed.training))
    table.add_row(speed.arena, speed.engine, *rates, f"{speed.share:.2f}")
    Console().print(table)
