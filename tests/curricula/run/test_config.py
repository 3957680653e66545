"""The settings of a run: one source for options and docs, and impossible values are refused."""

import json
import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from dohyo.agents.learning.config import PpoConfig
from dohyo.arenas.errors import ConfigError, DohyoError
from dohyo.arenas.settings import settings_of
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder

RUN = Path(__file__).parents[2] / "data" / "runs_0_1" / "mlp"
SETTINGS = json.loads((RUN / "config.json").read_text())


@pytest.mark.parametrize("config", [TrainConfig, PpoConfig])
def test_every_field_says_what_it_means(config: type):
    known = settings_of(config)
    assert [field.name for field in fields(config)] == list(known)
    for name, one in known.items():
        assert re.fullmatch(r"[A-Z'].*\.", one.help, re.DOTALL), name


def test_guests_take_the_same_share_everywhere():
    assert TrainConfig().guest_share == 0.3  # the command line's before there was one source
    page = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
    assert "| `guest_share` | `0.3` | `--guest-share` |" in page.read_text()


BAD: dict[str, tuple[Any, str]] = {
    "worlds": ("64", "worlds must be a whole number from 2 to 100000, not '64'"),
    "seed": (-5, "seed must be a whole number of at least 0, not -5"),
    "updates": (0, "updates must be a whole number of at least 1, not 0"),
    "population": (10**9, "population must be a whole number from 1 to 1000, not 1000000000"),
    "workers": (0, "workers must be a whole number from 1 to 1024, or none, not 0"),
    "samples": (1.5, "samples must be a whole number of at least 1, or none, not 1.5"),
    "mirror": (1.5, "mirror must be a number from 0 to 1, not 1.5"),
    "shared": ("no", "shared must be true or false, not 'no'"),
    "dense": ("faded", "unknown dense 'faded'; did you mean 'fade'?"),
    "roles": ("sumo", "roles must be a list of texts, not 'sumo'"),
    "terms": ({"standing": None}, "terms must be numbers by name, not {'standing': None}"),
    "crowd": ("many", "unknown crowd 'many': give FEW:MANY:OVER"),
    "widen": (["2:1"], "unknown widening '2:1'"),
    "start": ("../../secret", "'../../secret' is not a snapshot's name"),
    "guests": (["zero", "a/b"], "'a/b' is not a snapshot's name"),
    "ppo": (SETTINGS["ppo"] | {"epochs": 0}, "ppo.epochs must be a whole number of at least 1, not 0"),
    "wolrds": (64, "unknown setting 'wolrds'; did you mean 'worlds'?"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_run_whose_settings_cannot_be_is_refused(name: str, tmp_path: Path):
    value, said = BAD[name]
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**SETTINGS, name: value}))
    with pytest.raises(DohyoError) as refused:
        RunFolder.open(tmp_path)
    assert str(refused.value).startswith(f"cannot read {path} ({said}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "it is nested too deeply"),
        ("[1]", "the file must be a table of settings, not [1]"),
        ("{", "Expecting property name"),
        ('{"seed": 1e999}', "seed must be a whole number of at least 0, not inf"),
        ("{}", "it lacks anneal, arena, body"),
        (json.dumps({name: value for name, value in SETTINGS.items() if name != "mirror"}), "it lacks mirror"),
    ],
    ids=["nested", "list", "cut", "infinite", "empty", "incomplete"],
)
def test_a_file_that_holds_no_settings_is_refused(text: str, said: str, tmp_path: Path):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(DohyoError, match="restore it, or train in a new folder") as refused:
        RunFolder.open(tmp_path)
    assert said in str(refused.value)


def test_settings_of_the_first_version_are_read():
    config = TrainConfig.from_json(SETTINGS)
    assert {
        name: value for name, value in json.loads(json.dumps(asdict(config))).items() if name in SETTINGS
    } == SETTINGS | {"ppo": SETTINGS["ppo"] | {"symmetry": False, "desired_kl": 0.0}}  # which are newer


def test_settings_from_python_are_checked():
    with pytest.raises(ConfigError, match="worlds must be a whole number from 2 to 100000, not 1"):
        TrainConfig(worlds=1)
