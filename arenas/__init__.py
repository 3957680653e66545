"""The world: bodies, scenes, physics engines, rules, the batch and its PettingZoo views.

Importing it makes every arena known to PettingZoo: `pettingzoo.make("parallel", "dohyo/sumo_v0")`.
"""

if __name__ != "dohyo.arenas":
    raise ImportError("this folder is the package dohyo.arenas: `import dohyo.arenas`")

from importlib.metadata import version

from pettingzoo import register

from dohyo.arenas import (
    kick_and_defend_v0,
    run_to_goal_v0,
    sumo_2v2_v0,
    sumo_3_v0,
    sumo_4_v0,
    sumo_v0,
    you_shall_not_pass_v0,
)
from dohyo.arenas.batch import Batch, Finished, Step, make_batch
from dohyo.arenas.bodies import BODIES, Body
from dohyo.arenas.errors import ActionError, ConfigError, DohyoError, EngineError, UnknownName
from dohyo.arenas.perturbation import Perturbation, Push
from dohyo.arenas.physics import ENGINES, Engine, Frame
from dohyo.arenas.registry import ARENAS, ArenaSpec
from dohyo.arenas.render import Camera, render
from dohyo.arenas.views import DohyoEnv

__all__ = [
    "ARENAS",
    "BODIES",
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
    "Perturbation",
    "Push",
    "Step",
    "UnknownName",
    "kick_and_defend_v0",
    "make_batch",
    "render",
    "run_to_goal_v0",
    "sumo_2v2_v0",
    "sumo_3_v0",
    "sumo_4_v0",
    "sumo_v0",
    "you_shall_not_pass_v0",
]

__version__ = version("dohyo")

for _spec in ARENAS.values():
    register("parallel", f"dohyo/{_spec.id}", f"dohyo.arenas.{_spec.id}:parallel_env")
    register("aec", f"dohyo/{_spec.id}", f"dohyo.arenas.{_spec.id}:env")
