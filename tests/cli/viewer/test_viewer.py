"""The viewer, driven in a real browser: it plays, pauses, swaps, turns its camera, and asks nobody else."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from driven import Driven, browser, choose, press, wait

from dohyo.arenas.registry import set_up

pytest.importorskip("viser")

from dohyo.cli.viewer.live import LiveBouts
from dohyo.cli.viewer.viewer import Viewer


@pytest.fixture
def viewer() -> Iterator[Viewer]:
    live = LiveBouts("sumo", set_up("sumo", engine="mujoco"), ["random", "zero"], 0)
    shown = Viewer(live, lambda: ["random", "zero"], "127.0.0.1", 8090)
    thread = threading.Thread(target=shown.run)
    thread.start()
    yield shown
    shown.stop()
    thread.join()
    shown.close()


def differ(page: Driven, before: np.ndarray) -> bool:
    """Whether the scene, the left part of the page, has changed clearly."""
    return bool((np.abs(page.picture() - before)[:, :400].max(axis=2) > 40).sum() > 200)


def test_the_viewer_in_a_browser(viewer: Viewer, tmp_path: Path):
    live = viewer.bouts
    with browser(tmp_path, webgl=True) as page:
        page.open(viewer.address, 720, 400)
        press(page, "Pause")
        wait(lambda: not viewer.panel.playing)
        stopped = live.board.steps
        for colour in (0, 2):  # one body is red, one blue
            others = [c for c in (0, 1, 2) if c != colour]
            wait(
                lambda c=colour, o=others: (
                    (page.picture()[..., c] > page.picture()[..., o].max(axis=2) + 60).sum() > 100
                )
            )
        still = page.picture()
        time.sleep(1)
        assert live.board.steps == stopped

        press(page, "Step")
        wait(lambda: live.board.steps == stopped + 1)
        press(page, "Swap seats")
        wait(lambda: live.players == ["zero", "random"] and live.board.steps == 0)
        wait(lambda: "sumo_0: zero" in page.run("document.body.innerText"))
        wait(lambda: differ(page, still))  # another bout starts elsewhere

        choose(page, "side", "free")
        wait(lambda: viewer.stage.view == "free")
        time.sleep(1)
        before = page.picture()
        drag(page)
        wait(lambda: differ(page, before))

        before = page.picture()
        press(page, "Play")
        wait(lambda: live.board.steps > 20)
        wait(lambda: differ(page, before))
        assert {urlsplit(request).hostname for request in page.requests if request.startswith("http")} == {"127.0.0.1"}
        assert all(urlsplit(request).scheme in ("http", "data", "blob") for request in page.requests)
        assert not [error for error in page.errors if '"level": "error"' in error]


def drag(page: Driven) -> None:
    """Turn the camera with the mouse."""
    mouse = {"button": "left", "buttons": 1, "clickCount": 1}
    page.send("Input.dispatchMouseEvent", type="mousePressed", x=150, y=200, **mouse)
    for x in range(160, 320, 20):
        page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=200, **mouse)
        time.sleep(0.05)
    page.send("Input.dispatchMouseEvent", type="mouseReleased", x=320, y=200, **mouse)


def test_unknown_players_pause_and_are_named(viewer: Viewer):
    viewer.bouts.players = ["<b>nobody</b>", "zero"]
    viewer.panel.wants_next = True
    wait(lambda: not viewer.panel.playing)
    assert "no player &#x27;&lt;b&gt;nobody" in viewer.panel._score.content
