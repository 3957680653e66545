"""`dohyo watch`: which players it shows, where, and what it refuses."""

import importlib.util
import json
import subprocess
import sys
import webbrowser
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from doubles import shorten_bouts

pytest.importorskip("viser")

from dohyo.arenas.views.replay_file import load_replay
from dohyo.cli.viewer.viewer import Viewer
from dohyo.curricula.run.folder import RunFolder

RunMain = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], tuple[str, ...]]]:
    """Arena, players and the entries of the first list of each viewer that is opened; none of them plays."""
    seen: list[tuple[str, list[str], tuple[str, ...]]] = []

    def look(viewer: Viewer) -> None:
        [control, *_] = viewer.panel._players
        seen.append((viewer.bouts.batch.arena.name, list(viewer.bouts.players), tuple(control.options)))

    monkeypatch.setattr(Viewer, "run", look)
    return seen


def test_an_arena(shown: list[tuple[str, list[str], tuple[str, ...]]], run_main: RunMain):
    call = "watch", "sumo", "--engine", "mujoco", "--seat", "zero", "--seat", "random", "--no-open", "--port", "8291"
    status, output, errors = run_main(*call)
    assert (status, errors) == (0, "")
    assert output.startswith("Watch at http://127.0.0.1:82")
    assert shown == [("sumo", ["zero", "random"], ("zero", "random"))]
    status, output, _ = run_main(*call, "--json")
    assert json.loads(output)["address"].startswith("http://127.0.0.1:82")


def test_a_run(run_folder: Path, shown: list[tuple[str, list[str], tuple[str, ...]]], run_main: RunMain):
    assert run_main("watch", str(run_folder), "--no-open", "--port", "8291")[0] == 0
    [(arena, players, offered)] = shown
    newest = f"{run_folder}:sumo"
    assert (arena, players) == ("sumo", [newest, newest])
    assert offered == (newest, *(f"{newest}@{generation}" for generation in (3, 2, 1, 0)), "zero", "random")


def test_a_run_that_goes_on_offers_its_new_snapshots(
    run_folder: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch
):
    """The next bout plays the newest snapshot: here, generation 0 again as generation 4."""

    def go_on(viewer: Viewer) -> None:
        with closing(RunFolder.open(run_folder)) as folder:
            first, *_, last = folder.record.chain("sumo")
            folder.record.add_generation(replace(last, generation=4, snapshot=first.snapshot))
        viewer._begin()
        newest = f"{run_folder}:sumo"
        assert viewer.panel._players[0].options[:3] == (newest, f"{newest}@4", f"{newest}@3")
        assert viewer.bouts.players == [newest, newest]

    monkeypatch.setattr(Viewer, "run", go_on)
    assert run_main("watch", str(run_folder), "--no-open", "--port", "8291")[0] == 0


def test_a_run_with_one_learner_of_two_roles(tmp_path: Path, shown: list, run_main: RunMain, monkeypatch):
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    run = str(tmp_path / "keeper")
    few = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--ppo", "rollout=16", "--minutes", "0"]
    assert run_main("train", "kick_and_defend", "--role", "keeper", "--guest", "zero", *few, "--out", run)[0] == 0
    assert run_main("watch", run, "--no-open", "--port", "8291")[0] == 0
    assert shown[0][:2] == ("kick_and_defend", ["zero", f"{run}:keeper"])


def test_a_display_decides_about_the_browser(shown: list, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for display in ("", ":0"):
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        assert run_main("watch", "sumo", "--engine", "mujoco", "--seat", "zero", "--port", "8291")[0] == 0
    assert len(opened) == 1
    assert opened[0].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(("steps", "words"), [(12, "a whole bout, 0.6 s"), (5, "a bout that was cut short, 0.2 s")])
def test_a_replay(steps: int, words: str, tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    """The first of two whole bouts is recorded; Ctrl-C in the first one leaves what was seen of it."""
    shorten_bouts(monkeypatch, 12)

    def run(viewer: Viewer) -> None:
        for _ in range(steps):
            viewer._advance()
        if steps == 12:
            viewer._begin()
            viewer._advance()
        raise KeyboardInterrupt

    monkeypatch.setattr(Viewer, "run", run)
    path = tmp_path / "new" / "bout.npz"
    call = "watch", "sumo", "--engine", "mujoco", "--seat", "zero", "--seat", "random", "--no-open", "--port", "8291"
    status, output, errors = run_main(*call, "--seed", "4", "--replay", str(path))
    assert (status, errors) == (130, "dohyo: interrupted\n")
    assert output.splitlines()[1:] == [f"Replay written: {path} ({words})"]
    replay = load_replay(path)
    assert (replay.steps, replay.about.seed, replay.about.players) == (steps, 4, ("zero", "random"))
    assert replay.about.ending == ("time-out" if steps == 12 else None)
    status, output, errors = run_main(*call, "--replay", str(tmp_path / "bout.gif"))
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert "must end in .html or .npz" in errors


def test_what_it_refuses(tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    wrong = {
        ("sumo_3",): "give players",
        ("sumu", "--seat", "zero"): "did you mean 'sumo'",
        ("sumo", "--seat", "nobody"): "no player 'nobody'",
        (str(tmp_path),): "is not a run folder",
    }
    for words, message in wrong.items():
        status, output, errors = run_main("watch", *words, "--no-open")
        assert (status, output, errors.count("\n")) == (2, "", 1), errors
        assert message in errors
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "viser" else found(name))
    status, _, errors = run_main("watch", "sumo", "--seat", "zero")
    assert (status, errors.count("\n")) == (1, 1)
    assert 'pip install "dohyo[watch]"' in errors


def test_an_arena_alone_shows_the_agents_that_come_with_the_package():
    """Without the packages of training, as after `pip install "dohyo[watch]"`."""
    program = f"""
import sys
sys.modules |= dict.fromkeys({["torch", "stable_baselines3", "sb3_contrib", "scipy", "matplotlib", "tensorboard"]})
from dohyo.arenas.registry import Setup
from dohyo.cli.commands.watch import _plan
from dohyo.cli.viewer.live import LiveBouts
arena, players, setup = _plan("sumo", None, Setup("", "mujoco", "", ""))
bouts = LiveBouts(arena, setup, players, 0)
print(*players, setup.physics)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["pretrained/sumo-ant pretrained/sumo-ant fast"], done.stderr
