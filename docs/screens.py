"""Take the docs' pictures of viewer, replay and report in Chromium: `python docs/screens.py RUN` with a trained run."""

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import imageio.v3 as imageio
import numpy as np

from dohyo.cli.players import players_of_run
from dohyo.cli.viewer.live import LiveBouts
from dohyo.cli.viewer.viewer import Viewer
from dohyo.curricula.players import set_up_for
from dohyo.curricula.run.folder import RunFolder

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests"))  # the tests drive the same browser
from driven import Driven, browser, wait  # noqa: E402

PICTURES = DOCS / "pictures"
VIEWS = {"": (900, 600, False), "_dark": (900, 600, True), "_phone": (390, 780, False)}
"""Width and height of the window, and whether it is dark, by the end of the picture's name."""
SEED = 3
"""Of the bouts."""
FORWARD = 60
"""Control steps from the start of the bouts on the page of a run."""


def save(page: Driven, name: str) -> None:
    """Write what the browser shows."""
    imageio.imwrite(PICTURES / f"{name}.png", page.picture().astype(np.uint8), optimize=True)


@contextmanager
def paused(run: Path) -> Iterator[Viewer]:
    """Yield a viewer of a run, paused where its two bodies have just met, a while after the start."""
    with closing(RunFolder.open(run)) as folder:
        players, arena = players_of_run(folder), folder.config.arena
    bouts = LiveBouts(arena, set_up_for(players, arena), players, SEED)
    viewer = Viewer(bouts, lambda: players, "127.0.0.1", 8090)
    while bouts.board.steps < 40 or not any(light.visible for light in viewer.stage._flashes.values()):
        viewer._advance()
        if bouts.board.ending is not None:
            viewer._begin()
    viewer.panel.pause()
    thread = threading.Thread(target=viewer.run)
    thread.start()
    try:
        yield viewer
    finally:
        viewer.stop()
        thread.join()
        viewer.close()


def take_viewer(run: Path, scratch: Path) -> None:
    """Take the viewer."""
    with paused(run) as viewer:
        for end, (width, height, dark) in VIEWS.items():
            viewer.panel._paint(dark=dark)
            with browser(scratch, webgl=True) as page:
                page.open(viewer.address, width, height + 200 * (width > height))
                wait(lambda page=page: "sumo_0" in page.run("document.body.innerText"))
                wait(lambda page=page: page.run("!!document.querySelector('[class*=Notification] button')"))
                page.run("document.querySelector('[class*=Notification] button').click()")  # drawn without a GPU
                time.sleep(60)  # until the scene has faded in, on the processor
                save(page, f"viewer{end}")


def take_pages(run: Path, scratch: Path) -> None:
    """Take the page of a replay and the page of a run."""
    dohyo = str(Path(sys.executable).parent / "dohyo")
    seats = ["--seat", str(run), "--seat", "zero", "--bouts", "1", "--seed", str(SEED)]
    subprocess.run([dohyo, "play", "sumo", *seats, "--replay", str(scratch / "bout.html")], check=True)
    subprocess.run([dohyo, "report", str(run), "--bouts", "--out", str(scratch / "report.html")], check=True)
    for end, (width, height, dark) in VIEWS.items():
        with browser(scratch) as page:
            page.open((scratch / "bout.html").as_uri(), width, height, dark=dark)
            page.run(
                "byId('scrub').value = 0.4 * last; byId('scrub').dispatchEvent(new Event('input')); sideView(); show()"
            )
            save(page, f"replay{end}")
        with browser(scratch) as page:
            page.open((scratch / "report.html").as_uri(), width, 900, dark=dark)
            page.run("document.getElementById('bouts').scrollIntoView()")
            time.sleep(2)
            for left, top in page.run(
                "[...document.querySelectorAll('iframe')].map(f => f.getBoundingClientRect()).map(r => [r.x, r.y])"
            ):
                at = {
                    "x": left + 150,
                    "y": top + 200,
                    "button": "left",
                    "clickCount": 1,
                }  # the scene, which takes keys then
                for event in ("mousePressed", "mouseReleased"):
                    page.send("Input.dispatchMouseEvent", type=event, **at)
                for _ in range(FORWARD):
                    page.send("Input.dispatchKeyEvent", type="keyDown", key="ArrowRight")
            time.sleep(1)
            save(page, f"report{end}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        take_viewer(given.run, Path(folder))
        take_pages(given.run, Path(folder))
