"""Record a bout between teams of players."""

from dataclasses import replace
from typing import Any

import numpy as np

from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.randomisation import OFF, Randomisation
from dohyo.arenas.registry import Setup
from dohyo.arenas.sides import seats_of_sides
from dohyo.arenas.views.replay import Recorder, Replay
from dohyo.curricula.matches.casting import Casting, Teams


def record(
    arena: str, setup: Setup, teams: Teams, named: Teams, seed: int, randomisation: Randomisation = OFF
) -> Replay:
    """Return the replay of the bout of `seed` between teams, the first one on side 0; `named` has their names."""
    body, engine, drive, physics = setup
    batch = make_batch(
        arena, body, engine, 1, drive=drive, physics=physics, autoreset=False, randomisation=randomisation
    )
    return record_in(batch, setup, teams, named, seed)


def record_in(batch: Batch, setup: Setup, teams: Teams, named: Teams, seed: int) -> Replay:
    """Return the replay of a bout in a batch of one world without `autoreset`, and close the batch; see `record`."""
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


def alone(replay: Replay, scene: Scene, seat: int) -> Replay:
    """Return a replay that shows one seat alone: the others have no shape, and are where that seat is."""
    root, position = scene.seats[seat].root, replay.position.copy()
    others = [body for s, other in enumerate(scene.seats) if s != seat for body in (other.root, *other.links)]
    position[:, others] = position[:, [root]]
    seen = ~np.isin(replay.geom_body, others)
    names = ("geom_body", "geom_type", "geom_size", "geom_position", "geom_quaternion", "geom_rgba")
    shapes: dict[str, Any] = {name: getattr(replay, name)[seen] for name in names}
    return replace(replay, position=position, **shapes)
