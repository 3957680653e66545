"""`dohyo push`: the wind test, which measures how long players stand against repeated pushes."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from dohyo.agents.snapshot import Part, Snapshot
from dohyo.arenas.batch import DIVERGED
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.push import Push
from dohyo.arenas.registry import Setup, build_arena
from dohyo.arenas.views.replay import Replay
from dohyo.cli.options import (
    CHARTS,
    Deterministic,
    EngineName,
    Imports,
    Json,
    PhysicsName,
    ReplayFile,
    Seed,
    Workers,
    check_suffix,
    engine_words,
)
from dohyo.cli.progress import bar
from dohyo.cli.recording import alone, record_in
from dohyo.cli.replays import REPLAYS, write_replay
from dohyo.curricula.evaluation.masked import MASKS
from dohyo.curricula.matches.casting import Teams
from dohyo.curricula.players import find_snapshot, set_up_for, trained_as

if TYPE_CHECKING:
    from dohyo.curricula.evaluation.push import Stand, Subject, WindConfig

Players = Annotated[
    list[str],
    typer.Argument(
        metavar="PLAYER...",
        help="Players to push: snapshot files, RUN, RUN:LEARNER, zero or random.",
        show_default=False,
    ),
]
Chart = Annotated[
    Path | None, typer.Option("--picture", help="Also draw the steps against the force, as a PNG, SVG or PDF file.")
]


def command(
    players: Players,
    forces: Annotated[str, typer.Option("--forces", help="Forces in N, separated by commas.")] = "200,300,400,500,600",
    bouts: Annotated[int, typer.Option("--bouts", help="Bouts of every player per force.", min=2)] = 200,
    engine: EngineName = None,
    physics: PhysicsName = None,
    mask: Annotated[
        str, typer.Option("--mask", help=f"Observation in place of the opponent: {', '.join(MASKS)}.")
    ] = "zero",
    deterministic: Deterministic = False,
    arena: Annotated[
        str | None,
        typer.Option("--arena", help="Arena of zero and random.", show_default="the first snapshot's, or sumo"),
    ] = None,
    body: Annotated[
        str | None,
        typer.Option("--body", help="Bodies of the seats.", show_default="the snapshot's, or ant"),
    ] = None,
    picture: Chart = None,
    replay: ReplayFile = None,
    workers: Workers = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Push players repeatedly and report the control steps until they fall: the paper's wind test.

    Example: [bold]dohyo push runs/first runs/standing zero --engine mujoco --picture wind.png[/bold]
    """
    setup = _set_up(players, arena, engine, physics)
    lookup(MASKS, mask, "mask")
    check_suffix(picture, CHARTS)
    check_suffix(replay, REPLAYS)
    from dohyo.curricula.evaluation.push import WindConfig

    common: dict[str, Any] = {
        "engine": setup.engine,
        "seed": seed,
        "physics": setup.physics,
        "bouts": bouts,
        "mask": mask,
    }
    config = WindConfig(_read_forces(forces), stochastic=not deterministic, workers=workers, **common)
    subjects = _find(players, arena, body)
    stands = _measure(subjects, config, as_json)
    if picture is not None:
        _draw(stands, picture)
    if replay is not None:
        write_replay(replay, _record(subjects[0], config))
    _report(subjects, stands, common, as_json, picture)


def _set_up(players: list[str], arena: str | None, engine: str | None, physics: str | None) -> Setup:
    """Return engine and physics, of which those of the first snapshot's training are the defaults."""
    origin = trained_as(players)
    first = origin.part.arena if origin is not None else arena or "sumo"
    return set_up_for(players, first, engine=engine, physics=physics)


def _measure(subjects: "list[Subject]", config: "WindConfig", quiet: bool) -> "list[Stand]":
    """Push all subjects with all forces, with a progress bar unless `quiet`."""
    from dohyo.curricula.evaluation.push import wind_test

    stands: list[Stand] = []
    with bar(quiet) as progress:
        task = progress.add_task("pushing", total=len(subjects) * len(config.forces) * config.bouts)
        for subject in subjects:
            stands += wind_test(subject, config, lambda bout: progress.advance(task))
    return stands


def _record(subject: "Subject", config: "WindConfig") -> Replay:
    """Return the replay of the subject's first bout, under the first force."""
    from dohyo.curricula.evaluation.push import set_wind

    force = config.forces[0]
    batch, players = set_wind(subject, force, config, 1, autoreset=False)
    setup = Setup(subject.body, config.engine, subject.drive, config.physics)
    names = [f"{subject.name}, pushed with {force:g} N", "zero, out of reach"]
    named = Teams(names if subject.seat == 0 else names[::-1], batch.arena.sides)
    replay = record_in(batch, setup, Teams(players, batch.arena.sides), named, config.seed)
    return alone(replay, batch.arena.scene, subject.seat)


