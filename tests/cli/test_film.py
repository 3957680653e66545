"""Pictures of a bout: their sizes, their frames, and the caption."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from doubles import shorten_bouts

from dohyo.arenas.views.replay import Replay, colours, verdict
from dohyo.arenas.views.replay_file import load_replay
from dohyo.cli.caption import caption

RunMain = Callable[..., tuple[int, str, str]]
SEATS = ["--seat", "random", "--seat", "zero", "--bouts", "1", "--workers", "1"]
SMALL = ("--size", "96x64")


@pytest.fixture
def replay(tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch) -> Replay:
    shorten_bouts(monkeypatch, 8)
    path = tmp_path / "bout.npz"
    assert run_main("play", "sumo", "--engine", "mujoco", *SEATS, "--replay", str(path))[0] == 0
    return load_replay(path)


def test_a_video(replay: Replay, tmp_path: Path, run_main: RunMain):
    """8 steps of 0.05 s at 20 pictures a second are 9 frames; the last one stays for another second."""
    pytest.importorskip("av")
    path = tmp_path / "new" / "bout.mp4"
    assert run_main("replay", str(tmp_path / "bout.npz"), str(path), *SMALL)[0] == 0
    frames = imageio.imread(path, plugin="pyav")
    assert frames.shape == (9 + 20, 64, 96, 3)
    assert imageio.immeta(path, plugin="pyav")["fps"] == 20
    # The rows at the bottom show the ending only at the end.
    assert np.abs(frames[0, -8:].astype(int) - frames[-1, -8:]).max() > 60
    assert run_main("replay", str(tmp_path / "bout.npz"), str(path), *SMALL, "--fps", "10")[0] == 0
    assert len(imageio.imread(path, plugin="pyav")) == 5 + 10


def test_pyav_is_optional(replay: Replay, tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "av" else found(name))
    for call in (("replay", str(tmp_path / "bout.npz")), ("play", "sumo", *SEATS, "--picture")):
        status, output, errors = run_main(*call, str(tmp_path / "bout.mp4"))
        assert (status, output, errors.count("\n")) == (1, "", 1)
        assert 'pip install "dohyo[video]"' in errors
    assert not (tmp_path / "bout.mp4").exists()


def test_size_rate_and_camera(replay: Replay, tmp_path: Path, run_main: RunMain):
    call = "replay", str(tmp_path / "bout.npz")
    assert run_main(*call, str(tmp_path / "a.png"), *SMALL)[0] == 0
    assert imageio.imread(tmp_path / "a.png").shape == (64, 5 * 96, 3)
    assert run_main(*call, str(tmp_path / "b.png"), *SMALL, "--camera", "above")[0] == 0
    assert (imageio.imread(tmp_path / "a.png") != imageio.imread(tmp_path / "b.png")).mean() > 0.5
    assert run_main(*call, str(tmp_path / "a.gif"), *SMALL, "--fps", "20")[0] == 0
    assert len(imageio.imread(tmp_path / "a.gif", index=None)) == 9
    wrong = {("--size", "9"): "WIDTHxHEIGHT", ("--camera", "left"): "choose one of", ("--fps", "0"): "fps"}
    for options, message in wrong.items():
        status, _, errors = run_main(*call, str(tmp_path / "c.gif"), *options)
        assert (status, errors.count("\n")) == (2, 1)
        assert message in errors
    for size in ("62x64", "65x64", "64x1922"):
        status, _, errors = run_main(*call, str(tmp_path / "c.gif"), "--size", size)
        assert (status, errors.count("\n")) == (1, 1)
        assert "must be even, from 64 to 1920 pixels" in errors
    assert not (tmp_path / "c.gif").exists()


def test_a_caption_shows_colours_names_score_clock_and_ending(replay: Replay):
    assert verdict(replay.about) == "A draw: time-out"
    assert verdict(replace(replay.about, winner="a,b", ending="fell")) == "a, b wins: fell"
    assert verdict(replace(replay.about, ending=None)) == ""
    grey = np.full((360, 480, 3), 120, np.uint8)
    first, last = (caption(grey, replay, row).astype(int) for row in (0, replay.steps))
    assert (first[100:300] == 120).all()
    for s, colour in enumerate(np.rint(255 * colours(replay))):
        dots = [np.abs(picture[:60, :30] - colour).max(axis=2) < 20 for picture in (first, last)]
        assert all(40 < dot.sum() < 400 for dot in dots)
        assert (np.nonzero(dots[0])[0].mean() < 25) == (s == 0)
    white = (first[:60] > 200).all(axis=2)
    assert white[:, 20:200].sum() > 100  # names
    assert white[:30, 430:].sum() > 50  # the clock
    assert (first[300:] == 120).all()
    assert (last[330:] > 200).all(axis=2).sum() > 100


def test_a_long_name_keeps_its_end(replay: Replay):
    """Names that differ at their beginning alone look the same when they are cut, at their end alone they do not."""
    grey = np.full((360, 480, 3), 120, np.uint8)

    def drawn(name: str) -> np.ndarray:
        return caption(grey, replace(replay, about=replace(replay.about, players=(name, "b"))), 0)

    assert np.array_equal(drawn("x" * 200 + "end"), drawn("y" + "x" * 200 + "end"))
    assert not np.array_equal(drawn("x" * 200 + "end"), drawn("x" * 200 + "and"))


def test_what_cannot_be_written(replay: Replay, tmp_path: Path, run_main: RunMain):
    (tmp_path / "file").touch()
    status, _, errors = run_main("replay", str(tmp_path / "bout.npz"), str(tmp_path / "file" / "a.png"), *SMALL)
    assert (status, errors.count("\n")) == (1, 1)
    assert "cannot write" in errors
