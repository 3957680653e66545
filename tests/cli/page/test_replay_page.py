"""The page of a replay, driven in a real browser: it moves, scrubs, turns, fits a phone, and asks nobody."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest
from browser import Page
from doubles import shorten_bouts
from driven import browser

from dohyo.arenas.views.replay import Replay
from dohyo.arenas.views.replay_file import load_replay, save_replay
from dohyo.cli.page.replay import render

RunMain = Callable[..., tuple[int, str, str]]
SEATS = ["--seat", "random", "--seat", "zero", "--bouts", "1", "--workers", "1"]


@pytest.fixture
def replay(tmp_path: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch) -> Replay:
    shorten_bouts(monkeypatch, 40)
    path = tmp_path / "new" / "bout.npz"
    status, output, _ = run_main("play", "sumo", "--engine", "mujoco", *SEATS, "--replay", str(path))
    assert status == 0
    assert "replay: " in output
    return load_replay(path)


def changed(a: np.ndarray, b: np.ndarray) -> int:
    """Number of pixels that differ clearly."""
    return int((np.abs(a - b).max(axis=2) > 30).sum())


def test_the_page_in_a_browser(replay: Replay, tmp_path: Path):
    assert replay.about.players == ("random", "zero")
    path = tmp_path / "bout.html"
    path.write_text(render(replay), encoding="utf-8")
    with browser(tmp_path) as page:
        page.open(path.as_uri(), 900, 700)
        assert page.run("byId('clock').textContent") == "0.0 / 2.0 s"
        start = page.picture()
        red = (start[:, :, 0] > 150) & (start[:, :, 1] < 90)
        blue = (start[:, :, 2] > 150) & (start[:, :, 0] < 90)
        assert red[80:600].sum() > 1000
        assert blue[80:600].sum() > 1000
        # From the side: the first seat left, the second right, with next to nothing of one in front of the other.
        assert np.median(np.nonzero(red[80:600])[1]) < 450 < np.median(np.nonzero(blue[80:600])[1])

        page.run("byId('scrub').value = 30; byId('scrub').dispatchEvent(new Event('input'))")
        later = page.picture()
        assert page.run("byId('clock').textContent") == "1.5 / 2.0 s"
        assert changed(start[80:600], later[80:600]) > 1000

        page.run("canvas.dispatchEvent(new WheelEvent('wheel', {deltaY: 300}))")
        assert changed(later[80:600], page.picture()[80:600]) > 1000

        page.run("byId('speed').value = 4; byId('play').click()")
        page.run(
            "new Promise(done => { const t = setInterval(() => { if (!playing) { clearInterval(t); done(); } }, 50) })"
        )
        assert page.run("byId('clock').textContent") == "2.0 / 2.0 s"
        assert page.run("byId('end').textContent") == "A draw: time-out."
        assert page.requests == [path.as_uri()]
        assert page.errors == []


def test_a_touch_flashes_for_four_steps(replay: Replay, tmp_path: Path):
    """The ants begin to touch in row 10 and do not part; nothing else on the page is orange."""
    contact = np.zeros_like(replay.contact)
    contact[10:, 0, 1] = contact[10:, 1, 0] = True
    path = tmp_path / "bout.html"
    path.write_text(render(replace(replay, contact=contact)), encoding="utf-8")
    with browser(tmp_path) as page:
        page.open(path.as_uri(), 900, 700)
        seen = []
        for row in (9, 10, 13, 14):
            page.run(f"seek({row})")
            red, green, blue = np.moveaxis(page.picture()[80:600], 2, 0)
            seen.append(int(((red > 200) & (np.abs(green - 130) < 40) & (blue < 60)).sum()) > 50)
    assert seen == [False, True, True, False]


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_fits_a_phone(replay: Replay, tmp_path: Path, dark: bool):
    path = tmp_path / "bout.html"
    path.write_text(render(replay), encoding="utf-8")
    with browser(tmp_path) as page:
        page.open(path.as_uri(), 390, 760, dark=dark)
        assert page.run("document.documentElement.scrollWidth") <= 390
        assert page.run("document.documentElement.scrollHeight") <= 760
        assert page.run("canvas.clientHeight") > 350
        picture = page.picture()
        assert (picture[2, 2].mean() < 60) == dark


def test_names_are_no_markup(replay: Replay, tmp_path: Path):
    evil = "</script><script>document.title='owned'</script><img src=x>"
    text = render(replace(replay, about=replace(replay.about, players=(evil, "b"), arena=evil)))
    parsed = Page(text)
    assert [len(parsed.all(tag)) for tag in ("script", "img")] == [2, 0]
    path = tmp_path / "bout.html"
    path.write_text(text, encoding="utf-8")
    with browser(tmp_path) as page:
        page.open(path.as_uri(), 900, 700)
        assert page.run("document.title").startswith("</script>")
        assert evil in page.run("byId('seats').textContent")
        assert page.run("document.images.length") == 0
        assert page.requests == [path.as_uri()]


def test_a_minute_of_two_ants_is_small(replay: Replay):
    """1,200 control steps of 0.05 s."""
    rows = {
        name: np.resize(getattr(replay, name), (1201, *getattr(replay, name).shape[1:]))
        for name in ("position", "quaternion", "contact", "out")
    }
    rows |= {
        name: np.resize(getattr(replay, name), (1200, *getattr(replay, name).shape[1:]))
        for name in ("dense", "outcome", "terms")
    }
    assert len(render(replace(replay, **rows))) < 1_000_000


def test_a_replay_becomes_page_and_pictures(replay: Replay, tmp_path: Path, run_main: RunMain):
    path = tmp_path / "a.npz"
    save_replay(path, replay)
    for name in ("new/bout.html", "bout.gif", "bout.png"):
        assert run_main("replay", str(path), str(tmp_path / name))[0] == 0
    assert re.match("<!doctype html>", (tmp_path / "new" / "bout.html").read_text())
    assert len(imageio.imread(tmp_path / "bout.gif", index=None)) == 21  # the start, then every other one of 40 steps
    assert imageio.imread(tmp_path / "bout.png").shape == (360, 5 * 480, 3)
    status, output, _ = run_main("replay", str(path), str(tmp_path / "b.html"), "--json")
    assert json.loads(output)["bytes"] == (tmp_path / "b.html").stat().st_size
    status, _, errors = run_main("replay", str(path), str(tmp_path / "bout.txt"))
    assert (status, errors.count("\n")) == (2, 1)
    status, _, errors = run_main("replay", str(tmp_path / "bout.png"), str(tmp_path / "bout.html"))
    assert (status, errors.count("\n")) == (1, 1)
    assert "replay" in errors
