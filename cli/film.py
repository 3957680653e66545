"""Write a replay as pictures: a video (MP4), an animated GIF, or a PNG with a strip of frames."""

import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from dohyo.arenas.errors import ConfigError, DohyoError, UnknownName, lookup
from dohyo.arenas.views.camera import CAMERAS
from dohyo.arenas.views.render import Image, draw
from dohyo.arenas.views.replay import Replay, pose, stage
from dohyo.cli.caption import caption

VIDEO, GIF, STRIP = ".mp4", ".gif", ".png"
FILMS = (VIDEO, GIF, STRIP)
"""Suffixes of a film's file."""
SIZES = {VIDEO: (640, 480), GIF: (480, 360), STRIP: (480, 360)}
"""Usual width and height of a frame by suffix, pixels."""
SMALLEST, LARGEST = 64, 1920
"""Range of width and height, pixels."""
RATES = {VIDEO: 20.0, GIF: 10.0}
"""Usual frames per second by suffix."""
FRAMES = 5
"""Frames in a strip."""
HOLD = 1.0
"""Time for which the last frame of a moving picture stays, s."""


@dataclass(frozen=True)
class Look:
    """How a film looks; None is the usual value of its kind.

    Raises `UnknownName` for an unknown camera or text of a size, `ConfigError` for a size out of range.
    """

    size: str | None = None
    """Width and height of a frame in pixels, such as 640x480."""
    fps: float | None = None
    """Frames per second."""
    camera: str = "side"
    """One of `dohyo.arenas.views.camera.CAMERAS`."""

    def __post_init__(self) -> None:
        lookup(CAMERAS, self.camera, "camera")
        if self.size is None:
            return
        if not re.fullmatch(r"\d{1,5}x\d{1,5}", self.size):
            raise UnknownName(f"unknown size {self.size!r}: give WIDTHxHEIGHT in pixels, such as 640x480")
        if not all(SMALLEST <= side <= LARGEST and side % 2 == 0 for side in self.pixels(STRIP)):
            raise ConfigError(f"size {self.size}: width and height must be even, from {SMALLEST} to {LARGEST} pixels")

    def pixels(self, suffix: str) -> tuple[int, int]:
        """Return width and height of a frame."""
        if self.size is None:
            return SIZES[suffix]
        width, height = map(int, self.size.split("x"))
        return width, height


def check_film(path: Path | None) -> None:
    """Raise `DohyoError` if `path` is a video's and PyAV, which writes it, is not installed."""
    if path is not None and path.suffix == VIDEO and importlib.util.find_spec("av") is None:
        raise DohyoError(f'{path}: videos need PyAV: `pip install "dohyo[video]"`, or give a name that ends in {GIF}')


def film(path: Path, replay: Replay, look: Look | None = None) -> None:
    """Write pictures of a replay into `path`, whose suffix is one of `FILMS`; raises `DohyoError` if that fails."""
    check_film(path)
    look = look or Look()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == STRIP:
            rows = np.linspace(0, replay.steps, FRAMES).astype(int).tolist()
            imageio.imwrite(path, np.concatenate([*_pictures(replay, rows, look, STRIP)], axis=1))
        else:
            _write_moving(path, replay, look)
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error


def _write_moving(path: Path, replay: Replay, look: Look) -> None:
    """Write a video or GIF; the last frame stays for a moment."""
    rate = look.fps or RATES[path.suffix]
    every = 1 / (rate * replay.about.control_step)
    rows = [*np.arange(0, replay.steps, every).round().astype(int).tolist(), replay.steps]
    if path.suffix == GIF:
        stay = [1000 / rate] * (len(rows) - 1) + [1000 * HOLD]
        imageio.imwrite(path, [*_pictures(replay, rows, look, GIF)], duration=stay, loop=0)
        return
    rows += repeat(replay.steps, round(HOLD * rate))
    with imageio.imopen(path, "w", plugin="pyav") as file:
        file.init_video_stream("libx264", fps=float(rate), pixel_format="yuv420p")
        for frame in _pictures(replay, rows, look, VIDEO):
            file.write_frame(frame)


def _pictures(replay: Replay, rows: list[int], look: Look, suffix: str) -> Iterator[Image]:
    """Yield the picture `[H, W, 3]` of each row; a row that repeats is drawn once."""
    width, height = look.pixels(suffix)
    model = stage(replay)
    actors = replay.position[:, replay.actor_body].astype(float)
    cameras = CAMERAS[look.camera](actors, replay.marks, replay.about.control_step)
    before, picture = -1, np.zeros((height, width, 3), np.uint8)
    for row in rows:
        if row != before:
            camera = cameras[row].fitted(width, height)
            seen = draw(model, pose(replay, model, row), replay.marks, camera, width, height)
            before, picture = row, caption(seen, replay, row)
        yield picture
