"""Draw the arenas for their pages: `python docs/scenes.py`. A moment of small random actions on mujoco."""

from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from dohyo.arenas import make_batch
from dohyo.arenas.views.render import render

PICTURES = Path(__file__).parent / "pictures"
SCENES = {
    "run_to_goal": ("ant", 10),
    "kick_and_defend": ("ant", 10),
    "you_shall_not_pass": ("humanoid", 10),
    "sumo_2v2": ("ant", 10),
    "paper/sumo-ants": ("paper_ant", 50),
    "paper/kick-and-defend": ("paper_humanoid", 10),
    "paper/robosumo": ("robosumo_ant,robosumo_spider", 25),
}
"""Bodies, and control steps from the start of the bout."""


def draw(arena: str, body: str, steps: int) -> None:
    """Write the picture of a bout that has just begun."""
    batch, rng = make_batch(arena, body, "mujoco", 1), np.random.default_rng(0)
    batch.reset(seed=0)
    for _ in range(steps):
        batch.step([np.clip(rng.normal(0, 0.3, (1, *space.shape)), -1, 1) for space in batch.action_spaces])
    imageio.imwrite(PICTURES / f"{arena.replace('/', '_')}.png", render(batch.arena, batch.engine.frame))
    batch.close()


if __name__ == "__main__":
    for name, (taken_by, after) in SCENES.items():
        draw(name, taken_by, after)
