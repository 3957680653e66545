"""Draw the arenas for the gallery: `python docs/scenes.py PUBLISHED` writes a moving picture of each.

PUBLISHED is a folder of the agents of 2017 as `dohyo import` writes them, for the paper's own arenas. Elsewhere the
agents that come with Dohyo play, or small random actions where an arena has none. `--only ARENA` draws one alone, and
`--seat PLAYER`, once per side, lets others play in it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dohyo.arenas import ARENAS, make_batch
from dohyo.arenas.registry import build_arena
from dohyo.arenas.views.camera import CAMERAS
from dohyo.arenas.views.render import draw
from dohyo.arenas.views.replay import Replay, pose, stage
from dohyo.cli.players import shipped_players
from dohyo.cli.recording import record_in
from dohyo.curricula.matches.casting import Teams
from dohyo.curricula.players import find_player, set_up_for

PICTURES = Path(__file__).parent / "pictures" / "arenas"
SIZE = 280, 210
"""Width and height, pixels."""
SECONDS, RATE = 5.0, 5.0
"""Longest time shown, s, and frames per second."""
PUBLISHED = {
    "paper/sumo-ants": ["sumo-ants-v1"],
    "paper/sumo-humans": ["sumo-humans-v1"],
    "paper/run-to-goal-ants": ["run-to-goal-ants-runner_right-v1", "run-to-goal-ants-runner_left-v1"],
    "paper/run-to-goal-humans": ["run-to-goal-humans-runner_right-v1", "run-to-goal-humans-runner_left-v1"],
    "paper/you-shall-not-pass": ["you-shall-not-pass-blocker-v1", "you-shall-not-pass-runner-v1"],
    "paper/kick-and-defend": ["kick-and-defend-kicker-v1", "kick-and-defend-keeper-v1"],
    "paper/robosumo": ["robosumo-ant-lstm-v1", "robosumo-spider-lstm-v1"],
}
"""Snapshots of the agents of 2017, one per side or one for all."""
BODIES = {"you_shall_not_pass": "humanoid", "paper/robosumo": "robosumo_ant,robosumo_spider"}
"""Bodies where they are not the arena's first."""


class Noise:
    """Acts at random, and little."""

    def __init__(self, size: int, seed: int) -> None:
        self._size, self._dice = size, np.random.default_rng(seed)

    def act(self, observation: np.ndarray) -> np.ndarray:
        """Return actions `[n, act]` for observations `[n, obs]`."""
        return np.clip(self._dice.normal(0, 0.3, (len(observation), self._size)), -1, 1)


def play(arena: str, names: Sequence[str], seed: int) -> Replay:
    """Return the replay of a bout between players, one per side or one for all; without names small random actions."""
    setup = set_up_for(names, arena, BODIES.get(arena), None if names else "mujoco")
    body, engine, drive, physics = setup
    batch = make_batch(arena, body, engine, 1, drive=drive, physics=physics, autoreset=False)
    sides = batch.arena.sides
    seats = [sides.index(side) for side in sorted(set(sides))]
    if names:
        cast: list[Any] = [find_player(names[min(k, len(names) - 1)], batch, seat) for k, seat in enumerate(seats)]
    else:
        cast = [Noise(batch.action_spaces[seat].shape[0], seat) for seat in seats]
    return record_in(batch, setup, Teams(cast, sides), Teams(["nobody"] * len(seats), sides), seed)


def film(path: Path, replay: Replay) -> None:
    """Write the beginning of a bout as an animated GIF."""
    step = replay.about.control_step
    rows = np.arange(0, min(replay.steps, SECONDS / step), 1 / (RATE * step)).round().astype(int)
    model, actors = stage(replay), replay.position[:, replay.actor_body].astype(float)
    cameras = CAMERAS["side"](actors, replay.marks, step)
    drawn = [draw(model, pose(replay, model, row), replay.marks, cameras[row].fitted(*SIZE), *SIZE) for row in rows]
    few = Image.Quantize.FASTOCTREE  # keeps the colours of small bodies
    first, *rest = [Image.fromarray(frame).quantize(128, few) for frame in drawn]
    path.parent.mkdir(exist_ok=True)
    first.save(path, save_all=True, append_images=rest, duration=round(1000 / RATE), loop=0)


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("published", type=Path, help="folder of imported agents")
    parser.add_argument("--only", choices=ARENAS, help="an arena; all by default")
    parser.add_argument("--seat", action="append", help="player, once per side")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for arena in [given.only] if given.only else ARENAS:
        published = [str(given.published / f"{name}.safetensors") for name in PUBLISHED.get(arena, ())]
        names = given.seat or published or shipped_players(build_arena(arena, BODIES.get(arena)))
        film(PICTURES / f"{arena.replace('/', '_')}.gif", play(arena, names, given.seed))


if __name__ == "__main__":
    main()
