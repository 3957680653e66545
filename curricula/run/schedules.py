"""Schedules of training: the dense share, start ranges that widen, and the number of distinct opponents."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.randomisation import GROUPS, OFF, Randomisation
from dohyo.arenas.randomisation.config import WIDE
from dohyo.arenas.rules.arena import Ranges
from dohyo.arenas.settings import check, setting

DENSE: dict[str, Callable[[float, float], float]] = {
    "fade": lambda share, over: max(0.0, 1 - share / over) if over > 0 else 0.0,
    "late": lambda share, over: min(1.0, max(0.0, 2 - 2 * share / over)) if over > 0 else 0.0,
    "constant": lambda share, over: 1.0,
    "never": lambda share, over: 0.0,
}
"""Schedules of the dense share by name; arguments are the share of the budget used, and the share over which it fades.

`fade` is the curriculum of arXiv 1710.03748 (section 4.1), linear from 1 to 0. `late` is ours: 1 for the first half of
that time, then linear to 0, for arenas where a failed try costs more than no try (docs/results/kicker.md). The others
are for comparison with `fade`.
"""


@dataclass(frozen=True)
class ScheduleStart:
    """The state of a run at the last change of its budget; all 0 with its first budget."""

    minutes: float = setting(0.0, "Training time.", low=0)
    samples: int = setting(0, "Samples of all learners.", low=0)
    share: float = setting(0.0, "Progress of the schedules.", low=0, high=1)

    def __post_init__(self) -> None:
        """Raise `ConfigError` for impossible values."""
        check(self)


@dataclass(frozen=True)
class Widening:
    """A schedule for one range or all: narrow about its middle at first, whole when `over` of the budget is used.

    arXiv 1710.03748 widens the starts of kick-and-defend exponentially with the iterations. Here they widen linearly
    with the budget, so that a run of any length reaches the whole range.
    """

    name: str | None
    """The range, a key of `Arena.ranges`; None for every range without a widening of its own."""
    begin: float
    """Share of the width at the beginning, 0 to 1."""
    over: float
    """Share of the budget after which the range is whole, above 0."""

    def width(self, share: float) -> float:
        """Return the share of the width when the share `share` of the budget is used."""
        return min(1.0, self.begin + (1 - self.begin) * share / self.over)


def parse_widening(text: str) -> Widening:
    """Return the widening that `BEGIN:OVER` or `RANGE=BEGIN:OVER` describes; raises `ConfigError` for anything else."""
    number = r"(\d*\.?\d+)"
    match = re.fullmatch(rf"(?:([^=]+)=)?{number}:{number}", re.sub(r"\s*=\s*", "=", text.strip()), re.ASCII)
    if match is None or not 0 <= float(match[2]) <= 1 or not 0 < float(match[3]) <= 1:
        raise ConfigError(
            f"unknown widening {text!r}: give BEGIN:OVER or RANGE=BEGIN:OVER, both shares from 0 to 1, OVER above 0, "
            "such as 'ball y=0.1:0.5'"
        )
    return Widening(match[1], float(match[2]), float(match[3]))


class Widenings:
    """The widenings of a run, for the arena's whole ranges `ranges` and the fields of `randomisation`.

    The most special name decides: a range or a field, then a group of fields, then all. Raises `UnknownName` for an
    unknown name.
    """

    def __init__(
        self, texts: Sequence[str], ranges: Mapping[str, tuple[float, float]], randomisation: Randomisation = OFF
    ) -> None:
        parsed = {widening.name: widening for widening in map(parse_widening, texts)}
        fields = [name for name in randomisation.on if name in WIDE]
        groups = {group: [name for name in names if name in fields] for group, names in GROUPS.items()}
        known = {**ranges, **dict.fromkeys(fields), **{group: names for group, names in groups.items() if names}}
        for name in parsed.keys() - {None}:
            lookup(known, str(name), "range")
        self._by_name = {name: parsed[None] for name in (*ranges, *fields) if None in parsed}
        self._by_name |= {name: parsed[group] for group, names in groups.items() if group in parsed for name in names}
        self._by_name |= {name: parsed[name] for name in (*ranges, *fields) if name in parsed}
        self._whole = dict(ranges)

    def at(self, share: float) -> Ranges:
        """Return the ranges that widen, at the time when the share `share` of the budget is used."""
        widths = {name: self._by_name[name].width(share) for name in self._whole if name in self._by_name}
        return {name: _narrow(*self._whole[name], width) for name, width in widths.items()}

    def widths(self, share: float) -> dict[str, float]:
        """Return the widths of the randomised fields that widen, at that time, by name."""
        return {name: known.width(share) for name, known in self._by_name.items() if name not in self._whole}


def _narrow(low: float, high: float, width: float) -> tuple[float, float]:
    """Return the range narrowed to the share `width` about its middle."""
    middle, half = (low + high) / 2, (high - low) / 2
    return middle - width * half, middle + width * half


@dataclass(frozen=True)
class Growth:
    """A schedule of the number of distinct past opponents: from `begin` to `end`, when `over` of the budget is used."""

    begin: int
    end: int
    over: float
    """Share of the budget after which the number is `end`, above 0."""

    def at(self, share: float) -> int:
        """Return the number when the share `share` of the budget is used: linear, rounded down."""
        return self.begin + int((self.end - self.begin) * min(1.0, share / self.over))


def parse_growth(text: str) -> Growth:
    """Return the growth that `FEW:MANY:OVER` describes; raises `ConfigError` for anything else."""
    match = re.fullmatch(r"([1-9]\d*):([1-9]\d*):(\d*\.?\d+)", text.strip(), re.ASCII)
    if match is None or int(match[1]) > int(match[2]) or not 0 < float(match[3]) <= 1:
        raise ConfigError(
            f"unknown crowd {text!r}: give FEW:MANY:OVER, numbers of opponents from 1 on that grow, and a share of "
            "the budget above 0, such as '1:16:0.5'"
        )
    return Growth(int(match[1]), int(match[2]), float(match[3]))
