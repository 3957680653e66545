"""You shall not pass: the PettingZoo module, version 0; keywords of `DohyoEnv`."""

from dohyo.arenas.views.parallel_env import entry_points

__all__ = ["env", "parallel_env"]

env, parallel_env = entry_points("you_shall_not_pass")
