"""PettingZoo module of run to goal, version 0; rules in `dohyo.arenas.run_to_goal`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("run_to_goal")
