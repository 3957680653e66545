"""Settings: dataclass fields with a description and a range, from which checks, options and tables are made."""

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
PAIR = tuple[float, float]
"""The type of a range: lowest and highest value."""
WORDS: dict[Any, str] = {
    PAIR: "a pair of numbers",
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    tuple: "a list of texts",
    dict: "numbers by name",
    NoneType: "none",
}
"""Words for a value of each type, in messages."""


@dataclass(frozen=True)
class Setting:
    """The description of one setting."""

    help: str
    """What the setting is, in one or two sentences."""
    note: str = ""
    """What the reference page adds: sources and reasons."""
    low: float | None = None
    high: float | None = None
    """Bounds of a number, both included; None for no bound."""
    choices: Collection[str] = ()
    """The allowed texts; empty for any."""
    shown: str = ""
    """Words for the default, if its value does not explain itself."""
    option: str | None = ""
    """Name of its option, without dashes; empty for the field's name, None for no option."""
    panel: str | None = None
    """Heading of its option in the help; None for no heading."""
    name: str = ""
    type: Any = None
    default: Any = None

    def check(self, value: Any, label: str) -> None:
        """Raise an error that names `label` unless `value` is allowed.

        Raises `ConfigError` for a wrong type or a number out of range, `UnknownName` for a text that is not a choice.
        """
        if not _fits(value, self.type) or not self._in_range(value):
            raise ConfigError(f"{label} must be {self.wanted}, not {short(value)}")
        if self.choices:
            lookup(dict.fromkeys(self.choices), value, label)

    def _in_range(self, value: Any) -> bool:
        if isinstance(value, dict | tuple):
            return all(map(self._in_range, value.values() if isinstance(value, dict) else value))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    @property
    def wanted(self) -> str:
        """The allowed values in words, such as `a whole number of at least 2`."""
        first, *others = (_words(kind) for kind in _kinds(self.type))
        span = ""
        if self.low is not None:
            span = f" of at least {self.low:g}" if self.high is None else f" from {self.low:g} to {self.high:g}"
        return ", or ".join([first + span, *others])


def setting(default: Any, help: str, **more: Any) -> Any:
    """Return a dataclass field with a `Setting`.

    `default` is a value, or a type that each config calls for a new value; `more` are further fields of `Setting`.
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
    """Raise `ConfigError` or `UnknownName` unless all settings of `config` have allowed values."""
    for name, known in settings_of(type(config)).items():
        known.check(getattr(config, name), name)


def read(config: Any, given: Any, table: str = "") -> dict[str, Any]:
    """Return the checked settings of a file by name; lists become tuples, and nested tables become dicts.

    `given` is the content of the file, or of its table `table`. Raises `UnknownName` for an unknown setting,
    `ConfigError` for a value that is not allowed.
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
    """Return the dataclass `config` with the settings that `read` returned."""
    known = settings_of(config)
    tables = {name: known[name].type for name, value in values.items() if is_dataclass(known[name].type)}
    return config(**{**values, **{name: build(kind, values[name]) for name, kind in tables.items()}})


def _words(kind: Any) -> str:
    return WORDS.get(kind) or WORDS.get(get_origin(kind) or kind, "a table of settings")


def _in_files(kind: Any) -> Any:
    """Return a type without functions: a config that takes one keeps its name before it checks itself."""
    kept = [part for part in _kinds(kind) if get_origin(part) is not Callable]
    return reduce(or_, kept)


def _kinds(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _fits(value: Any, kind: Any) -> bool:
    """Return whether a value has the type `kind`; numbers must be finite, and truth values are not numbers."""
    if isinstance(kind, UnionType):
        return any(_fits(value, part) for part in get_args(kind))
    plain = get_origin(kind) or kind
    if isinstance(value, bool) or plain is bool:
        return isinstance(value, bool) and plain is bool
    if plain is float:
        return isinstance(value, int | float) and -LARGEST <= value <= LARGEST
    if kind == PAIR:
        return isinstance(value, tuple) and len(value) == 2 and all(_fits(number, float) for number in value)
    if plain is tuple:
        return isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)
    if plain is dict:
        return isinstance(value, dict) and all(isinstance(k, str) and _fits(v, float) for k, v in value.items())
    return isinstance(value, plain)
