"""Trained agents that come with the package: names, files, cards, and that each plays."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from doubles import dohyo, only_object, snapshot

from dohyo.agents import load_snapshot, pretrained, save_snapshot
from dohyo.agents.pretrained import FOLDER, PREFIX, about, locate, shipped
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.views.seat_env import SeatEnv
from dohyo.curricula.players import find_snapshot

AGENTS = sorted(shipped())
MEGABYTE = 2**20


@pytest.fixture
def aki(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A shipped agent of the name `aki`."""
    folder = tmp_path / "package"
    folder.mkdir()
    save_snapshot(snapshot(), folder).rename(folder / "aki.safetensors")
    monkeypatch.setattr(pretrained, "FOLDER", folder)
    return "pretrained/aki"


def test_a_name_is_a_snapshot(aki: str):
    assert load_snapshot(aki).digest == find_snapshot(aki).digest == snapshot().digest


def test_an_unknown_name(aki: str):
    with pytest.raises(UnknownName, match=r"unknown pretrained agent 'aky'; did you mean 'aki'\?.*`dohyo agents`"):
        load_snapshot("pretrained/aky")


def test_a_file_of_that_name_goes_before(aki: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "pretrained" / "aki"
    own.parent.mkdir()
    save_snapshot(snapshot(1), tmp_path).rename(own)
    assert load_snapshot(aki).digest == snapshot(1).digest
    assert locate("zero") is None


def test_they_are_small():
    assert 0 < sum(path.stat().st_size for path in FOLDER.iterdir()) < 12 * MEGABYTE


@pytest.mark.parametrize("name", AGENTS)
def test_each_has_its_card(name: str):
    own, card = load_snapshot(PREFIX + name), about(name)
    assert card["snapshot"] == own.name
    assert card["training"]["samples"] == own.origin.samples
    assert {"zero", "random"} <= {row["player"] for row in card["matches"]}
    assert name in (FOLDER.parents[1] / "docs" / "reference" / "pretrained" / f"{name}.md").read_text()


@pytest.mark.parametrize("name", AGENTS)
def test_each_plays_itself(name: str):
    origin = load_snapshot(PREFIX + name).origin
    told = only_object(
        dohyo("play", origin.part.arena, "--seat", PREFIX + name, "--seat", "zero", "--bouts", "2", "--json").stdout
    )
    assert told["bouts"] == 2
    assert (told["engine"], told["physics"]) == (origin.engine, origin.physics)


def test_they_are_opponents_and_partners_in_python():
    arena = load_snapshot(PREFIX + AGENTS[0]).origin.part.arena
    with closing(SeatEnv(arena, body="ant", engine="mujoco", opponents=PREFIX + AGENTS[0])) as env:
        env.reset(seed=0)
        assert env.observation_space.contains(env.step(env.action_space.sample())[0])


def test_the_list():
    rows = json.loads(dohyo("agents", "--json").stdout)
    assert [row["agent"] for row in rows] == [PREFIX + name for name in AGENTS]
    assert all(sum(row["strength"]["zero"]) >= 100 for row in rows)
    shown = dohyo("agents").stdout
    assert all(name in shown for name in AGENTS)
