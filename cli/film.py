"""Film a bout: an animated GIF, or a PNG with a strip of frames."""

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.registry import Setup
from dohyo.arenas.views.render import render
from dohyo.curricula.matches.casting import Casting, Teams

Image = NDArray[np.uint8]

FILMS = (".gif", ".png")
"""Suffixes of a film's file."""
GIF_EVERY = 2
"""Control steps per frame of a GIF."""
STRIP = 5
"""Frames in a strip."""


def film(path: Path, arena: str, setup: Setup, teams: Teams, seed: int) -> None:
    """Render the bout of `seed` between teams, the first one on side 0, into `path`."""
    batch = make_batch(arena, setup.body, setup.engine, 1, drive=setup.drive, autoreset=False)
    try:
        cast, turn = Casting(batch, teams, seed, swap=False), np.zeros(1, np.intp)
        observation = batch.reset(seed)
        frames = [render(batch.arena, batch.engine.frame, 0)]
        for cycle in range(1, batch.arena.max_cycles + 1):
            step = batch.step(cast.act(observation, turn))
            observation = step.observation
            if cycle % GIF_EVERY == 0 or step.done[0]:
                frames.append(render(batch.arena, batch.engine.frame, 0))
            if step.done[0]:
                break
    finally:
        batch.close()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".gif":
            imageio.imwrite(path, frames, duration=1000 * batch.arena.scene.control_step * GIF_EVERY, loop=0)
        else:
            imageio.imwrite(path, _strip(frames))
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error


def _strip(frames: list[Image]) -> Image:
    """Return `STRIP` frames, evenly spread over the bout, side by side."""
    chosen = np.linspace(0, len(frames) - 1, STRIP).astype(int)
    return np.concatenate([frames[k] for k in chosen], axis=1)
