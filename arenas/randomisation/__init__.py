"""Randomisation: what differs from bout to bout and from step to step, on every engine."""

from dohyo.arenas.randomisation.config import GROUPS, OFF, Randomisation
from dohyo.arenas.randomisation.presets import PRESETS, parse, preset, texts_of
from dohyo.arenas.randomisation.randomiser import Randomiser

__all__ = ["GROUPS", "OFF", "PRESETS", "Randomisation", "Randomiser", "parse", "preset", "texts_of"]
