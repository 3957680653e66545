"""Sumo for PettingZoo, version 0; the rules are in `dohyo.arenas.sumo`, the keywords are those of `DohyoEnv`."""

from typing import Any

from pettingzoo import AECEnv
from pettingzoo.utils.conversions import parallel_to_aec

from dohyo.arenas.views import DohyoEnv

__all__ = ["env", "parallel_env"]


def parallel_env(**keywords: Any) -> DohyoEnv:
    """Return sumo in the form in which all agents act at once."""
    return DohyoEnv("sumo", **keywords)


def env(**keywords: Any) -> AECEnv[str, Any, Any]:
    """Return sumo in PettingZoo's turn-based form, which checks the order of calls."""
    aec: AECEnv[str, Any, Any] = parallel_to_aec(parallel_env(**keywords))
    return aec
