"""PettingZoo module of sumo two against two, version 0; rules in `dohyo.arenas.sumo`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("sumo_2v2")
