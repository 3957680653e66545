"""Record a bout, and write it as pictures: an animated GIF, or a PNG with a strip of frames."""

from pathlib import Path

import imageio.v3 as imageio
import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.registry import Setup
from dohyo.arenas.sides import seats_of_sides
from dohyo.arenas.views.render import Camera, draw, extent
from dohyo.arenas.views.replay import Recorder, Replay, actors, pose, stage
from dohyo.curricula.matches.casting import Casting, Teams

Image = NDArray[np.uint8]

FILMS = (".gif", ".png")
"""Suffixes of a film's file."""
GIF_EVERY = 2
"""Control steps per frame of a GIF."""
STRIP = 5
"""Frames in a strip."""


def record(arena: str, setup: Setup, teams: Teams, named: Teams, seed: int) -> Replay:
    """Return the replay of the bout of `seed` between teams, the first one on side 0; `named` has their names."""
    batch = make_batch(arena, setup.body, setup.engine, 1, drive=setup.drive, physics=setup.physics, autoreset=False)
    try:
        cast, turn = Casting(batch, teams, seed, swap=False), np.zeros(1, np.intp)
        observation = batch.reset(seed)
        recorder = Recorder(batch, _names(named), body=setup.body, engine=setup.engine, seed=seed)
        for _ in range(batch.arena.max_cycles):
            step = batch.step(cast.act(observation, turn))
            observation = step.observation
            recorder.add(step)
            if step.done[0]:
                break
    finally:
        batch.close()
    return recorder.replay()


def _names(named: Teams) -> list[str]:
    """Return who takes each seat, in the seats' order, when the first team has side 0."""
    seats = [seat for side in seats_of_sides(named.sides) for seat in side]
    names = dict(zip(seats, [named.cast[chair] for chair in named.chairs()], strict=True))
    return [str(names[seat]) for seat in sorted(names)]


def film(path: Path, replay: Replay) -> None:
    """Write pictures of a replay into `path`, whose suffix is one of `FILMS`."""
    rows = [*range(0, replay.steps, GIF_EVERY), replay.steps]
    if path.suffix != ".gif":
        rows = [rows[k] for k in np.linspace(0, len(rows) - 1, STRIP).astype(int)]
    model = stage(replay)
    frames = [_picture(replay, model, row) for row in rows]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".gif":
            imageio.imwrite(path, frames, duration=1000 * replay.about.control_step * GIF_EVERY, loop=0)
        else:
            imageio.imwrite(path, np.concatenate(frames, axis=1))
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error


def _picture(replay: Replay, model: mujoco.MjModel, row: int) -> Image:
    camera = Camera.around(extent(replay.marks, actors(replay, row)))
    return draw(model, pose(replay, model, row), replay.marks, camera, 480, 360)
