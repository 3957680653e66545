"""Settings: fields of a dataclass that carry what they mean and what they can be, for checks, options and tables."""

import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass, replace
from functools import reduce
from operator import or_
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from dohyo.arenas.checks import short
from dohyo.arenas.errors import ConfigError, lookup

T = TypeVar("T")
LARGEST = sys.float_info.max
WORDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    tuple: "a list of texts",
    dict: "numbers by name",
    NoneType: "none",
}
"""What a value of each type is called."""


@dataclass(frozen=True)
class Setting:
    """A field of a dataclass of settings, and what it means."""

    help: str
    """What it is, in one or two sentences."""
    note: str = ""
    """What the reference adds: sources, reasons."""
    low: float | None = None
    high: float | None = None
    """Bounds of a number, both included; None: no bound."""
    choices: Collection[str] = ()
    """What a text can be; empty: anything."""
    shown: str = ""
    """Description of the default, where its value does not say it."""
    option: str | None = ""
    """Name of its option, without dashes; empty: as the field; None: it has no option."""
    panel: str | None = None
    """Heading of its option in the help; None: none."""
    name: str = ""
    type: Any = None
    default: Any = None

    def check(self, value: Any, label: str) -> None:
        """Raise an error that names `label` unless the setting can have this value.

        `ConfigError` for another type or a number out of range, `UnknownName` for a text that is no choice.
        """
        if not _fits(value, self.type) or not self._in_range(value):
            raise ConfigError(f"{label} must be {self.wanted}, not {short(value)}")
        if self.choices:
            lookup(dict.fromkeys(self.choices), value, label)

    def _in_range(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    @property
    def wanted(self) -> str:
        """What values it can have, in words: `a whole number of at least 2`."""
        first, *others = (WORDS.get(get_origin(kind) or kind, "a table of settings") for kind in _kinds(self.type))
        span = ""
        if self.low is not None:
            span = f" of at least {self.low:g}" if self.high is None else f" from {self.low:g} to {self.high:g}"
        return ", or ".join([first + span, *others])


def setting(default: Any, help: str, **more: Any) -> Any:
    """Return a dataclass field with a meaning.

    `default` is a value, or the type of which each config makes its own; `more` is what `Setting` holds besides.
    """
    metadata = {"setting": Setting(help, **more)}
    if isinstance(default, type):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def settings_of(config: type) -> dict[str, Setting]:
    """Return the settings of a dataclass by name, with their types and defaults."""
    hints, found = get_type_hints(config), dict[str, Setting]()
    for one in fields(config):
        default = one.default if one.default_factory is MISSING else one.default_factory()
        if known := one.metadata.get("setting"):
            found[one.name] = replace(known, name=one.name, type=_in_files(hints[one.name]), default=default)
    return found


def check(config: Any) -> None:
    """Raise `ConfigError` or `UnknownName` unless all settings of `config` have values that they can have."""
    for name, known in settings_of(type(config)).items():
        known.check(getattr(config, name), name)


def read(config: Any, given: Any, table: str = "") -> dict[str, Any]:
    """Return settings from a file by name, checked; lists become tuples, tables of settings dicts.

    `table` is the name of the table that `given` is, empty for the file itself. Raises `UnknownName` for a setting
    that does not exist, `ConfigError` for a value that cannot be.
    """
    known, values = settings_of(config), dict[str, Any]()
    if not isinstance(given, Mapping):
        raise ConfigError(f"{table or 'the file'} must be a table of settings, not {short(given)}")
    for name, value in given.items():
        found = lookup(known, name, f"setting of {table}" if table else "setting")
        label = f"{table}.{name}" if table else name
        if is_dataclass(found.type):
            values[name] = read(found.type, value, label)
        else:
            values[name] = tuple(value) if isinstance(value, list) else value
            found.check(values[name], label)
    return values


def build(config: type[T], values: Mapping[str, Any]) -> T:
    """Return the dataclass with settings that `read` gave."""
    known = settings_of(config)
    tables = {name: known[name].type for name, value in values.items() if is_dataclass(known[name].type)}
    return config(**{**values, **{name: build(kind, values[name]) for name, kind in tables.items()}})


def _in_files(kind: Any) -> Any:
    """Return a type without functions: a config that takes one keeps its name before it checks itself."""
    kept = [part for part in _kinds(kind) if get_origin(part) is not Callable]
    return reduce(or_, kept)


def _kinds(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether a value has a type: numbers are finite, and truth values are none."""
    if isinstance(kind, UnionType):
        return any(_fits(value, part) for part in get_args(kind))
    plain = get_origin(kind) or kind
    if isinstance(value, bool) or plain is bool:
        return isinstance(value, bool) and plain is bool
    if plain is float:
        return isinstance(value, int | float) and -LARGEST <= value <= LARGEST
    if plain is tuple:
        return isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)
    if plain is dict:
        return isinstance(value, dict) and all(isinstance(k, str) and _fits(v, float) for k, v in value.items())
    return isinstance(value, plain)
