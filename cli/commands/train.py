"""`dohyo train`: train by self-play into a run folder, with live progress; the same command resumes it."""

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.settings import settings_of
from dohyo.arenas.errors import UnknownName
from dohyo.cli.options import POLICY, VALUE, WIDTH, Imports, Json, RestartSchedules
from dohyo.cli.progress import train_in
from dohyo.cli.setting_options import parameter, take, typed
from dohyo.cli.suggestions import quoted, watch_run
from dohyo.cli.train_settings import Plan, as_settings, check_shares, override, plan
from dohyo.curricula.players import check_imports
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import read_config, to_toml
from dohyo.curricula.run.folder import KIND, RunFolder
from dohyo.curricula.run.results_folder import SETTINGS

if TYPE_CHECKING:
    from dohyo.curricula.training.training import Training

OWN = ("arena", "imports")
"""Settings that have an explicit parameter in `command`."""
OPTIONS = [
    *(
        parameter(TrainConfig, name)
        for name, s in settings_of(TrainConfig).items()
        if s.option is not None and name not in OWN
    ),
    POLICY,
    WIDTH,
    VALUE,
    parameter(PpoConfig, "parametrization"),
]


@take(*OPTIONS, after="out")
def command(
    context: typer.Context,
    arena: Annotated[
        str | None, typer.Argument(help=settings_of(TrainConfig)["arena"].help, show_default="that of --config")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Run folder; one that exists is resumed.", show_default="none, only with --print-config"
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            help="Settings from this file, TOML or a run's config.json; other options override it.",
            show_default="none",
        ),
    ] = None,
    print_config: Annotated[
        bool,
        typer.Option("--print-config", help="Print the settings as TOML for --config, and do not train."),
    ] = False,
    restart_schedules: RestartSchedules = False,
    imports: Imports = None,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Train a policy by self-play into a run folder; the same command resumes it after Ctrl-C or a kill.

    Example: [bold]dohyo train sumo --body ant --engine mujoco --minutes 20 --out runs/first[/bold]
    """
    options = as_settings(typed(context, given)) | {"imports": tuple(imports or ())}
    settings = override(read_config(config) if config else {}, options | ({"arena": arena} if arena else {}))
    if "arena" not in settings:
        raise UnknownName("give an arena, such as `dohyo train sumo`, or with --config a file that has one")
    check_imports(settings["arena"], [str(path) for path in (out, config and config.parent) if path])
    planned = plan(_engine_of(out) | settings)
    check_shares(planned.config, options)
    if print_config:
        _print_config(planned, as_json)
        return
    if out is None:
        raise UnknownName("give --out, the run folder; only --print-config works without it")
    training = train_in(out, planned.config, planned.snapshots, as_json, restart_schedules=restart_schedules)
    _report(training, out, as_json)


def _engine_of(out: Path | None) -> dict[str, Any]:
    """Return the engine of the run to resume, as a setting; no setting for a new run."""
    if out is None or not (out / SETTINGS[KIND]).exists():
        return {}
    with closing(RunFolder.open(out)) as folder:
        return {"engine": folder.config.engine}


def _print_config(planned: Plan, as_json: bool) -> None:
    typer.echo(json.dumps(planned.typed) if as_json else to_toml(planned.typed))


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
    typer.echo(f"Trained to generation {progress.generation}, {progress.samples:,} samples.{_exceeded(training)}")
    for name, path in training.newest().items():
        typer.echo(f"{name}: {path}")
    typer.echo(f"Ratings: {quoted('dohyo', 'rate', out)}")
    typer.echo(f"Watch it: {watch_run(out, training.config, list(training.folder.learners.values()))}")


def _exceeded(training: "Training") -> str:
    """Return a sentence on how far the last generation exceeds a budget in samples; empty if it does not."""
    budget, samples = training.config.samples, training.progress().samples
    if budget is None or samples <= budget:
        return ""
    return f" The last generation was finished: {samples - budget:,} more than the budget."
