"""`render_mode="human"`: every view shows its bouts in a viewer, in real time, until it is closed."""

import importlib.util
import re
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import gymnasium
import numpy as np
import pytest
from driven import browser, press, wait

from dohyo.arenas import DohyoEnv, DohyoError, SeatEnv, sumo_v0

VIEWS = {
    "parallel": lambda **keywords: sumo_v0.parallel_env(render_mode="human", **keywords),
    "aec": lambda **keywords: sumo_v0.env(render_mode="human", **keywords),
    "seat": lambda **keywords: SeatEnv("sumo", render_mode="human", **keywords),
    "gymnasium": lambda **keywords: gymnasium.make("dohyo/Sumo-v0", render_mode="human", **keywords),
}


@pytest.fixture
def no_viser(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "viser" else found(name))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.usefixtures("no_viser")
def test_without_viser_the_error_names_what_to_install(view: str):
    with pytest.raises(DohyoError, match=r'^render_mode="human" needs viser: `pip install "dohyo\[watch\]"`, or .*$'):
        VIEWS[view](engine="mujoco")


def act(env) -> None:
    """Run one control step of any view."""
    if isinstance(env, DohyoEnv):
        env.step({agent: np.zeros(8) for agent in env.agents})
    elif hasattr(env, "agent_iter"):
        for _ in env.agents:
            env.step(np.zeros(8, np.float32))
    else:
        env.step(np.zeros(8, np.float32))


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_it_and_closes_it(
    view: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    pytest.importorskip("viser")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    env = VIEWS[view](engine="mujoco")
    assert capsys.readouterr().err == ""  # it opens with the first bout
    env.reset(seed=0)
    said = re.fullmatch(r"Dohyo: sumo: watch at (http://127\.0\.0\.1:\d+)\n", capsys.readouterr().err)
    assert said is not None
    with urlopen(said[1]) as page:
        assert page.status == 200
    begun = time.monotonic()
    for _ in range(5):
        act(env)
    assert time.monotonic() - begun > 0.19  # five control steps of 0.05 s, the first of which may catch up
    assert env.render() is None
    env.reset(seed=1)
    assert capsys.readouterr().err == ""
    env.close()
    env.close()
    with pytest.raises(URLError):
        urlopen(said[1], timeout=5)


def test_a_program_is_watched_in_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Pause stops the program, Step lets it go on by one control step, and closing the tab frees it."""
    pytest.importorskip("viser")
    monkeypatch.delenv("DISPLAY", raising=False)
    env = SeatEnv("sumo", engine="mujoco", render_mode="human")
    env.reset(seed=0)
    window = env._screen._window
    assert window is not None
    done, steps = threading.Event(), 0

    def play() -> None:
        nonlocal steps
        while not done.is_set():
            over = env.step(env.action_space.sample())[2]
            steps += 1
            if over:
                env.reset()

    program = threading.Thread(target=play)
    with browser(tmp_path, webgl=True) as page:
        page.open(window.address, 720, 400)
        program.start()
        press(page, "Pause")
        wait(lambda: not window.panel.playing)
        time.sleep(0.5)
        stopped = steps
        for colour in (0, 2):  # one body is red, one blue
            others = [c for c in (0, 1, 2) if c != colour]
            wait(
                lambda c=colour, o=others: (
                    (page.picture()[..., c] > page.picture()[..., o].max(axis=2) + 60).sum() > 100
                )
            )
        assert steps == stopped
        press(page, "Step")
        wait(lambda: steps == stopped + 1)
        assert "sumo_0" in page.run("document.body.innerText")
        assert not page.run("document.body.innerText.includes('Swap seats')")
        time.sleep(0.5)
        assert steps == stopped + 1
        assert {urlsplit(request).hostname for request in page.requests if request.startswith("http")} == {"127.0.0.1"}
    wait(lambda: steps > stopped + 1)  # nobody is left who could press Play
    done.set()
    program.join()
    env.close()
