"""The settings of runs in words, for the tables of pages."""

from dataclasses import asdict
from typing import Any

from dohyo.curricula.run.config import TrainConfig


def listed(config: TrainConfig) -> dict[str, str]:
    """Return every setting of a run by name, in words; those of PPO are named `ppo.…`."""
    return {key: _words(value) for key, value in _flat(asdict(config)).items()}


def own(config: TrainConfig) -> set[str]:
    """Return the names of the settings that are not the default."""
    usual = _flat(asdict(type(config)()))
    return {key for key, value in _flat(asdict(config)).items() if value != usual.get(key)}


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) and value else {f"{prefix}{key}": value}
    return flat


def _words(value: Any) -> str:
    if value is None or value == () or value == {}:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
