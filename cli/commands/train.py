"""`dohyo train`: train by self-play into a run folder, with live progress; the same command resumes it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dohyo.agents.learning.config import PpoConfig
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.settings import settings_of
from dohyo.cli.options import POLICY, VALUE, WIDTH, Device, Imports, Json, RestartSchedules
from dohyo.cli.setting_options import parameter, take, typed
from dohyo.cli.stages import check_stages, choose_stages, find_settings, in_a_file, plan_stage, train_stages
from dohyo.cli.suggestions import quoted, watch_run
from dohyo.cli.train_settings import as_settings, check_shares
from dohyo.curricula.players import check_imports
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import to_toml
from dohyo.curricula.run.presets import preset_names
from dohyo.curricula.training.trackers import TRACKERS, check_tracker

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
    parameter(PpoConfig, "symmetry"),
]


Out = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Run folder; one that exists is resumed.", show_default="none, only with --print-config"
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Settings from this file, TOML or a run's config.json; other options override it.",
        show_default="none",
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        help=f"Settings that come with Dohyo: {', '.join(preset_names())}. --config and other options override it.",
        show_default="none",
    ),
]
StageNames = Annotated[
    str | None,
    typer.Option(
        "--stages",
        help="Stages of the preset or file to train in turn, with commas; without either, of the preset of arena and "
        "body.",
        show_default="all that it has",
    ),
]
Track = Annotated[
    str | None,
    typer.Option(
        "--track",
        help=f"Also send curves to an experiment tracker: {', '.join(TRACKERS)}.",
        show_default="none",
        callback=check_tracker,
    ),
]
PrintConfig = Annotated[
    bool, typer.Option("--print-config", help="Print the settings as TOML for --config, and do not train.")
]


@take(*OPTIONS, after="out")
def command(
    context: typer.Context,
    arena: Annotated[
        str | None, typer.Argument(help=settings_of(TrainConfig)["arena"].help, show_default="that of --config")
    ] = None,
    out: Out = None,
    config: ConfigFile = None,
    preset: PresetName = None,
    stages: StageNames = None,
    print_config: PrintConfig = False,
    restart_schedules: RestartSchedules = False,
    track: Track = None,
    device: Device = None,
    imports: Imports = None,
    as_json: Json = False,
    **given: Any,
) -> None:
    """Train a policy by self-play into a run folder; the same command resumes it after Ctrl-C or a kill.

    Example: [bold]dohyo train sumo --body ant --engine mujoco --minutes 20 --out runs/first[/bold]
    """
    options = as_settings(typed(context, given)) | {"imports": tuple(imports or ())}
    options |= {"arena": arena} if arena else {}
    settings = find_settings(preset, config, options, staged=stages is not None)
    check_imports(settings["arena"], [str(path) for path in (out, config and config.parent) if path])
    chosen = choose_stages(out or Path(), settings, options, stages)
    check_stages(chosen)
    planned = plan_stage(chosen, 0)
    check_shares(planned.config, options)
    if print_config:
        _print_config(planned.typed if len(chosen) == 1 else in_a_file(settings, chosen), as_json)
        return
    if out is None:
        raise UnknownName("give --out, the run folder; only --print-config works without it")
    training = train_stages(chosen, as_json, restart_schedules=restart_schedules, tracker=track or "")
    _report(training, out, as_json)


def _print_config(settings: Mapping[str, Any], as_json: bool) -> None:
    typer.echo(json.dumps(settings) if as_json else to_toml(settings))


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
    imports = [word for name in training.config.imports for word in ("--import", name)]
    typer.echo(f"Watch it live: {quoted('dohyo', 'watch', out, *imports)}")


def _exceeded(training: "Training") -> str:
    """Return a sentence on how far the last generation exceeds a budget in samples; empty if it does not."""
    budget, samples = training.config.samples, training.progress().samples
    if budget is None or samples <= budget:
        return ""
    return f" The last generation was finished: {samples - budget:,} more than the budget."
