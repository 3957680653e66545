"""Walk the bodies by open-loop gaits on both engines, for the pictures of their pages: `python docs/gaits.py`.

Prints how far each went, and at which height; needs Pillow. Nothing here is learned or fed back.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from dohyo.arenas import Camera
from dohyo.arenas.arrays import Array
from dohyo.arenas.physics import make_engine
from dohyo.arenas.physics.presets import CONTROL_STEP
from dohyo.arenas.registry import build_arena
from dohyo.arenas.views.render import render

PICTURES = Path(__file__).parent / "pictures"
LEGS = {"bug": [40, 90, 140, 220, 270, 320], "spider": [30, 75, 120, 165, 195, 240, 285, 330]}
"""Directions of the legs in degrees, counted from straight ahead to the left."""


def crawl(degrees: list[int], time: float) -> Array:
    """Every other leg swings forward in the air, while the rest push back; 1.5 cycles per second."""
    action = np.zeros(2 * len(degrees))
    for leg, direction in enumerate(degrees):
        left = direction < 180
        number = leg if left else len(degrees) - leg  # mirrored legs are half a cycle apart
        phase = 2 * np.pi * 1.5 * time + np.pi * (number % 2)
        action[2 * leg] = (0.8 if left else -0.8) * np.cos(phase)
        action[2 * leg + 1] = 0.1 - 0.8 * max(0, np.sin(phase))
    return action


def step_on_the_spot(time: float) -> Array:
    """Left and right leg lift in turn, arms swing against them; 1.2 cycles per second, begun gently."""
    action, phase, strength = np.zeros(17), 2 * np.pi * 1.2 * time, min(1, time)
    for first, turn in ((3, phase), (7, phase + np.pi)):
        lift = max(0, np.sin(turn))
        action[first : first + 4] = strength * np.array([-0.3 * lift, 0.1, 0, -0.45 * lift])
    action[[11, 14]] = 0.25 * strength * np.sin(phase) * np.array([1, -1])
    return action


def strip(body: str, engine_name: str, gait: Callable[[float], Array], every: int, pictures: int) -> Array:
    """Return pictures side by side, one per `every` control steps; the other seat waits behind the camera."""
    arena = build_arena("sumo", body)
    seats, model = arena.scene.seats, arena.scene.model
    qpos = np.zeros((1, model.nq))
    for seat, (x, y) in zip(seats, ((-0.6, 0), (0, -40)), strict=True):
        first = seat.qpos.start
        qpos[0, first : first + 4] = x, y, seat.body.start_height, 1
        qpos[0, first + 7 : seat.qpos.stop] = seat.joint_range.mean(axis=1)
    engine = make_engine(engine_name, arena.scene, 1)
    engine.reset(np.array([0]), qpos, np.zeros((1, model.nv)))
    tall = body == "humanoid"
    camera = Camera((1.6, -3.9, 1.5), (-0.1, 0, 0.75), 32) if tall else Camera((1.2, -3.4, 1.6), (0, 0, 0.3), 32)
    shown = []
    for step in range(every * (pictures - 1) + 1):
        if step % every == 0:
            shown.append(render(arena, engine.frame, 0, 240 if tall else 300, 260 if tall else 225, camera))
            x, y, z = engine.frame.root_position[0, 0]
            print(f"{body:9} {engine_name:9} {step * CONTROL_STEP:.1f} s: x {x + 0.6:.2f}, y {y:.2f}, z {z:.2f}")  # noqa: T201
        action = np.zeros((1, model.nu))
        action[0, seats[0].ctrl] = gait(step * CONTROL_STEP)
        engine.step(action)
    engine.close()
    return np.concatenate(shown, axis=1)


if __name__ == "__main__":
    gaits: dict[str, tuple[Callable[[float], Array], int, int]] = {
        "bug": (lambda time: crawl(LEGS["bug"], time), 10, 4),
        "spider": (lambda time: crawl(LEGS["spider"], time), 10, 4),
        "humanoid": (step_on_the_spot, 8, 6),
    }
    for name, (gait, every, pictures) in gaits.items():
        rows = [strip(name, engine, gait, every, pictures) for engine in ("mujoco", "pybullet")]
        Image.fromarray(np.concatenate(rows)).quantize(128).save(PICTURES / f"{name}.png", optimize=True)
