"""Checks of a training run's settings that a single field's description cannot express."""

import re
from typing import TYPE_CHECKING

from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.randomisation import parse
from dohyo.curricula.run.schedules import parse_growth, parse_widening

if TYPE_CHECKING:
    from dohyo.curricula.run.config import TrainConfig

SNAPSHOT_NAME = re.compile("[0-9a-f]{16}")


def check_together(config: "TrainConfig") -> None:
    """Raise `ConfigError` or `UnknownName` for numbers that do not fit together and for texts that say nothing."""
    if 2 * config.collectors > config.worlds:
        raise ConfigError(f"{config.worlds} worlds are too few for {config.collectors} collectors: each needs two")
    if not config.collectors and (config.ray or config.stale):
        raise ConfigError("ray and stale are for collectors: give their number, such as --collectors 2")
    for text in config.widen:
        parse_widening(text)
    if config.crowd:
        parse_growth(config.crowd)
    parse(config.randomise, config.without)
    for name in {config.start, *config.guests} - {"", *BUILT_IN}:
        if not SNAPSHOT_NAME.fullmatch(name):
            raise ConfigError(f"{short(name)} is not a snapshot's name: give 16 digits of 0-9 and a-f")
