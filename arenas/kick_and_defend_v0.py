"""PettingZoo module of kick and defend, version 0; rules in `dohyo.arenas.kick_and_defend`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("kick_and_defend")
