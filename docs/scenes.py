"""Draw the arenas for their pages: `python docs/scenes.py`. Half a second of small random targets on mujoco."""

from pathlib import Path

import imageio.v3 as imageio
import numpy as np

from dohyo.arenas import make_batch, render

PICTURES = Path(__file__).parent / "pictures"
SCENES = {"run_to_goal": "ant", "kick_and_defend": "ant", "you_shall_not_pass": "humanoid", "sumo_2v2": "ant"}


def draw(arena: str, body: str) -> None:
    """Write the picture of a bout that has just begun."""
    batch, rng = make_batch(arena, body, "mujoco", 1), np.random.default_rng(0)
    batch.reset(seed=0)
    for _ in range(10):
        batch.step([np.clip(rng.normal(0, 0.3, (1, *space.shape)), -1, 1) for space in batch.action_spaces])
    imageio.imwrite(PICTURES / f"{arena}.png", render(batch.arena, batch.engine.frame))
    batch.close()


if __name__ == "__main__":
    for name, taken_by in SCENES.items():
        draw(name, taken_by)
