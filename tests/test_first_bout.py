"""From nothing to a moving bout of trained agents with the README's two commands; it prints how long the parts take."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import imageio.v3 as imageio
import numpy as np
import pytest
from driven import browser, wait
from wheels import ROOT, copy_sources

INSTALL, WATCH = 'pip install ".[watch]"', "dohyo watch sumo"
SIZE = 900, 560
"""Width and height of the browser's window, pixels; the scene is the left part."""


class Clock:
    """Seconds of the parts of a story, in order."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._last = time.monotonic()

    def note(self, part: str) -> None:
        """End a part, and begin the next one."""
        now = time.monotonic()
        self.parts[part], self._last = now - self._last, now


@contextmanager
def started(command: list[str], folder: Path) -> Iterator[str]:
    """Start the viewer, yield its address, and end it."""
    hidden = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    hidden["PYTHONUNBUFFERED"] = "1"
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=hidden)
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found, said
        yield found[0]
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def look(address: str, scratch: Path, clock: Clock) -> list[np.ndarray]:
    """Open the viewer in a browser and return two pictures, between which the ants have moved."""
    with browser(scratch, webgl=True) as page:
        page.open(address, *SIZE)
        wait(lambda: "sumo_0: pretrained/sumo-ant" in page.run("document.body.innerText"))
        wait(lambda: sees(page.picture(), 0) and sees(page.picture(), 2))
        before = page.picture()
        clock.note("both ants in the browser")
        wait(lambda: moved(before, page.picture()))
        after = page.picture()
        clock.note("the ants have moved")
        assert {urlsplit(request).hostname for request in page.requests if request.startswith("http")} == {"127.0.0.1"}
    return [before, after]


@pytest.mark.slow
def test_a_moving_bout_after_two_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """In a fresh environment; the bout is seen to move in a browser, which asks nobody else."""
    assert {INSTALL, WATCH} <= {
        line.partition("#")[0].strip() for line in (ROOT / "README.md").read_text().splitlines()
    }
    source, work, programs = tmp_path / "source", tmp_path / "work", tmp_path / "venv" / "bin"
    for folder in (source, work):
        folder.mkdir()
    copy_sources(source)
    clock = Clock()
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    clock.note("an empty environment")
    subprocess.run([programs / "pip", "install", "--quiet", ".[watch]"], cwd=source, check=True)
    clock.note(INSTALL)
    with started([str(programs / "dohyo"), *WATCH.split()[1:]], work) as address:
        clock.note(f"{WATCH}: the address")
        shots = look(address, tmp_path, clock)
    for k, shot in enumerate(shots):
        imageio.imwrite(tmp_path / f"shot{k}.png", shot.astype(np.uint8))
    with capsys.disabled():
        told = [f"{seconds:6.1f} s  {part}" for part, seconds in clock.parts.items()]
        print("", *told, f"{sum(clock.parts.values()):6.1f} s  in all; pictures in {tmp_path}", sep="\n")  # noqa: T201


def sees(picture: np.ndarray, colour: int) -> bool:
    """Whether the scene shows a body that is mostly red (0) or blue (2)."""
    scene = picture[:, : SIZE[0] // 2]
    rest = np.delete(scene, colour, axis=2).max(axis=2)
    return bool((scene[..., colour] > rest + 60).sum() > 100)


def moved(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether the scene has changed clearly."""
    return bool((np.abs(now - before)[:, : SIZE[0] // 2].max(axis=2) > 40).sum() > 200)
