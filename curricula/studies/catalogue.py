"""Studies: training runs that differ in one thing only, and what a paper says would come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dohyo.agents.learning.config import POLICIES

Published = Mapping[str, tuple[float, float]]
"""By arm: share of wins and of losses against the other arms, as a paper has them."""


@dataclass(frozen=True)
class Claim:
    """One arm does better than another, or than all others taken together."""

    arm: str
    against: str | None
    """None: all others."""
    sign: int
    """1: it wins more than it loses; -1: it loses more than it wins."""
    source: str


@dataclass(frozen=True)
class Study:
    """Arms that are trained alike but for what they change, over several seeds, and then meet each other."""

    title: str
    arms: Mapping[str, Mapping[str, Any]]
    """What each arm sets in `dohyo.curricula.run.config.TrainConfig`."""
    alike: Mapping[str, Any]
    """What all arms set, so that nothing but the arm differs."""
    because: str
    """Why they set it."""
    published: Mapping[tuple[str, str], Published] = field(default_factory=dict)
    """A paper's figures, by arena and body."""
    claims: tuple[Claim, ...] = ()
    """Claims that hold for any arena and body, beside those that the figures make."""

    def claimed(self, arena: str, body: str) -> list[Claim]:
        """Return what is claimed of an arena and body; a figure claims which of wins and losses are more."""
        figures = self.published.get((arena, body), {})
        return [
            Claim(arm, None, 1 if wins > losses else -1, f"wins {wins:.0%}, loses {losses:.0%} in the paper")
            for arm, (wins, losses) in figures.items()
        ] + list(self.claims)


STUDIES = {
    "delta": Study(
        title="Opponent sampling (arXiv 1710.03748, Table 1)",
        arms={delta: {"opponents": f"uniform({delta})"} for delta in ("1", "0.8", "0.5", "0")},
        alike={"mirror": 0.0, "first": 0.0, "updates": 1},
        because="No bouts against itself and no share set aside for generation 0: every opponent is a past version "
        "drawn by the arm's delta. There is a version per update of the networks, as in the paper.",
        published={
            ("sumo", "ant"): {"1": (0.34, 0.41), "0.8": (0.36, 0.42), "0.5": (0.36, 0.41), "0": (0.50, 0.32)},
            ("sumo", "humanoid"): {"1": (0.25, 0.53), "0.8": (0.40, 0.40), "0.5": (0.63, 0.17), "0": (0.35, 0.54)},
        },
    ),
    "anneal": Study(
        title="Exploration curriculum (arXiv 1710.03748, section 4.1)",
        arms={dense: {"dense": dense} for dense in ("fade", "constant", "never")},
        alike={},
        because="Opponents are the defaults of `dohyo train`. The dense reward fades, stays whole, or is never paid.",
        claims=(Claim("fade", "constant", 1, "the annealed reward beats one that is dense to the end"),),
    ),
    "policy": Study(
        title="Memory and width",
        arms={
            "mlp": {"ppo": POLICIES["mlp"]},
            "mlp-128": {"ppo": replace(POLICIES["mlp"], width=POLICIES["lstm"].width)},
            "lstm": {"ppo": POLICIES["lstm"]},
        },
        alike={},
        because="All else is as by default. `lstm` differs from `mlp-128` in memory, in kind of units, and makes three "
        "passes over a rollout instead of five.",
    ),
}
"""Studies by name."""
