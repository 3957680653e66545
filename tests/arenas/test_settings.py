"""Settings: the values that each type accepts, and the messages for others."""

from dataclasses import dataclass
from typing import Any

import pytest

from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.arenas.settings import build, check, read, setting, settings_of


@dataclass(frozen=True)
class Oven:
    heat: float = setting(0.5, "Share of the power.", low=0, high=1)


@dataclass(frozen=True)
class Kitchen:
    cooks: int = setting(2, "People who cook.", low=1)
    minutes: float | None = setting(None, "Time to cook.", low=0)
    style: str = setting("slow", "How they cook.", choices=("slow", "fast"))
    open: bool = setting(False, "Whether guests look in.")
    dishes: tuple[str, ...] = setting((), "What there is.")
    prices: dict[str, float] = setting(dict, "What it costs.")
    oven: Oven = setting(Oven, "The oven.")
    note: str = "not a setting"

    def __post_init__(self) -> None:
        check(self)


def test_the_fields_with_a_meaning_are_settings():
    known = settings_of(Kitchen)
    assert list(known) == ["cooks", "minutes", "style", "open", "dishes", "prices", "oven"]
    assert (known["cooks"].name, known["cooks"].type, known["cooks"].default) == ("cooks", int, 2)
    assert (known["prices"].default, known["oven"].default) == ({}, Oven())


@pytest.mark.parametrize(
    "changes",
    [
        {"cooks": 1},
        {"minutes": 0},
        {"minutes": 2.5},
        {"minutes": None},
        {"open": True},
        {"dishes": ("a", "b")},
        {"prices": {"a": 1, "b": 2.5}},
    ],
)
def test_what_is_taken(changes: dict[str, Any]):
    assert {name: getattr(Kitchen(**changes), name) for name in changes} == changes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"cooks": 0}, "cooks must be a whole number of at least 1, not 0"),
        ({"cooks": 1.5}, "cooks must be a whole number of at least 1, not 1.5"),
        ({"cooks": "2"}, "cooks must be a whole number of at least 1, not '2'"),
        ({"cooks": True}, "cooks must be a whole number of at least 1, not True"),
        ({"cooks": None}, "cooks must be a whole number of at least 1, not None"),
        ({"minutes": -1}, "minutes must be a number of at least 0, or none, not -1"),
        ({"minutes": float("nan")}, "minutes must be a number of at least 0, or none, not nan"),
        ({"minutes": float("inf")}, "minutes must be a number of at least 0, or none, not inf"),
        ({"minutes": 10**400}, "minutes must be a number of at least 0, or none, not 1000"),
        ({"style": 3}, "style must be a text, not 3"),
        ({"style": "fasst"}, "unknown style 'fasst'; did you mean 'fast'? choose one of: fast, slow"),
        ({"open": 1}, "open must be true or false, not 1"),
        ({"dishes": ["a"]}, "dishes must be a list of texts, not ['a']"),
        ({"dishes": (1,)}, "dishes must be a list of texts, not (1,)"),
        ({"prices": {"a": "1"}}, "prices must be numbers by name, not {'a': '1'}"),
        ({"oven": 3}, "oven must be a table of settings, not 3"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], said: str):
    with pytest.raises((ConfigError, UnknownName)) as refused:
        Kitchen(**changes)
    assert str(refused.value).startswith(said)


def test_settings_of_a_file_are_read_and_built():
    given = {"cooks": 3, "dishes": ["a"], "oven": {"heat": 1}}
    values = read(Kitchen, given)
    assert values == {"cooks": 3, "dishes": ("a",), "oven": {"heat": 1}}
    assert build(Kitchen, values) == Kitchen(cooks=3, dishes=("a",), oven=Oven(1))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cook": 3}, "unknown setting 'cook'; did you mean 'cooks'?"),
        ({"note": "x"}, "unknown setting 'note'"),
        ({"oven": {"heet": 1}}, "unknown setting of oven 'heet'; did you mean 'heat'?"),
        ({"oven": {"heat": 2}}, "oven.heat must be a number from 0 to 1, not 2"),
        ({"oven": 2}, "oven must be a table of settings, not 2"),
        ({"dishes": [1]}, "dishes must be a list of texts, not (1,)"),
        ([1], "the file must be a table of settings, not [1]"),
    ],
)
def test_settings_of_a_file_that_are_refused(given: Any, said: str):
    with pytest.raises((ConfigError, UnknownName)) as refused:
        read(Kitchen, given)
    assert str(refused.value).startswith(said)
