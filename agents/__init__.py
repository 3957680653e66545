"""Agents: policies, snapshots and learners.

    >>> from dohyo.agents import load_snapshot
    >>> policy = load_snapshot("runs/first/snapshots/0123456789abcdef.safetensors").policy()
    >>> action = policy.act(observation)  # [n, act] for observations [n, obs]

Names are loaded at their first use, so that acting does not need torch.
"""

if __name__ != "dohyo.agents":
    raise ImportError("this folder is the package dohyo.agents: `import dohyo.agents`")

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dohyo.agents.learning.algorithms import Learner as Learner
    from dohyo.agents.learning.algorithms import register_algorithm as register_algorithm
    from dohyo.agents.learning.config import PpoConfig as PpoConfig
    from dohyo.agents.policies.policy import Player as Player
    from dohyo.agents.policies.policy import Policy as Policy
    from dohyo.agents.snapshot import Origin as Origin
    from dohyo.agents.snapshot import Part as Part
    from dohyo.agents.snapshot import Snapshot as Snapshot
    from dohyo.agents.snapshot import SnapshotError as SnapshotError
    from dohyo.agents.snapshot import load_snapshot as load_snapshot
    from dohyo.agents.snapshot import make_snapshot as make_snapshot
    from dohyo.agents.snapshot import save_snapshot as save_snapshot

_HOMES = {
    "Learner": "learning.algorithms",
    "Origin": "snapshot",
    "Part": "snapshot",
    "Player": "policies.policy",
    "Policy": "policies.policy",
    "PpoConfig": "learning.config",
    "Snapshot": "snapshot",
    "SnapshotError": "snapshot",
    "load_snapshot": "snapshot",
    "make_snapshot": "snapshot",
    "register_algorithm": "learning.algorithms",
    "save_snapshot": "snapshot",
}
"""The module of each public name."""

__all__ = [
    "Learner",
    "Origin",
    "Part",
    "Player",
    "Policy",
    "PpoConfig",
    "Snapshot",
    "SnapshotError",
    "load_snapshot",
    "make_snapshot",
    "register_algorithm",
    "save_snapshot",
]


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
