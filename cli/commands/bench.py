"""`dohyo bench`: control steps per second of the batch and of the bare engine on the same scene."""

import json
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table

from dohyo.arenas.errors import ConfigError, EngineError, UnknownName
from dohyo.arenas.physics import cores, is_installed
from dohyo.arenas.randomisation import parse, texts_of
from dohyo.arenas.registry import ARENAS, Setup, build_arena, need_two_seats, set_up
from dohyo.cli.options import (
    POLICY,
    VALUE,
    WIDTH,
    BodyName,
    Device,
    EngineName,
    Imports,
    Json,
    PhysicsName,
    Randomise,
    Without,
    Workers,
)
from dohyo.cli.progress import bar
from dohyo.cli.setting_options import option, take, typed
from dohyo.cli.train_settings import choose_learner
from dohyo.curricula.bench.batch_speed import Case, Speed, measure
from dohyo.curricula.run.config import TrainConfig

Opponents = Annotated[
    int | None,
    typer.Option(
        "--opponents",
        help="Instead time training against this number of distinct snapshots, and the cost of their actions.",
        min=1,
        show_default=False,
    ),
]


Training = Annotated[
    bool, typer.Option("--training", help="Instead time training, and its rollouts and updates alone.")
]
Sweep = Annotated[
    bool,
    typer.Option(
        "--sweep",
        help="Instead time the warp engine over growing numbers of worlds; with --training training too.",
    ),
]


@take(POLICY, WIDTH, VALUE, after="as_json")
def command(
    context: typer.Context,
    arena: Annotated[
        str | None, typer.Argument(help=f"Arena: {', '.join(ARENAS)}.", show_default="sumo; with --all, every one")
    ] = None,
    body: BodyName = None,
    engine: EngineName = None,
    physics: PhysicsName = None,
    worlds: Annotated[int, option(TrainConfig, "worlds", min=1)] = 64,
    workers: Workers = None,
    blocks: Annotated[
        int, typer.Option("--blocks", help="Blocks of ten control steps (with --opponents: rollouts) to time.", min=1)
    ] = 20,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Every engine, on one core and on all cores; without an arena, all arenas and bodies."
        ),
    ] = False,
    training: Training = False,
    generations: Annotated[int, typer.Option("--generations", help="Generations of training to time.", min=1)] = 10,
    opponents: Opponents = None,
    sweep: Sweep = False,
    device: Device = None,
    imports: Imports = None,
    randomise: Randomise = None,
    without: Without = None,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Measure the control steps per second of the batch and of the bare engine, in turn, and their ratio.

    Example: [bold]dohyo bench sumo --body ant --worlds 64 --engine mujoco[/bold]
    """
    setup, learner = set_up(arena or "sumo", body, engine, physics=physics), typed(context, given)
    build_arena(arena or "sumo", setup.body, physics=setup.physics)
    varied, name = texts_of(parse(randomise or (), without or ())), arena or "sumo"
    case = Case(name, setup.body, setup.engine, worlds, workers or cores(), setup.physics, varied)
    if sweep:
        _sweep(_config(case, setup.drive, learner), generations if training else 0, as_json)
    elif training:
        _training(_config(case, setup.drive, learner), generations, as_json)
    elif opponents is not None:
        if learner:
            raise ConfigError("--opponents times plain networks: leave out --policy, --width and --value")
        _opponents(opponents, _config(case, setup.drive, learner), blocks, as_json)
    elif everything:
        _batches(_groups(_scenes(arena, setup), case), blocks, as_json, several=True)
    else:
        _batches([[case]], blocks, as_json, several=False)


def _sweep(config: TrainConfig, generations: int, as_json: bool) -> None:
    from dohyo.cli.sweep_table import measure_worlds

    if config.engine != "warp":
        raise UnknownName("--sweep measures numbers of worlds on a GPU: add --engine warp")
    measure_worlds(config, generations, as_json)


def _config(case: Case, drive: str, learner: dict[str, Any]) -> TrainConfig:
    """Return the settings of a training run with a case's arena, body, engine, worlds and workers."""
    need_two_seats(case.arena)
    setup, ppo = (case.arena, case.body, case.engine, drive, case.physics), choose_learner(learner)
    return TrainConfig(*setup, worlds=case.worlds, workers=case.workers, randomise=case.randomise, ppo=ppo)


def _batches(groups: list[list[Case]], blocks: int, as_json: bool, *, several: bool) -> None:
    """Measure batches and bare engines, and print the speeds; raises `EngineError` if any measurement failed."""
    speeds, failures = _measure(groups, blocks, as_json)
    if as_json and speeds:
        records = [asdict(speed) for speed in speeds]
        typer.echo(json.dumps(records if several else records[0]))
    elif speeds:
        _print(speeds)
    if failures:
        raise EngineError(f"not measured: {'; '.join(failures)}")


def _measure(groups: list[list[Case]], blocks: int, quiet: bool) -> tuple[list[Speed], list[str]]:
    """Return the speeds of all groups that could be measured, and a message for each of the others."""
    speeds: list[Speed] = []
    failures = []
    with bar(quiet) as progress:
        task = progress.add_task("measuring", total=len(groups) * (blocks + 1))
        for k, group in enumerate(groups):
            scene = f"{group[0].arena}, {group[0].body}"
            progress.update(task, description=scene, completed=k * (blocks + 1))
            try:
                speeds += measure(group, blocks=blocks, tick=lambda: progress.advance(task))
            except EngineError as error:  # keeps the other measurements, which may take half an hour
                failures.append(f"{scene} ({error})")
    return speeds, failures


