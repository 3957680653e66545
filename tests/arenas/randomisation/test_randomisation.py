"""The config of a randomisation: what it refuses, its groups, and how it narrows."""

from dataclasses import fields

import pytest

from dohyo.arenas import ConfigError, EngineError, Randomisation, UnknownName, make_batch
from dohyo.arenas.randomisation.config import FIELDS, GROUPS, OFF, WIDE

RANGES = ("mass", "link_mass", "friction", "torque", "damping", "gain", "gravity", "timing")
ALL = Randomisation(
    mass=(0.9, 1.2),
    link_mass=(0.5, 1.5),
    friction=(0.7, 1.3),
    torque=(0.9, 1.1),
    damping=(0.3, 3.0),
    gain=(0.75, 1.5),
    limits=0.15,
    gravity=(0.9, 1.1),
    tilt=0.4,
    action_noise=0.05,
    action_offset=0.015,
    action_scale=0.015,
    observation_noise={"position": 0.001},
    observation_offset={"direction": 0.1},
    delay=0.5,
    timing=(0.01, 0.1),
    force=1.0,
    force_chance=0.1,
)


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize(
    ("pair", "named"),
    [
        ((-0.1, 1.0), "of at least|from 0"),
        ((1.2, 1.1), r"low 1.2 above high 1.1"),
        ((float("nan"), 1.0), "a pair of numbers"),
        ((1.0, float("inf")), "a pair of numbers"),
        ((1.0,), "a pair of numbers"),
        (1.5, "a pair of numbers"),
        ("ab", "a pair of numbers"),
    ],
)
def test_a_range_that_cannot_be_is_named(name, pair, named):
    with pytest.raises(ConfigError, match=named) as caught:
        Randomisation(**{name: pair})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"delay": 1.5}, "delay must be a number from 0 to 1"),
        ({"limits": -0.1}, "limits must be a number of at least 0"),
        ({"mass": (0.0, 1.0)}, "mass must be a pair of numbers of at least 0.001"),
        ({"force": 1.0}, "force needs force_chance"),
        ({"observation_noise": {"position": -1.0}}, "observation_noise must be numbers by name of at least 0"),
        ({"torque": (1.0, 20.0), "mass": (0.01, 1.0)}, "1000 times the least factor of mass"),
        ({"damping": (1.0, 3.0), "mass": (0.05, 1.0), "link_mass": (0.05, 1.0)}, "1000 times the least factor"),
    ],
)
def test_a_value_that_cannot_be_is_named(wrong, named):
    with pytest.raises(ConfigError, match=named):
        Randomisation(**wrong)


def test_unknown_names_list_what_there_is():
    with pytest.raises(UnknownName, match=r"unknown kind of entry 'touches'; did you mean 'touch'"):
        Randomisation(observation_noise={"touches": 0.1})
    with pytest.raises(UnknownName, match=r"unknown group of randomisation 'observations'.*action, observation, phys"):
        ALL.without(["observations"])


def test_the_groups_hold_every_field_once():
    """Only `force_decay` is in no group: it does nothing without a force."""
    assert len(FIELDS) == len(set(FIELDS))
    assert {field.name for field in fields(Randomisation)} == {*FIELDS, "force_decay"}
    assert set(ALL.on) == set(FIELDS)
    assert OFF.on == ()


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_goes_off_alone(group):
    rest = ALL.without([group])
    assert set(rest.on) == set(FIELDS) - {*GROUPS[group]}
    assert all(getattr(rest, name) == getattr(ALL, name) for name in rest.on)
    assert ALL.without(list(GROUPS)) == OFF


def test_a_field_widens_from_nothing_to_the_whole():
    """Halfway, factors are half as far from 1, and deviations half as large: (0.3, 3) becomes (0.65, 2)."""
    half = ALL.at(dict.fromkeys(WIDE, 0.5))
    assert (half.damping, half.link_mass, half.timing) == ((0.65, 2.0), (0.75, 1.25), (0.005, 0.05))
    assert (half.limits, half.delay, half.observation_noise) == (0.075, 0.25, {"position": 0.0005})
    assert ALL.at(dict.fromkeys(WIDE, 1.0)) == ALL
    nothing = ALL.at(dict.fromkeys(WIDE, 0.0))
    assert (nothing.mass, nothing.timing, nothing.tilt) == ((1, 1), (0, 0), 0)
    assert ALL.at({"mass": 0.0}) == Randomisation(**{**vars(ALL), "mass": (1.0, 1.0)})


def test_an_engine_names_what_it_cannot_follow():
    with pytest.raises(EngineError, match="mujoco cannot randomise timing"):
        make_batch("paper/sumo-ants", worlds=1, randomisation=Randomisation(timing=(0.1, 0.1), mass=(1.0, 2.0)))
