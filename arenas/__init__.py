"""Arenas: bodies, scenes, physics engines, rules, the batch, and its PettingZoo and Gymnasium views.

    >>> import numpy as np
    >>> from dohyo.arenas import make_batch
    >>> batch = make_batch("sumo", body="ant", engine="mujoco", worlds=16)
    >>> observations = batch.reset(seed=0)  # one array per seat, a row per world
    >>> step = batch.step([np.zeros((16, 8)), np.zeros((16, 8))])
    >>> step.reward.shape  # worlds, seats
    (16, 2)
    >>> batch.close()

Importing this package registers every arena with PettingZoo, `pettingzoo.make("parallel", "dohyo/sumo_v0")`, and its
seats with Gymnasium, `gymnasium.make("dohyo/Sumo-v0")`. To write an arena, see `dohyo.arenas.rules`.
"""

if __name__ != "dohyo.arenas":
    raise ImportError("this folder is the package dohyo.arenas: `import dohyo.arenas`")

import gymnasium

from dohyo.arenas import (
    kick_and_defend_v0,
    run_to_goal_v0,
    sumo_2v2_v0,
    sumo_3_v0,
    sumo_4_v0,
    sumo_v0,
    you_shall_not_pass_v0,
)
from dohyo.arenas.batch import Batch, make_batch
from dohyo.arenas.bodies import BODIES, Body
from dohyo.arenas.errors import ActionError, ConfigError, DohyoError, EngineError, PolicyError, UnknownName
from dohyo.arenas.physics import ENGINES, Engine, Frame
from dohyo.arenas.players import BUILT_IN, Player, find_player, register_players
from dohyo.arenas.push import Push
from dohyo.arenas.randomisation import Randomisation
from dohyo.arenas.registry import ARENAS, ArenaSpec, register_arena
from dohyo.arenas.step import Finished, Step
from dohyo.arenas.views.camera import Camera
from dohyo.arenas.views.parallel_env import DohyoEnv, entry_points
from dohyo.arenas.views.render import render
from dohyo.arenas.views.seat_env import SeatEnv
from dohyo.arenas.views.seat_vector_env import SeatVectorEnv

__all__ = [
    "ARENAS",
    "BODIES",
    "BUILT_IN",
    "ENGINES",
    "ActionError",
    "ArenaSpec",
    "Batch",
    "Body",
    "Camera",
    "ConfigError",
    "DohyoEnv",
    "DohyoError",
    "Engine",
    "EngineError",
    "Finished",
    "Frame",
    "Player",
    "PolicyError",
    "Push",
    "Randomisation",
    "SeatEnv",
    "SeatVectorEnv",
    "Step",
    "UnknownName",
    "find_player",
    "kick_and_defend_v0",
    "make_batch",
    "register_arena",
    "register_players",
    "render",
    "run_to_goal_v0",
    "sumo_2v2_v0",
    "sumo_3_v0",
    "sumo_4_v0",
    "sumo_v0",
    "you_shall_not_pass_v0",
]

try:
    from pettingzoo import register
except ImportError:  # PettingZoo before 1.27 has no registry

    def register(kind: str, name: str, entry_point: object) -> None:
        """Do nothing."""


for _name, _spec in ARENAS.items():
    _env, _parallel_env = entry_points(_name)
    register("parallel", f"dohyo/{_spec.id}", _parallel_env)
    register("aec", f"dohyo/{_spec.id}", _env)
    _words, _version = _spec.id.rsplit("_v", 1)
    gymnasium.register(
        f"dohyo/{''.join(word.capitalize() for word in _words.split('_'))}-v{_version}",
        "dohyo.arenas.views.seat_env:SeatEnv",
        vector_entry_point="dohyo.arenas.views.seat_vector_env:SeatVectorEnv",
        kwargs={"arena": _name},
    )
