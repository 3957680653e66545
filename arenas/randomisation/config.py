"""`Randomisation`: what differs from bout to bout and from step to step, so that policies do not rely on one simulator.

docs/reference/randomisation.md says what each field does on each engine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.randomisation.kinds import KINDS
from dohyo.arenas.settings import check, setting

Range = tuple[float, float]
"""Lowest and highest value; (x, x) is a constant."""
ONE, NOTHING = (1.0, 1.0), (0.0, 0.0)
LEAST, MOST_STRAIN = 0.001, 1000.0
"""Least factor of mass, and largest ratio of an actuator's law to a mass: PyBullet divides physics steps by it."""


@dataclass(frozen=True)
class Randomisation:
    """What is drawn for each world, in four groups (`GROUPS`); all of it is off by default.

    Ranges are drawn from uniformly, or uniformly in the logarithm; the other numbers are standard deviations or
    probabilities. Raises `ConfigError` for impossible values, `UnknownName` for an unknown kind of entry.
    """

    mass: Range = setting(ONE, "Factor of mass and inertia of everything that moves, uniform.", low=LEAST)
    link_mass: Range = setting(ONE, "Factor of mass and inertia of each body by itself, uniform.", low=LEAST)
    friction: Range = setting(ONE, "Factor of the friction of every contact, uniform.", low=0)
    torque: Range = setting(
        ONE, "Factor of all actuators' whole law: gain, damping and strength, uniform; for all joints the same.", low=0
    )
    damping: Range = setting(ONE, "Factor of each joint's damping, uniform in the logarithm.", low=LEAST)
    gain: Range = setting(ONE, "Factor of each actuator's gain, uniform in the logarithm.", low=LEAST)
    limits: float = setting(0.0, "Deviation of the shift of each limit of each joint, normal, rad.", low=0)
    gravity: Range = setting(ONE, "Factor of gravity, uniform.", low=0)
    tilt: float = setting(0.0, "Deviation of what is added to each coordinate of gravity, normal, m/s^2.", low=0)
    action_noise: float = setting(0.0, "Deviation of the noise of each action in each step, normal.", low=0)
    action_offset: float = setting(0.0, "Deviation of what is added to each action for a whole bout, normal.", low=0)
    action_scale: float = setting(0.0, "Deviation of the factor of each action for a whole bout, normal.", low=0)
    observation_noise: dict[str, float] = setting(
        dict, "Deviation of the noise of each number in each step, by kind of entry, normal.", low=0
    )
    observation_offset: dict[str, float] = setting(
        dict, "Deviation of what is added to each number for a whole bout, by kind of entry, normal.", low=0
    )
    delay: float = setting(
        0.0, "Probability that an action reaches its joint one control step late, for a whole bout.", low=0, high=1
    )
    timing: Range = setting(
        NOTHING,
        "Mean share by which physics steps take longer in a bout, uniform; each takes an exponential time longer.",
        low=0,
        high=10,
    )
    force: float = setting(
        0.0, "Deviation of each coordinate of a random force on a seat's root over the seat's mass, m/s^2.", low=0
    )
    force_chance: float = setting(0.0, "Probability that a random force begins in a control step.", low=0, high=1)
    force_decay: float = setting(0.99, "Factor of a random force from one control step to the next.", low=0, high=1)

    def __post_init__(self) -> None:
        """Check all values, and that PyBullet can follow the largest factors."""
        check(self)
        for name in self._ranges():
            low, high = getattr(self, name)
            if low > high:
                raise ConfigError(f"randomisation: {name} has low {low!r} above high {high!r}")
        for name in ("observation_noise", "observation_offset"):
            for kind in getattr(self, name):
                lookup(KINDS, kind, "kind of entry")
        if self.force and not self.force_chance:
            raise ConfigError("randomisation: force needs force_chance, the probability that one begins")
        law = self.torque[1] * max(self.gain[1], self.damping[1])
        if law > MOST_STRAIN * self.mass[0] * self.link_mass[0]:
            raise ConfigError(
                f"randomisation: the factors of torque, gain and damping reach {law:g}, which is more than "
                f"{MOST_STRAIN:g} times the least factor of mass"
            )

    @classmethod
    def _ranges(cls) -> list[str]:
        return [field.name for field in fields(cls) if isinstance(field.default, tuple)]

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the fields that differ from the default, without `force_decay`, which alone does nothing."""
        default = asdict(OFF)
        return tuple(name for name, value in asdict(self).items() if value != default[name] and name in FIELDS)

    def without(self, groups: Sequence[str]) -> "Randomisation":
        """Return the same with whole groups off; raises `UnknownName` for a name that is not in `GROUPS`."""
        names = [name for group in groups for name in lookup(GROUPS, group, "group of randomisation")]
        default = asdict(OFF)
        return replace(self, **{name: default[name] for name in names})

    def at(self, widths: Mapping[str, float]) -> "Randomisation":
        """Return the same with some fields narrowed: width 0 is off, 1 the whole; `widths` are by name (`WIDE`)."""
        return replace(self, **{name: _narrowed(name, getattr(self, name), w) for name, w in widths.items()})


OFF = Randomisation()
"""Nothing is randomised."""
GROUPS: dict[str, tuple[str, ...]] = {
    "physics": ("mass", "link_mass", "friction", "torque", "damping", "gain", "limits", "gravity", "tilt"),
    "action": ("action_noise", "action_offset", "action_scale"),
    "observation": ("observation_noise", "observation_offset"),
    "unmodelled": ("delay", "timing", "force", "force_chance"),
}
"""Fields that `--without` switches off together."""
FIELDS = tuple(name for group in GROUPS.values() for name in group)
"""The fields of all groups."""
WIDE = tuple(name for name in FIELDS if name != "force_chance")
"""The fields that can widen."""


def _narrowed(name: str, value: Any, width: float) -> Any:
    """Return a field's value drawn together towards off: factors towards 1, all else towards 0."""
    if isinstance(value, dict):
        return {kind: width * deviation for kind, deviation in value.items()}
    if not isinstance(value, tuple):
        return width * value
    off = getattr(OFF, name)[0]
    return tuple(end if width == 1 else off + width * (end - off) for end in value)
