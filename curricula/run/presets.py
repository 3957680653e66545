"""Presets: files of settings that come with Dohyo, one per recipe; `curricula/presets` holds them."""

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any

from dohyo.arenas.errors import lookup
from dohyo.curricula.run.config_file import read_config


@dataclass(frozen=True)
class Preset:
    """A preset by name."""

    name: str
    about: str
    """What it trains, in one sentence."""
    settings: dict[str, Any]
    """Settings by name, as `dohyo.curricula.run.config_file.read_config` returns them."""


def preset_names() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.name.removesuffix(".toml") for path in _folder().iterdir() if path.name.endswith(".toml"))


def read_preset(name: str) -> Preset:
    """Return a preset; raises `UnknownName` for a name that none has."""
    lookup(dict.fromkeys(preset_names()), name, "preset")
    with as_file(_folder() / f"{name}.toml") as path:
        settings = read_config(path)
    return Preset(name, settings.pop("about", ""), settings)


def _folder() -> Any:
    return files("dohyo.curricula") / "presets"
