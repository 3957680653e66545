"""The API for writing an arena: the interface `Arena`, and the parts to build one from.

    >>> from dohyo.arenas.rules import Entry, Term
    >>> Term("forward", 5.0, "speed towards the line, m/s", "ours").weight
    5.0

Start from `BaseArena`; docs/guide/own_arena.md shows a complete arena.
"""

from dohyo.arenas.arrays import choose, namespace
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.rules.arena import NOBODY, TIME_OUT, Arena, Entry, Ranges, Term, Verdict
from dohyo.arenas.rules.base import CLOCK, LOSS_OUTCOME, WIN_OUTCOME, BaseArena, effort
from dohyo.arenas.rules.dice import Dice
from dohyo.arenas.rules.floor import Disc, Mark, Strip
from dohyo.arenas.rules.observation import distance
from dohyo.arenas.rules.start import stand

__all__ = [
    "CLOCK",
    "CONTROL_STEP",
    "LOSS_OUTCOME",
    "NOBODY",
    "TIME_OUT",
    "WIN_OUTCOME",
    "Arena",
    "BaseArena",
    "Dice",
    "Disc",
    "Entry",
    "Mark",
    "Ranges",
    "Strip",
    "Term",
    "Verdict",
    "choose",
    "distance",
    "effort",
    "namespace",
    "stand",
]
