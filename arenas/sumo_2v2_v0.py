"""Sumo, two against two: the PettingZoo module, version 0; rules in `dohyo.arenas.sumo`, keywords of `DohyoEnv`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("sumo_2v2")
