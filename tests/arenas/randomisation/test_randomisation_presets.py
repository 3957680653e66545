"""Presets and fields as text, and Dactyl's ranges against the paper's table."""

import pytest

from dohyo.arenas import ConfigError, Randomisation, UnknownName, make_batch
from dohyo.arenas.randomisation import OFF, PRESETS, parse, preset, texts_of
from dohyo.arenas.randomisation.config import FIELDS, GROUPS


def test_dactyl_has_the_papers_ranges():
    """arXiv 1808.00177: the table of physics parameters, noise of actions, delay, timing and forces.

    A physics step of 8 ms takes Exp(rate) longer, rates of 1,250 to 10,000 per second: 1/1250 s is 0.8 ms, a tenth. A
    force keeps 0.99 of its size in 80 ms, so 0.9937 in 50 ms.
    """
    dactyl = preset("dactyl")
    assert (dactyl.link_mass, dactyl.friction) == ((0.5, 1.5), (0.7, 1.3))
    assert (dactyl.damping, dactyl.gain, dactyl.limits, dactyl.tilt) == ((0.3, 3.0), (0.75, 1.5), 0.15, 0.4)
    assert (dactyl.action_noise, dactyl.action_offset, dactyl.action_scale) == (0.05, 0.015, 0.015)
    assert dactyl.delay == 0.5
    assert dactyl.timing == pytest.approx((0.1 / 8, 0.8 / 8))
    assert dactyl.force_decay**1.6 == pytest.approx(0.99, abs=1e-4)
    assert all(source.startswith(("ours", "arXiv")) for _, source in PRESETS["dactyl"].values())
    assert set(dactyl.on) == set(FIELDS) - {"mass", "torque", "gravity"}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], OFF),
        (["dactyl"], preset("dactyl")),
        (["mass=0.8:1.2"], Randomisation(mass=(0.8, 1.2))),
        (["mass = 2"], Randomisation(mass=(2.0, 2.0))),
        (["tilt=0.4", "tilt=0.5"], Randomisation(tilt=0.5)),
        (
            ["observation_noise.position=0.1", "observation_noise.joint angle=1"],
            Randomisation(observation_noise={"position": 0.1, "joint angle": 1.0}),
        ),
        (["mass=0.8:1.2", "dactyl"], Randomisation(**{**vars(preset("dactyl")), "mass": (0.8, 1.2)})),
    ],
)
def test_texts_describe_a_randomisation(texts, expected):
    assert parse(texts) == expected


@pytest.mark.parametrize("config", [OFF, preset("dactyl"), Randomisation(mass=(1 / 3, 2 / 3), tilt=0.1)])
def test_texts_give_back_what_they_describe(config):
    assert parse(texts_of(config)) == config


def test_groups_go_off():
    rest = parse(["dactyl"], ["physics", "unmodelled"])
    assert set(rest.on) == {*GROUPS["action"], *GROUPS["observation"]}


@pytest.mark.parametrize(
    ("texts", "without", "error", "said"),
    [
        (["dactil"], [], UnknownName, r"unknown preset of randomisation 'dactil'; did you mean 'dactyl'.*FIELD=VALUE"),
        (["masses=1:2"], [], UnknownName, "unknown field of randomisation 'masses'; did you mean 'mass'"),
        (["mass=a:b"], [], UnknownName, "unknown value in 'mass=a:b': give FIELD=NUMBER"),
        (["tilt=nan"], [], UnknownName, "unknown value"),
        (["mass="], [], UnknownName, "unknown value"),
        (["mass=2:1"], [], ConfigError, "low 2.0 above high 1.0"),
        (["observation_noise=0.1"], [], UnknownName, "kind of entry"),
        (["dactyl"], ["forces"], UnknownName, "unknown group of randomisation 'forces'"),
        ([], ["physics"], UnknownName, "add --randomise"),
    ],
)
def test_other_texts_are_refused_in_one_line(texts, without, error, said):
    with pytest.raises(error, match=said) as caught:
        parse(texts, without)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("arena", ["run_to_goal", "kick_and_defend", "you_shall_not_pass", "sumo_3"])
def test_a_preset_fits_every_arena(arena):
    body = None if arena == "sumo_3" else "humanoid"
    batch = make_batch(arena, body, "mujoco", 2, workers=1, randomisation=preset("dactyl"))
    batch.reset(0)
    for _ in range(3):
        batch.step([space.sample()[None].repeat(2, 0) for space in batch.action_spaces])
    assert all(batch.observation_spaces[k].contains(seen[0]) for k, seen in enumerate(batch.observations))
    batch.close()
