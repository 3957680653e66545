"""PettingZoo module of you shall not pass, version 0; rules in `dohyo.arenas.you_shall_not_pass`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("you_shall_not_pass")
