"""`dohyo train`: self-play training into a run folder, with live progress; run it again to resume."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dohyo.agents.learning.config import tune
from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.registry import build_arena, need_two_seats, set_up
from dohyo.cli.options import (
    MEETINGS,
    WORLD,
    Anneal,
    ArenaName,
    BodyName,
    Dense,
    DriveName,
    EngineName,
    From,
    Imports,
    Json,
    ParametrizationName,
    PolicyName,
    Ppo,
    RestartSchedules,
    Seed,
    ValueName,
    Width,
    Workers,
    begin_as,
    choose_ppo,
    read_weights,
)
from dohyo.cli.progress import train_in
from dohyo.curricula.opponents.samplers import LEAGUE, OPPONENTS, check_opponents
from dohyo.curricula.players import check_imports, find_snapshot
from dohyo.curricula.run.schedules import DENSE, Widenings, parse_growth

if TYPE_CHECKING:
    from dohyo.curricula.training.training import Training

OTHER_LIMIT = "By default the budget is 20 minutes; give --samples instead for runs that repeat exactly."


def command(
    arena: ArenaName,
    out: Annotated[Path, typer.Option("--out", help="Run folder; one that exists is resumed.", show_default=False)],
    body: BodyName = None,
    engine: EngineName = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help=f"Budget in minutes, summed over resumes. {OTHER_LIMIT}", min=0)
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", help="Budget in control steps of learning seats.", min=1)
    ] = None,
    restart_schedules: RestartSchedules = False,
    policy: PolicyName = "mlp",
    width: Width = None,
    value: ValueName = "own",
    parametrization: ParametrizationName = "standard",
    opponents: Annotated[
        str,
        typer.Option(
            "--opponents", rich_help_panel=MEETINGS, help=f"Past opponents: {', '.join(OPPONENTS).replace('|', ' | ')}."
        ),
    ] = "uniform(0)",
    timeout: Annotated[
        int,
        typer.Option(
            "--timeout",
            rich_help_panel=MEETINGS,
            help="League: generations that a league exploiter has; a main exploiter has two times.",
            min=1,
        ),
    ] = 20,
    mirror: Annotated[
        float | None,
        typer.Option(
            "--mirror",
            rich_help_panel=MEETINGS,
            help="Share of the worlds in which the learner meets itself.",
            min=0,
            max=1,
            show_default="0.5; a league has its own",
        ),
    ] = None,
    first: Annotated[
        float | None,
        typer.Option(
            "--first",
            rich_help_panel=MEETINGS,
            help="Share of the past opponents that are generation 0.",
            min=0,
            max=1,
            show_default="0.3; a league has its own",
        ),
    ] = None,
    dense: Dense = "fade",
    term: Annotated[
        list[str] | None,
        typer.Option(
            "--term",
            rich_help_panel=WORLD,
            help="Another weight of a term of the dense reward: NAME=WEIGHT. Can be given several times.",
            show_default="the arena's",
        ),
    ] = None,
    shared: Annotated[
        bool,
        typer.Option(
            "--shared", rich_help_panel=MEETINGS, help="One policy for all roles, as far as they see and act alike."
        ),
    ] = False,
    population: Annotated[
        int,
        typer.Option(
            "--population", rich_help_panel=MEETINGS, help="Learners per role; each meets the snapshots of all.", min=1
        ),
    ] = 1,
    start: From = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", rich_help_panel=MEETINGS, help="Role that learns. Can be given several times.", show_default="all"
        ),
    ] = None,
    guest: Annotated[
        list[str] | None,
        typer.Option(
            "--guest",
            rich_help_panel=MEETINGS,
            help=f"Also meet this player: a snapshot file, RUN, RUN:LEARNER, {' or '.join(BUILT_IN)}. Can be given "
            "several times; a run that is resumed can have other guests.",
            show_default="nobody",
        ),
    ] = None,
    guest_share: Annotated[
        float,
        typer.Option(
            "--guest-share", rich_help_panel=MEETINGS, help="Share of the bouts that meet guests.", min=0, max=1
        ),
    ] = 0.3,
    anneal: Anneal = 0.6,
    widen: Annotated[
        list[str] | None,
        typer.Option(
            "--widen",
            rich_help_panel=WORLD,
            help="What bouts start from begins narrow: BEGIN:OVER for every range, or 'RANGE=BEGIN:OVER'; shares of "
            "the width and of the budget. Can be given several times.",
            show_default="whole ranges",
        ),
    ] = None,
    crowd: Annotated[
        str,
        typer.Option(
            "--crowd",
            rich_help_panel=MEETINGS,
            help="Distinct past opponents at a time, drawn anew before every rollout: FEW:MANY:OVER, a number that "
            "grows over this share of the budget.",
            show_default="all",
        ),
    ] = "",
    worlds: Annotated[int, typer.Option("--worlds", help="Worlds stepped together.", min=2)] = 64,
    workers: Workers = None,
    drive: DriveName = None,
    ppo: Ppo = None,
    seed: Seed = 0,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Train a policy by self-play into a run folder; the same command resumes it after Ctrl-C or a kill.

    Example: [bold]dohyo train sumo --body ant --engine mujoco --minutes 20 --out runs/first[/bold]
    """
    check_imports(arena, [str(out)])
    setup = set_up(arena, body, engine, drive)
    rules = build_arena(arena, setup.body, drive=setup.drive)
    need_two_seats(arena)
    lookup(DENSE, dense, "dense reward")
    terms = read_weights(term or ())
    rules.reweigh(terms)
    Widenings(widen or (), rules.ranges)
    begun = find_snapshot(start) if start else None
    tuned = tune(begin_as(begun, choose_ppo(policy, width, value, parametrization)), ppo or ())
    if crowd:
        parse_growth(crowd)
    check_opponents(opponents)
    if opponents == LEAGUE and (mirror, first) != (None, None):
        raise ConfigError("a league has shares of its own for who meets whom: leave out --mirror and --first")
    guests = {name: None if name in BUILT_IN else find_snapshot(name) for name in guest or ()}
    from dohyo.curricula.run.config import TrainConfig

    config = TrainConfig(
        arena=arena,
        **setup._asdict(),
        seed=seed,
        worlds=worlds,
        workers=workers,
        minutes=20.0 if minutes is None and samples is None else minutes,
        samples=samples,
        opponents=opponents,
        timeout=timeout,
        mirror=TrainConfig.mirror if mirror is None else mirror,
        shared=shared,
        population=population,
        start=begun.name if begun else "",
        roles=tuple(role or ()),
        guests=tuple(snapshot.name if snapshot else name for name, snapshot in guests.items()),
        guest_share=guest_share,
        first=TrainConfig.first if first is None else first,
        dense=dense,
        terms=terms,
        anneal=anneal,
        widen=tuple(widen or ()),
        ppo=tuned,
        crowd=crowd,
        imports=tuple(imports or ()),
    )
    named = [*filter(None, [*guests.values(), begun])]
    _report(train_in(out, config, named, as_json, restart_schedules=restart_schedules), out, as_json)


def _report(training: "Training", out: Path, as_json: bool) -> None:
    progress = training.progress()
    if as_json:
        record = {
            "run": str(out),
            "snapshot": str(next(iter(training.newest().values()))),
            "snapshots": {name: str(path) for name, path in training.newest().items()},
            "generation": progress.generation,
            "samples": progress.samples,
            "seconds": progress.seconds,
            "rating": progress.rating.mu if progress.rating else None,
            "win_rate": progress.win_rates,
            "diverged": progress.curves.get("diverged", 0),
        }
        typer.echo(json.dumps(record))
        return
    typer.echo(f"Trained to generation {progress.generation}, {progress.samples:,} samples.")
    for name, path in training.newest().items():
        typer.echo(f"{name}: {path}")
    run, config = shlex.quote(str(out)), training.config
    typer.echo(f"Ratings: dohyo rate {run}")
    typer.echo(
        f"Watch it: dohyo play {config.arena} --engine {config.engine} --seat {run} --seat zero --picture bout.gif"
    )