def _read_forces(text: str) -> tuple[float, ...]:
    try:
        forces = tuple(map(float, text.split(",")))
    except ValueError:
        forces = ()
    if not forces or not all(math.isfinite(force) and force >= 0 for force in forces):
        raise UnknownName(f"unknown forces {text!r}: give numbers of N, 0 or more, with commas, such as 200,400")
    return tuple(dict.fromkeys(forces))


def _find(players: list[str], arena: str | None, body: str | None) -> list["Subject"]:
    """Return the subjects: snapshots in the arena of their training, built-in policies in the first snapshot's seat."""
    from dohyo.curricula.evaluation.push import Subject, check_pushable

    trained = {name: _place(name, find_snapshot(name), body) for name in players if name not in BUILT_IN}
    usual = Subject("", None, arena or "sumo", body or "ant", "target", seat=0)
    first = next((subject for subject in trained.values() if arena in (None, subject.arena)), usual)
    check_pushable(build_arena(first.arena, first.body, drive=first.drive))
    return [trained.get(name) or replace(first, name=name, snapshot=None) for name in dict.fromkeys(players)]


def _place(name: str, snapshot: Snapshot, body: str | None) -> "Subject":
    """Return the subject of a snapshot: its arena, and the first seat that it can play."""
    from dohyo.curricula.evaluation.push import Subject, check_pushable

    part = snapshot.origin.part
    rules = build_arena(part.arena, body or part.body, drive=part.drive)
    check_pushable(rules)
    able = [seat for seat in range(len(rules.seats)) if snapshot.plays(Part.of(rules, seat))]
    if not able:
        snapshot.check_plays(Part.of(rules, 0))
    return Subject(name, snapshot, part.arena, body or part.body, part.drive, able[0])


def _report(
    subjects: list["Subject"], stands: list["Stand"], settings: dict[str, Any], as_json: bool, picture: Path | None
) -> None:
    if not as_json:
        _print(stands, settings["bouts"], engine_words(settings["engine"], settings["physics"]), picture)
        return
    places = {s.name: {"arena": s.arena, "body": s.body, "seat": s.seat} for s in subjects}
    results = [
        {"player": s.player, **places[s.player], "force": s.force, "mean_steps": s.mean}
        | {"deviation": s.deviation, "error": s.error, "fell": s.fell, "endings": s.endings}
        for s in stands
    ]
    push = {"every": Push.every, "decay": Push.decay, "direction": Push.direction}
    typer.echo(json.dumps(settings | push | {"results": results}))


def _print(stands: list["Stand"], bouts: int, engine: str, picture: Path | None) -> None:
    columns = (Column(name, justify="right") for name in ("force, N", "steps to fall", "error", "deviation"))
    table = Table(Column("player", overflow="fold"), *columns, Column("fell", justify="right", no_wrap=True))
    table.caption = f"Mean steps, their standard error and standard deviation, on {engine}."
    for before, stand in zip([None, *stands], stands, strict=False):
        name = "" if before is not None and before.player == stand.player else stand.player
        figures = (f"{stand.force:g}", f"{stand.mean:.0f}", f"{stand.error:.1f}", f"{stand.deviation:.0f}")
        table.add_row(name, *figures, f"{stand.fell} of {bouts}")
    console = Console()
    console.print(table)
    if any(stand.fell < bouts for stand in stands):
        console.print("Bouts without a fall count with all of their steps: means that include them are too low.")
    lost = sorted({stand.force for stand in stands if DIVERGED in stand.endings})
    if lost:
        console.print(f"Physics diverged in bouts at {', '.join(f'{force:g}' for force in lost)} N: use less force.")
    if picture is not None:
        console.print(f"picture: {picture}")


def _draw(stands: list["Stand"], path: Path) -> None:
    """Draw mean steps against force, a line per player, with 95 % intervals of the means."""
    from dohyo.cli.chart_style import drawing, save

    with drawing(height=4.0, width=6.5) as (figure, [panel]):
        for player in dict.fromkeys(stand.player for stand in stands):
            own = sorted((stand for stand in stands if stand.player == player), key=lambda stand: stand.force)
            forces, means = [stand.force for stand in own], [stand.mean for stand in own]
            panel.errorbar(forces, means, [s.half_width for s in own], marker="o", capsize=3, label=player)
        panel.set(xlabel="force, N", ylabel="control steps to fall", ylim=(0, None))
        panel.legend()
        save(figure, path)
