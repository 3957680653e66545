"""Read the settings of a run from a file, TOML or a run's `config.json`, and write them as TOML."""

import json
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dohyo.agents.files import parse_json
from dohyo.agents.snapshot import SUFFIX
from dohyo.arenas.checks import one_line, short
from dohyo.arenas.errors import ConfigError, DohyoError, UnknownName
from dohyo.arenas.settings import build, read, settings_of
from dohyo.curricula.opponents.samplers import check_opponents
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.stages import FOLDER, read_stages

FORMATS: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": parse_json}
"""Readers of files by suffix."""
NAMED = ("start", "guests")
"""Settings that a file can give like the command line, by a snapshot file or a run folder."""
SET_ELSEWHERE = {
    "imports": "imports are code, name them on the command line with --import",
    "schedule_start": "the run folder sets the start of its schedules",
    "seeding": "the run folder sets how its streams follow from the seed",
}
"""Settings that are not read from a file, with the reason; a run's `config.json` has them, other files must not."""


def read_config(path: Path) -> dict[str, Any]:
    """Return the settings in a file by name; `ppo` is a dict of hyperparameters.

    A file may also have `about`, a text, and `stages`, see `dohyo.curricula.run.stages`.

    Raises `ConfigError` that names the file and the unknown setting or bad value.
    """
    if path.suffix not in FORMATS:
        raise ConfigError(f"{path}: a file of settings ends in {' or '.join(FORMATS)}")
    try:
        given = FORMATS[path.suffix](path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    try:
        values = _check(given, SET_ELSEWHERE if path.suffix == ".toml" else {})
    except (ConfigError, UnknownName) as error:
        raise ConfigError(f"{path}: {error}") from error
    _locate(values, path.parent / "snapshots")
    return {name: value for name, value in values.items() if name not in SET_ELSEWHERE}


def _check(given: Any, refused: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(given, dict) and given.get("minutes") == math.inf:
        given["minutes"] = None
    more = {name: given.pop(name) for name in ("about", FOLDER) if isinstance(given, dict) and name in given}
    if not isinstance(more.get("about", ""), str):
        raise ConfigError(f"about must be a text, not {short(more['about'])}")
    if FOLDER in more:
        more[FOLDER] = read_stages(more[FOLDER])
    values = read(TrainConfig, given)
    for name in refused.keys() & values.keys():
        raise ConfigError(f"{name} cannot be set here: {refused[name]}")
    build(TrainConfig, {name: value for name, value in values.items() if name not in NAMED})
    check_opponents(values.get("opponents", TrainConfig.opponents))
    return values | more


def _locate(values: dict[str, Any], snapshots: Path) -> None:
    """Replace names of snapshots in the folder `snapshots` by their paths."""

    def found(name: str) -> str:
        path = snapshots / f"{name}{SUFFIX}"
        return str(path) if name and Path(name).name == name and path.is_file() else name

    if "start" in values:
        values["start"] = found(values["start"])
    if "guests" in values:
        values["guests"] = tuple(map(found, values["guests"]))


LATER = {
    "algorithm",
    "collectors",
    "drop",
    "imports",
    "physics",
    "randomise",
    "rated_share",
    "ray",
    "schedule_start",
    "stale",
    "surgery",
    "without",
}
"""Settings that runs of version 0.1 do not have."""
BEFORE = {"seeding": 1}
"""What holds for a run that does not say, where that is not the default."""


def read_run_settings(path: Path) -> TrainConfig:
    """Return the settings in a run's file; raises `DohyoError` if it cannot be read or lacks settings."""
    try:
        held = parse_json(path.read_bytes())
        settings = BEFORE | held if isinstance(held, dict) else held
        config = TrainConfig.from_json(settings)
        if missing := settings_of(TrainConfig).keys() - LATER - settings.keys():
            raise ConfigError(f"it lacks {', '.join(sorted(missing))}")
    except (OSError, ValueError) as error:
        raise DohyoError(f"cannot read {path} ({one_line(error)}): restore it, or train in a new folder") from error
    return config


def to_toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML that `read_config` reads, without those that are None; no budget becomes infinity."""
    open_end = settings.get("minutes", 0) is None and settings.get("samples") is None
    endless = {"minutes": math.inf} if open_end else {}
    present = {name: value for name, value in {**settings, **endless}.items() if value is not None}
    return "\n".join(_table(present, ""))


def _table(settings: Mapping[str, Any], path: str) -> list[str]:
    """Return the lines of a table of settings and of the tables in it; `path` are the keys that lead to it."""
    tables = {name: value for name, value in settings.items() if isinstance(value, Mapping)}
    lines = [f"{_key(name)} = {_toml(value)}" for name, value in settings.items() if name not in tables]
    for name, table in tables.items():
        if table:
            inner = f"{path}{_key(name)}"
            own = _table(table, f"{inner}.")
            lines += ["", f"[{inner}]", *own] if own and own[0] else own
    return lines


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    """Return a value as TOML, which equals JSON here except for infinity and the character DEL."""
    if value == math.inf:
        return "inf"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
