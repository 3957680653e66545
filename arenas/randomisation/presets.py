"""Presets of randomisation with the source of each number, and how both presets and fields are written as text."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.randomisation.config import OFF, Randomisation
from dohyo.arenas.randomisation.kinds import KINDS

Source = tuple[Any, str]
"""A field's value, and where it is from."""
DX = "arXiv 1808.00177"
DACTYL: dict[str, Source] = {
    "link_mass": ((0.5, 1.5), f"{DX}: masses of the object and of the robot's links"),
    "friction": ((0.7, 1.3), f"{DX}: surface friction"),
    "damping": ((0.3, 3.0), f"{DX}: joint damping"),
    "gain": ((0.75, 1.5), f"{DX}: actuator gains"),
    "limits": (0.15, f"{DX}: joint limits, rad"),
    "tilt": (0.4, f"{DX}: each coordinate of gravity, m/s^2"),
    "action_noise": (0.05, f"{DX}: uncorrelated, 5 %"),
    "action_offset": (0.015, f"{DX}: correlated, 1.5 %"),
    "action_scale": (0.015, f"{DX}: multiplicative, 1.5 %"),
    "observation_noise": ({"position": 0.001, "direction": 0.1}, "ours: 1 mm, and 0.1 rad of a unit vector"),
    "observation_offset": ({"position": 0.005, "direction": 0.1}, "ours: 5 mm, and 0.1 rad of a unit vector"),
    "delay": (0.5, f"{DX}: one step; here a step is 50 ms, there 80 ms"),
    "timing": (
        (0.0125, 0.1),
        f"{DX}: 8 ms + Exp(rate), rate U(1250, 10000) per s, so means of 0.1 to 0.8 ms; here the mean is uniform",
    ),
    "force": (1.0, "ours: N(0, 1 m/s^2) times the mass"),
    "force_chance": (0.01, "ours"),
    "force_decay": (round(0.99 ** (CONTROL_STEP / 0.08), 4), f"{DX}: 0.99 per 80 ms"),
}
"""The ranges of Dactyl (OpenAI), for a hand, as far as they exist here; dimensions are not randomised."""
PRESETS: dict[str, dict[str, Source]] = {"dactyl": DACTYL}
"""Presets by name."""


def preset(name: str) -> Randomisation:
    """Return the preset `name`; raises `UnknownName` for one that is not in `PRESETS`."""
    return Randomisation(**{field: value for field, (value, _) in lookup(PRESETS, name, "preset").items()})


def parse(texts: Sequence[str], without: Sequence[str] = ()) -> Randomisation:
    """Return the randomisation that presets and `FIELD=VALUE` describe; later texts override earlier ones.

    A range is `LOW:HIGH`, or one number for a constant. Noise of a kind of entries is `observation_noise.KIND=NUMBER`.
    `without` are groups to switch off, one text for each or several joined by commas. Raises `UnknownName` or
    `ConfigError` for anything else.
    """
    values = asdict(OFF)
    if without and not texts:
        raise UnknownName("--without switches groups of a randomisation off: add --randomise")
    for text in texts:
        name, given, value = (part.strip() for part in text.partition("="))
        if not given:
            chosen = lookup(PRESETS, name, "preset of randomisation", "; or give FIELD=VALUE")
            values |= {field: number for field, (number, _) in chosen.items()}
            continue
        field, _, kind = name.partition(".")
        old = lookup(values, field, "field of randomisation")
        if isinstance(old, dict):
            lookup(KINDS, kind, "kind of entry")
            values[field] = {**old, kind: _number(text, value)}
        elif isinstance(old, tuple):
            low, _, high = value.partition(":")
            values[field] = (_number(text, low), _number(text, high or low))
        else:
            values[field] = _number(text, value)
    return Randomisation(**values).without([group.strip() for text in without for group in text.split(",")])


def texts_of(config: Randomisation) -> tuple[str, ...]:
    """Return the texts from which `parse` makes the same randomisation, without presets."""
    names = [*config.on, *(["force_decay"] if config.force_decay != OFF.force_decay else [])]
    return tuple(text for name in names for text in _texts_of_field(name, getattr(config, name)))


def _texts_of_field(name: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}.{kind}={number!r}" for kind, number in value.items()]
    return [f"{name}={value[0]!r}:{value[1]!r}" if isinstance(value, tuple) else f"{name}={value!r}"]


def _number(text: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnknownName(f"unknown value in {text!r}: give FIELD=NUMBER or FIELD=LOW:HIGH, such as mass=0.8:1.2")
    return number
