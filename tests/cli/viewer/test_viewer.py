"""The viewer, driven in a real browser: it plays, pauses, swaps, turns its camera, and asks nobody else."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from driven import Driven, browser, choose, press, wait
from states import ENGINES

from dohyo.arenas.registry import set_up

pytest.importorskip("viser")

from dohyo.cli.viewer.live import LiveBouts
from dohyo.cli.viewer.viewer import Viewer


def of_random(engine: str) -> Viewer:
    live = LiveBouts("sumo", set_up("sumo", engine=engine), ["random", "zero"], 0)
    return Viewer(live, lambda: ["random", "zero"], "127.0.0.1", 8090)


@pytest.fixture(params=["mujoco"])
def viewer(request: pytest.FixtureRequest) -> Iterator[Viewer]:
    shown = of_random(request.param)
    thread = threading.Thread(target=shown.run)
    thread.start()
    yield shown
    shown.stop()
    thread.join()
    shown.close()


@pytest.fixture
def still() -> Iterator[Viewer]:
    """A viewer that shows nothing by itself."""
    shown = of_random("mujoco")
    yield shown
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


@pytest.mark.parametrize("viewer", [ENGINES[0]], indirect=True)  # PyBullet, where it is installed
def test_the_other_controls_on_a_narrow_page(viewer: Viewer, tmp_path: Path):
    """Speed, players, next bout, push, following camera, score, ending and plots, 390 pixels wide."""
    live = viewer.bouts
    with browser(tmp_path, webgl=True) as page:
        page.open(viewer.address, 390, 780)
        press(page, "Pause")
        wait(lambda: not viewer.panel.playing)
        wait(lambda: all((page.picture()[:312, :, c] > page.picture()[:312, :, 2 - c] + 60).sum() > 60 for c in (0, 2)))
        assert page.run("document.documentElement.scrollWidth") <= 390

        choose(page, "zero", "random")  # the list of side 1 alone shows zero
        wait(lambda: live.players == ["random", "random"] and live.board.steps == 0)
        wait(lambda: "sumo_1: random" in page.run("document.body.innerText"))
        seed = live.seed
        press(page, "Next bout")
        wait(lambda: live.seed == seed + 1)
        press(page, "Push sumo_1")
        wait(lambda: np.linalg.norm(live._force[0], axis=1).tolist() == pytest.approx([0, 400]))
        choose(page, "1", "4")
        wait(lambda: viewer.panel.speed == 4)

        choose(page, "side", "follow")
        wait(lambda: viewer.stage.view == "follow")
        [client] = viewer.stage._server.get_clients().values()
        away = client.camera.position - client.camera.look_at
        live.batch.arena.max_cycles = 10
        viewer.panel._goes_on.value = False
        press(page, "Play")
        wait(lambda: "A draw: time-out" in page.run("document.body.innerText"))
        middle = viewer.stage._actors().mean(axis=0)
        assert client.camera.look_at[:2] == pytest.approx(middle[:2], abs=0.2)
        assert (
            client.camera.look_at[2] < middle[2] - 0.5
        )  # the controls cover the lower half, so the bodies are in the upper one
        assert client.camera.position - client.camera.look_at == pytest.approx(away, abs=0.2)

        choose(page, "follow", "free")
        wait(lambda: viewer.stage.view == "free")
        place, seed = client.camera.position, live.seed
        press(page, "Next bout")
        wait(lambda: live.seed == seed + 1 and live.board.steps > 2)
        assert client.camera.position == pytest.approx(place)
        assert page.run("document.querySelectorAll('canvas').length") >= 2  # the scene, and a plot
        assert {urlsplit(request).hostname for request in page.requests if request.startswith("http")} == {"127.0.0.1"}


def test_a_touch_flashes_for_a_moment(still: Viewer):
    stage, frame = still.stage, still.bouts.batch.engine.frame
    frame.contact[0] = False
    stage.show()
    assert not any(light.visible for light in stage._flashes.values())
    frame.contact[0, 0, 1] = frame.contact[0, 1, 0] = True
    seen = []
    for _ in range(6):
        stage.show()
        seen.append(stage._flashes[0, 1].visible)
    assert seen == [True, True, True, True, False, False]  # four control steps, though they still touch
    assert stage._flashes[0, 1].position == pytest.approx(frame.root_position[0].mean(axis=0), abs=1e-5)
