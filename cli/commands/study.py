"""`dohyo study`: train the arms of a study with several seeds, play them against each other, and check its claims."""

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from dohyo.arenas.errors import ConfigError, UnknownName, lookup
from dohyo.arenas.registry import ARENAS, build_arena, need_two_seats, set_up
from dohyo.cli.options import BodyName, EngineName, Imports, Json, PhysicsName, Workers, Worlds
from dohyo.curricula.studies.arms import RATES, WIDTHS
from dohyo.curricula.studies.catalogue import STUDIES

if TYPE_CHECKING:
    from dohyo.curricula.studies.kinds import Report
    from dohyo.curricula.studies.study_folder import StudyConfig

SAMPLES = 1_000_000
"""Default budget of a run, in control steps."""


def _listed(numbers: Sequence[float]) -> str:
    return ",".join(f"{number:g}" for number in numbers)


ALL_WIDTHS, ALL_RATES = _listed(WIDTHS), _listed(RATES)
Samples = Annotated[
    int | None,
    typer.Option("--samples", help="Budget of every run in control steps.", min=1, show_default=f"{SAMPLES}"),
]
Minutes = Annotated[
    float | None,
    typer.Option("--minutes", help="Budget of every run in minutes instead; not exactly repeatable.", min=0),
]
Widths = Annotated[str, typer.Option("--widths", help="Widths of the study width, separated by commas.")]
Rates = Annotated[str, typer.Option("--rates", help="Learning rates of the study width, separated by commas.")]


def command(
    study: Annotated[str, typer.Argument(help=f"Study: {', '.join(STUDIES)}.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Study folder; one that exists is resumed.", show_default=False)],
    samples: Samples = None,
    minutes: Minutes = None,
    seeds: Annotated[int, typer.Option("--seeds", help="Runs per arm; can be raised later.", min=1)] = 3,
    bouts: Annotated[
        int, typer.Option("--bouts", help="Bouts of every pair of arms, over all pairs of seeds.", min=1)
    ] = 800,
    widths: Widths = ALL_WIDTHS,
    rates: Rates = ALL_RATES,
    arena: Annotated[str, typer.Option("--arena", help=f"Arena: {', '.join(ARENAS)}.")] = "sumo",
    body: BodyName = None,
    engine: EngineName = None,
    physics: PhysicsName = None,
    worlds: Worlds = 64,
    workers: Workers = None,
    imports: Imports = None,
    as_json: Json = False,
) -> None:
    """Repeat an experiment of the paper with a chosen budget; the same command resumes it after Ctrl-C or a kill.

    Example: [bold]dohyo study delta --engine mujoco --out runs/delta[/bold]
    """
    lookup(STUDIES, study, "study")
    grid = tuple(map(int, _numbers("--widths", widths, int))), _numbers("--rates", rates, float)
    setup = set_up(arena, body, engine, physics=physics)
    build_arena(arena, setup.body, drive=setup.drive, physics=setup.physics)
    need_two_seats(arena)
    if samples is not None and minutes is not None:
        raise UnknownName("give --samples or --minutes, not both: every run has the same budget")
    if minutes is None and samples is None:
        samples = SAMPLES
    from dohyo.curricula.studies.study_folder import StudyConfig

    config = StudyConfig(
        study,
        arena,
        *setup[:3],
        samples,
        minutes,
        worlds,
        seeds,
        bouts,
        workers,
        setup.physics,
        tuple(imports or ()),
        *grid,
    )
    _report(_carry_out(out, config, as_json), config, out, as_json)


def _numbers(option: str, text: str, kind: Callable[[str], float]) -> tuple[float, ...]:
    """Return the numbers in an option's value, ascending; raises `ConfigError` unless they are positive."""
    try:
        numbers = {kind(word) for word in text.split(",")}
    except ValueError:
        numbers = set()
    if not numbers or not all(0 < number < np.inf for number in numbers):
        raise ConfigError(f"{option} takes numbers above 0, separated by commas, not {text!r}")
    return tuple(sorted(numbers))


def _report(report: "Report", config: "StudyConfig", out: Path, as_json: bool) -> None:
    """Print the report, or its figures as one JSON object."""
    if as_json:
        names = ("study", "arena", "body", "engine", "physics", "seeds", "bouts", "samples", "minutes")
        typer.echo(json.dumps({name: getattr(config, name) for name in names} | report.record()))
        return
    typer.echo(report.markdown())
    typer.echo(f"Written to {out}: {', '.join(report.files)}")


def _carry_out(out: Path, config: "StudyConfig", quiet: bool) -> "Report":
    """Train the missing runs and play the missing bouts, with progress unless `quiet`."""
    from dohyo.cli.progress import play_all, show_progress
    from dohyo.curricula.studies.kinds import KINDS
    from dohyo.curricula.studies.study_folder import StudyFolder

    with closing(StudyFolder(out, config)) as folder:
        for k, run in enumerate(folder.runs):
            with show_progress(f"{run.name}, run {k + 1} of {len(folder.runs)}", quiet) as watch:
                folder.train(run, watch)
        return KINDS[folder.study.kind](folder, lambda matches, schedule: play_all(matches, schedule, quiet))
