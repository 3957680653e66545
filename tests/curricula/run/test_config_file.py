"""Settings in a file, TOML or a run's `config.json`: written and read back, and refusals."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from doubles import tiny_config

from dohyo.arenas.errors import ConfigError
from dohyo.arenas.settings import build
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import SET_ELSEWHERE, read_config, to_toml

RUN = Path(__file__).parents[2] / "data" / "runs_0_1" / "mlp"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"minutes": 2.5, "samples": None},
        {"minutes": None, "samples": None},
        {"terms": {"to the goal": 0.25, 'odd "name"\x7f\n': -1e-9, "naïve": 3}, "roles": ("kicker",)},
        {"workers": None, "shared": True, "widen": ("0.1:0.5", "ball y=0:1"), "crowd": "1:4:0.5"},
    ],
)
def test_toml_gives_the_same_settings(changes: dict[str, Any], tmp_path: Path):
    config = tiny_config(**changes)
    settings = {name: value for name, value in asdict(config).items() if name not in SET_ELSEWHERE}
    read = read_config(written(tmp_path / "run.toml", to_toml(settings)))
    assert build(TrainConfig, {"minutes": None, **read}) == config


def test_a_runs_own_settings_are_read():
    values = read_config(RUN / "config.json")
    assert (values["arena"], values["engine"], values["ppo"]["width"]) == ("sumo", "mujoco", 8)
    assert not values.keys() & SET_ELSEWHERE.keys()


def test_snapshots_of_a_run_folder_are_found_beside_its_settings(tmp_path: Path):
    (tmp_path / "snapshots").mkdir()
    beside = tmp_path / "snapshots" / "0123456789abcdef.safetensors"
    beside.touch()
    path = written(tmp_path / "a.toml", 'start = "0123456789abcdef"\nguests = ["zero", "0123456789abcdef", "runs/a"]')
    assert read_config(path) == {"start": str(beside), "guests": ("zero", str(beside), "runs/a")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wolrds = 3", "unknown setting 'wolrds'; did you mean 'worlds'?"),
        ('worlds = "64"', "worlds must be a whole number from 2 to 100000, not '64'"),
        ("minutes = -1", "minutes must be a number of at least 0, or none, not -1"),
        ("minutes = nan", "minutes must be a number of at least 0, or none, not nan"),
        ("[ppo]\nepoch = 3", "unknown setting of ppo 'epoch'; did you mean 'epochs'?"),
        ("[ppo]\ngamma = 2", "ppo.gamma must be a number from 0 to 1, not 2"),
        ('[ppo]\npolicy = "lstm"\nparametrization = "ntk"', "unknown ppo.parametrization 'ntk'"),
        ("ppo = 3", "ppo must be a table of settings, not 3"),
        ('opponents = "oldest"', "unknown opponents 'oldest'"),
        ('widen = ["ball"]', "unknown widening 'ball'"),
        ('imports = ["own.py"]', "imports cannot be set here"),
        ("[schedule_start]\nshare = 1", "schedule_start cannot be set here"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(text: str, said: str, tmp_path: Path):
    path = written(tmp_path / "run.toml", text)
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert str(refused.value).startswith(f"{path}: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("run.toml", b"worlds", "cannot read {}: Expected '='"),
        ("run.toml", b"\xff", "cannot read {}: 'utf-8' codec can't decode"),
        ("run.json", b"{", "cannot read {}: Expecting property name"),
        ("run.json", b"[" * 100_000, "cannot read {}: it is nested too deeply"),
        ("run.yaml", b"", "{}: a file of settings ends in .toml or .json"),
        ("run.toml", None, "cannot read {}: "),
    ],
)
def test_a_file_that_cannot_be_read(name: str, content: bytes | None, said: str, tmp_path: Path):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert str(refused.value).startswith(said.format(path))
