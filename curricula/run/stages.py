"""Stages: a run that goes through several settings in turn; each stage begins as the snapshot of the one before."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.settings import read, setting
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.results_folder import SETTINGS

FOLDER = "stages"
"""The folder of all stages but the last in the last one's run folder, and their table in a file of settings."""
NAME = re.compile("[a-z0-9][a-z0-9_-]*")
SET_BY_RUN = ("start", "surgery", "imports", "schedule_start", "seeding")
"""Settings that a stage cannot have, because the run sets them."""
BUDGET = ("minutes", "samples")
MINUTES = 20.0
"""Budget of a run that names none."""


@dataclass(frozen=True)
class Share:
    """The part of the run's budget that a stage gets; a stage with `minutes` or `samples` of its own gets these."""

    share: float = setting(1.0, "Share of the run's budget, relative to those of the other stages.", low=0)


@dataclass(frozen=True)
class Stage:
    """One stage of a run."""

    name: str
    folder: Path
    """Its run folder."""
    settings: Mapping[str, Any]
    """Its whole settings by name; a later stage begins as the one before, by surgery."""


def read_stages(given: Any) -> dict[str, dict[str, Any]]:
    """Return the checked stages of a file: for each name the settings that differ from the run's, and `share`.

    Raises `ConfigError` or `UnknownName` as `dohyo.arenas.settings.read` does, and for names that are no folder's.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"{FOLDER} must be a table of stages, not {short(given)}")
    return {name: _read_stage(name, stage) for name, stage in given.items()}


def _read_stage(name: str, given: Any) -> dict[str, Any]:
    label = f"{FOLDER}.{name}"
    if not NAME.fullmatch(name):
        raise ConfigError(f"the name of a stage has letters a-z, digits, - and _, not {short(name)}")
    if not isinstance(given, Mapping):
        raise ConfigError(f"{label} must be a table of settings, not {short(given)}")
    for refused in SET_BY_RUN:
        if refused in given:
            raise ConfigError(f"{label}.{refused} cannot be set: the run sets it for its stages")
    share = read(Share, {key: value for key, value in given.items() if key == "share"}, label)
    return read(TrainConfig, {key: value for key, value in given.items() if key != "share"}, label) | share


def plan_stages(
    out: Path,
    known: Mapping[str, Mapping[str, Any]],
    chosen: Sequence[str],
    base: Mapping[str, Any],
    options: Mapping[str, Any],
) -> list[Stage]:
    """Return the stages `chosen` in their order; the last one's run folder is `out`, the others are in it.

    `base` are the run's settings with the whole budget, which a stage's own override; `options` override both, except
    for arena and budget. Raises `UnknownName` for a stage that is not among `known`, `ConfigError` for a repeated one.
    """
    if len(set(chosen)) < len(chosen):
        raise ConfigError(f"stages {', '.join(chosen)}: name each stage once")
    tables = [lookup(known, name, "stage") for name in chosen]
    whole = sum(table.get("share", 1.0) for table in tables if not _own_budget(table))
    stages = []
    for k, (name, table) in enumerate(zip(chosen, tables, strict=True)):
        own = {key: value for key, value in table.items() if key != "share"}
        budget = dict.fromkeys(BUDGET) if _own_budget(table) else _part(base, table.get("share", 1.0) / (whole or 1.0))
        over = {key: value for key, value in options.items() if key not in ("arena", *BUDGET)}
        settings = _merged(_merged(base, budget | own), over)
        if k == 0 and not settings.get("surgery"):
            settings["drop"] = ()  # nothing came before
        stages.append(Stage(name, out if k == len(chosen) - 1 else out / FOLDER / name, settings))
    return stages


def _own_budget(table: Mapping[str, Any]) -> bool:
    return any(key in table for key in BUDGET)


def _part(base: Mapping[str, Any], share: float) -> dict[str, Any]:
    """Return a share of the run's budget."""
    minutes, samples = (base.get(key) for key in BUDGET)
    if minutes is None and samples is None:
        minutes = MINUTES
    return {
        "minutes": None if minutes is None else minutes * share,
        "samples": None if samples is None else max(1, round(samples * share)),
    }


def _merged(settings: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    return {**settings, **over, "ppo": {**settings.get("ppo", {}), **over.get("ppo", {})}}


def begun(stages: Sequence[Stage]) -> int:
    """Return the number of the last stage whose run folder exists, 0 if none does.

    The stages before it are finished. They stay as they are even if the budget changes, because it began as the last
    snapshot of the one before.
    """
    return max((k for k, stage in enumerate(stages) if (stage.folder / SETTINGS["training run"]).exists()), default=0)