def _scenes(arena: str | None, setup: Setup) -> list[tuple[str, str]]:
    """Return the arena and its body, or without an arena every pair that the physics of `setup` fits."""
    if arena:
        return [(arena, setup.body)]
    return [(a, body) for a, spec in ARENAS.items() if setup.physics in spec.physics for body in spec.bodies]


def _groups(scenes: list[tuple[str, str]], case: Case) -> list[list[Case]]:
    """Return a group of cases like `case` per arena and body: every engine of the arena, on one core and on all."""
    workers = sorted({1, cores()})
    return [
        [
            replace(case, arena=arena, body=body, engine=engine, workers=w)
            for engine in filter(is_installed, ARENAS[arena].engines)
            for w in workers
        ]
        for arena, body in scenes
    ]


def _print(speeds: list[Speed]) -> None:
    worlds = ", ".join(dict.fromkeys(str(s.worlds) for s in speeds))
    caption = f"Control steps per second of batch and bare engine, {worlds} worlds; workers: threads or processes."
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), caption=caption)
    for name in ("arena", "body", "engine"):
        table.add_column(name, overflow="fold")  # so that figures stay whole on a narrow terminal
    for name in ("workers", "batch", "bare", "ratio", "MB/world"):
        table.add_column(name, justify="right", no_wrap=True)
    for s in speeds:
        figures = (f"{s.batch_steps_per_s:,.0f}", f"{s.engine_steps_per_s:,.0f}", f"{s.ratio:.2f}")
        table.add_row(s.arena, s.body, s.engine, f"{s.workers}", *figures, f"{s.mb_per_world:.2f}")
    console = Console()
    console.print(table)
    for line in _comparisons(speeds) + _lowest(speeds):
        console.print(line, soft_wrap=True)


def _comparisons(speeds: list[Speed]) -> list[str]:
    """Return a line for each comparison of one core with all, and of PyBullet with MuJoCo, that was measured."""
    by_case = {(s.arena, s.body, s.engine, s.workers): s for s in speeds}
    lines = []
    for (arena, body, engine, workers), speed in by_case.items():
        if workers > 1 and (alone := by_case.get((arena, body, engine, 1))):
            gain = speed.batch_steps_per_s / alone.batch_steps_per_s
            bare = speed.engine_steps_per_s / alone.engine_steps_per_s
            lines.append(
                f"{arena}, {body}, {engine}: {workers} workers do {gain:.2f} times the steps of 1 (bare {bare:.2f})"
            )
        if engine == "pybullet" and (other := by_case.get((arena, body, "mujoco", workers))):
            cost = other.engine_steps_per_s / speed.engine_steps_per_s
            lines.append(f"{arena}, {body}: PyBullet's step costs {cost:.2f} times MuJoCo's (workers: {workers})")
    return lines


def _lowest(speeds: list[Speed]) -> list[str]:
    """Return a line with the case of the lowest ratio for each engine that has several cases."""
    lines = []
    for engine in dict.fromkeys(s.engine for s in speeds):
        own = [s for s in speeds if s.engine == engine]
        least = min(own, key=lambda s: s.ratio)
        if len(own) > 1:
            lines.append(
                f"lowest ratio on {engine}: {least.ratio:.3f} ({least.arena}, {least.body}, workers: {least.workers})"
            )
    return lines


def _training(config: TrainConfig, generations: int, as_json: bool) -> None:
    from dohyo.curricula.bench.training_speed import measure_training

    speed = measure_training(config, generations)
    if as_json:
        typer.echo(json.dumps(asdict(speed)))
        return
    table = Table(title="Samples per second", box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("arena", "engine", "policy"):
        table.add_column(name, no_wrap=True, overflow="ignore")  # headings of figures wrap instead
    for name in ("rollouts alone", "updates alone", "training", "share of the slower half"):
        table.add_column(name, justify="right")
    rates = (f"{rate:,.0f}" for rate in (speed.rollouts, speed.updates, speed.training))
    table.add_row(speed.arena, speed.engine, speed.policy, *rates, f"{speed.share:.2f}")
    Console().print(table)


def _opponents(opponents: int, config: TrainConfig, blocks: int, as_json: bool) -> None:
    from dohyo.curricula.bench.opponents_cost import measure_opponents

    with bar(as_json) as progress:
        task = progress.add_task("measuring", total=blocks + 1)
        cost = measure_opponents(config, opponents, blocks, lambda: progress.advance(task))
    if as_json:
        typer.echo(json.dumps(asdict(cost)))
        return
    caption = f"A training step of {config.worlds} worlds, and its opponents' actions, {opponents} distinct snapshots."
    columns = [Column(name, overflow="fold") for name in ("arena", "body", "engine")]
    columns += [Column(name, no_wrap=True) for name in ("step", "opponents", "share")]
    table = Table(*columns, box=box.SIMPLE, pad_edge=False, caption=caption)
    names = (config.arena, config.body, config.engine)
    table.add_row(*names, f"{cost.step_ms:.2f} ms", f"{cost.opponents_ms:.2f} ms", f"{cost.share:.1%}")
    console = Console()
    console.print(table)
    console.print(
        f"With one call per snapshot they would take {cost.one_by_one_ms:.2f} ms, {cost.one_by_one_share:.1%} of the "
        f"step: {cost.speedup:.2f} times as long.",
        soft_wrap=True,
    )
