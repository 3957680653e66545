"""`dohyo hub` against a stand-in for the hub: what it sends, fetches and refuses."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from doubles import dohyo, only_object, shorten_bouts, tiny_config, train
from hub_stand_in import TOKEN, StandIn, stand_in
from huggingface_hub import constants

from dohyo.agents.snapshot import load_snapshot
from dohyo.curricula.cards.card import PARTS

RunMain = Callable[..., tuple[int, str, str]]
REPOSITORY = "me/sumo-ant"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A hub that this process takes for the real one, with a token and an empty cache."""
    with stand_in() as server:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        yield server


@pytest.fixture
def carded(run_folder: Path, run_main: RunMain) -> Path:
    """A run of three generations whose newest snapshot has a card with few parts."""
    without = [word for part in PARTS if part != "picture" for word in ("--without", part)]
    status, _, errors = run_main("card", str(run_folder), "--bouts", "2", "--engine", "mujoco", "--json", *without)
    assert (status, errors) == (0, "")
    return run_folder


def test_a_snapshot_goes_and_comes_back(carded: Path, tmp_path: Path, hub: StandIn, run_main: RunMain):
    status, output, errors = run_main("hub", "push", str(carded), REPOSITORY, "--json")
    assert (status, errors) == (0, "")
    sent = only_object(output)
    name = f"{sent['snapshot']}.safetensors"
    assert set(hub.files[REPOSITORY]) == {name, "README.md", "card.json", "bout.gif"}
    assert sent["commit"].startswith(f"{hub.url}/{REPOSITORY}/commit/")
    out = tmp_path / "fetched"
    status, output, _ = run_main("hub", "pull", REPOSITORY, "--out", str(out), "--json")
    assert status == 0
    [path] = only_object(output)["snapshots"]
    assert path == str(out / name)
    assert load_snapshot(out / name).digest == load_snapshot(carded / "snapshots" / name).digest
    assert {file.name for file in out.iterdir()} == set(hub.files[REPOSITORY])
    assert all((out / file).read_bytes() == hub.files[REPOSITORY][file] for file in ("README.md", "bout.gif"))
    status, output, _ = run_main("play", "sumo", "--engine", "mujoco", "--seat", path, "--seat", "zero", "--bouts", "2")
    assert status == 0


def test_the_address_is_that_of_the_environment(carded: Path, tmp_path: Path, hub: StandIn, run_main: RunMain):
    """`HF_ENDPOINT`, as `huggingface_hub` documents it, in a process of its own and in the folder of the repository."""
    assert run_main("hub", "push", str(carded), REPOSITORY)[0] == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.url)
        patch.setenv("HF_HOME", str(tmp_path / "home"))
        patch.chdir(tmp_path)
        result = dohyo("hub", "pull", REPOSITORY)
    assert result.returncode == 0, result.stderr
    assert "plays sumo as sumo with ant, 288 samples" in result.stdout
    assert (tmp_path / "sumo-ant" / "README.md").exists()


def test_a_repository_holds_the_newest_snapshot(run_folder: Path, hub: StandIn, run_main: RunMain):
    for player in (f"{run_folder}@1", str(run_folder)):
        status, output, _ = run_main("hub", "push", player, REPOSITORY, "--without-card", "--private", "--json")
        assert status == 0
        assert list(hub.files[REPOSITORY]) == [f"{only_object(output)['snapshot']}.safetensors"]
    assert len(hub.commits[REPOSITORY]) == 2
    assert hub.private[REPOSITORY]


def test_what_is_refused_before_anything_is_sent(carded: Path, hub: StandIn, run_main: RunMain):
    status, _, errors = run_main("hub", "push", f"{carded}@1", REPOSITORY)
    assert status == 1
    assert "has no card: make it with `dohyo card" in errors
    [card] = (carded / "cards").iterdir()
    status, _, errors = run_main("hub", "push", f"{carded}@1", REPOSITORY, "--card", str(card))
    assert status == 1
    assert f"has the card of {card.name}, not of" in errors
    (card / "card.json").write_text("[")
    assert "make the card again" in run_main("hub", "push", str(carded), REPOSITORY)[2]
    assert "no player 'nobody'" in run_main("hub", "push", "nobody", REPOSITORY)[2]
    assert hub.files == {}


def pulled(run_main: RunMain, out: Path) -> str:
    """The error of a pull that must fail, and write nothing."""
    status, output, errors = run_main("hub", "pull", REPOSITORY, "--out", str(out))
    assert (status, output) == (1, "")
    assert errors.count("\n") == 1
    assert not out.exists()
    return errors


def test_a_strangers_file_is_checked(tmp_path: Path, hub: StandIn, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    """As `load_snapshot` does it: damaged, changed and foreign files are refused."""
    shorten_bouts(monkeypatch)
    folder = train(tmp_path / "run", tiny_config(samples=1)).folder
    whole = next(folder.snapshots.iterdir()).read_bytes()
    folder.close()
    out = tmp_path / "fetched"
    hub.commits[REPOSITORY] = []
    changed = whole[:-1] + bytes([whole[-1] ^ 1])
    for content, said in ((whole[:100], "truncated or not a snapshot"), (changed, "changed after it was saved")):
        hub.files[REPOSITORY] = {"agent.safetensors": content, "README.md": b"# Fine"}
        hub.commits[REPOSITORY].append("another")
        assert said in pulled(run_main, out)


def test_other_files_stay_there(tmp_path: Path, hub: StandIn, run_main: RunMain):
    hub.files[REPOSITORY], hub.commits[REPOSITORY] = {"model.pkl": b"x", "deep/a.safetensors": b"x"}, []
    assert "holds no snapshot" in pulled(run_main, tmp_path / "fetched")
    hub.files[REPOSITORY] = {"huge.safetensors": b"x"}
    hub.sizes["huge.safetensors"] = 10**12
    assert "huge.safetensors of 1,000,000,000,000 bytes" in pulled(run_main, tmp_path / "fetched")


def test_the_hubs_errors_are_one_line(
    carded: Path, tmp_path: Path, hub: StandIn, run_main: RunMain, monkeypatch: pytest.MonkeyPatch
):
    assert "the hub has no repository 'me/sumo-ant'" in pulled(run_main, tmp_path / "fetched")
    status, _, errors = run_main("hub", "pull", "no such name")
    assert (status, errors.count("\n")) == (1, 1)
    assert "the hub failed for 'no such name'" in errors
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    status, _, errors = run_main("hub", "push", str(carded), REPOSITORY)
    assert (status, errors.count("\n")) == (1, 1)
    assert "401" in errors


def test_without_the_library(run_folder: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for arguments in (["push", str(run_folder), REPOSITORY, "--without-card"], ["pull", REPOSITORY]):
        status, _, errors = run_main("hub", *arguments)
        assert (status, errors) == (1, 'dohyo: the hub needs huggingface_hub: `pip install "dohyo[hub]"`\n')


@pytest.mark.parametrize("arguments", [["push"], ["pull"], ["send"], ["push", "runs/first"]])
def test_typing_errors(run_main: RunMain, arguments: list[str]):
    status, output, errors = run_main("hub", *arguments)
    assert (status, output, errors.count("\n")) == (2, "", 1)
