"""Stages and presets of `dohyo train`: which settings a command has, and a run's stages in turn."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from dohyo.arenas.errors import UnknownName
from dohyo.arenas.registry import set_up
from dohyo.cli.progress import train_in
from dohyo.cli.train_settings import Plan, override, plan
from dohyo.curricula.run.config_file import SET_ELSEWHERE, read_config
from dohyo.curricula.run.folder import KIND, RunFolder
from dohyo.curricula.run.presets import preset_names, read_preset
from dohyo.curricula.run.results_folder import SETTINGS
from dohyo.curricula.run.stages import FOLDER, Stage, begun, plan_stages

if TYPE_CHECKING:
    from dohyo.curricula.training.training import Training


def find_settings(
    preset: str | None, config: Path | None, options: Mapping[str, Any], *, staged: bool
) -> dict[str, Any]:
    """Return the settings of a command: options override the file `config`, which overrides the preset.

    If `staged`, and neither preset nor file is given, the preset is that of arena and body. Raises `UnknownName` if
    there is none, or no arena.
    """
    if staged and preset is None and config is None and "arena" in options:
        preset = f"{options['arena']}-{set_up(options['arena'], options.get('body')).body}"
        if preset not in preset_names():
            raise UnknownName(f"no preset {preset!r} knows stages: give --config with a file that has [{FOLDER}.NAME]")
    settings = override(read_preset(preset).settings if preset else {}, read_config(config) if config else {})
    settings = override(settings, options)
    if "arena" not in settings:
        raise UnknownName("give an arena, such as `dohyo train sumo`, a --preset, or a --config that has one")
    return settings


def choose_stages(out: Path, settings: Mapping[str, Any], options: Mapping[str, Any], names: str | None) -> list[Stage]:
    """Return the stages `names`, with commas between them, or all of the settings'; a run without stages is one stage.

    Raises as `plan_stages` does, and `UnknownName` for names without a table of stages.
    """
    base = {name: value for name, value in settings.items() if name not in ("about", FOLDER)}
    known = settings.get(FOLDER, {})
    if not known and names:
        raise UnknownName(f"the settings have no stages: give a --preset or a --config with [{FOLDER}.NAME]")
    if not known:
        return [Stage("", out, base)]
    chosen = [name.strip() for name in names.split(",")] if names else list(known)
    return plan_stages(out, known, chosen, base, options)


def in_a_file(settings: Mapping[str, Any], stages: Sequence[Stage]) -> dict[str, Any]:
    """Return settings with these of its stages, as a file holds them."""
    kept = {name: value for name, value in settings.items() if name not in SET_ELSEWHERE}
    return kept | {FOLDER: {stage.name: settings[FOLDER][stage.name] for stage in stages}}


def plan_stage(stages: Sequence[Stage], number: int) -> Plan:
    """Return the plan of a stage, which begins as the one before; raises as `plan` does."""
    stage = stages[number]
    begin = {"start": str(stages[number - 1].folder), "surgery": True} if number else {}
    return plan(_engine_of(stage.folder) | dict(stage.settings) | begin)


def check_stages(stages: Sequence[Stage]) -> None:
    """Raise the error of a stage whose settings do not fit its arena, before any stage is trained."""
    for stage in stages[1:]:
        plan({name: value for name, value in stage.settings.items() if name != "drop"})


def train_stages(
    stages: Sequence[Stage], quiet: bool, *, restart_schedules: bool = False, tracker: str = ""
) -> "Training":
    """Train the stages that are not finished, in turn, with live progress unless `quiet`; return the last training."""
    first = begun(stages)
    for number in range(first, len(stages)):
        if len(stages) > 1 and not quiet:
            typer.echo(f"Stage {stages[number].name}, {number + 1} of {len(stages)}", err=True)
        planned = plan_stage(stages, number)
        again = restart_schedules and number == first
        folder, config, named = stages[number].folder, planned.config, planned.snapshots
        training = train_in(folder, config, named, quiet, restart_schedules=again, tracker=tracker)
    return training


def _engine_of(out: Path) -> dict[str, Any]:
    """Return the engine of the run to resume, as a setting; no setting for a new run."""
    if not (out / SETTINGS[KIND]).exists():
        return {}
    with closing(RunFolder.open(out)) as folder:
        return {"engine": folder.config.engine}
