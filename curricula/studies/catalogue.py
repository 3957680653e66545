"""The table of studies: arms of training that differ in one thing, and a paper's claims about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dohyo.agents.learning.config import POLICIES
from dohyo.curricula.studies.arms import RATES, WIDTHS, transfer_arms, width_arms

Published = Mapping[str, tuple[float, float]]
"""A paper's shares of wins and of losses of each arm against the other arms."""


@dataclass(frozen=True)
class Claim:
    """A claim that one arm is better or worse than another, or than all others together."""

    arm: str
    against: str | None
    """The other arm; None for all others."""
    sign: int
    """1 if the arm is to win more than it loses, -1 if it is to lose more."""
    source: str


@dataclass(frozen=True)
class Study:
    """A study: arms that differ in a few settings, each trained over several seeds, which then meet each other."""

    title: str
    arms: Mapping[str, Mapping[str, Any]]
    """The settings in `dohyo.curricula.run.config.TrainConfig` that each arm changes."""
    alike: Mapping[str, Any]
    """The settings that all arms change, so that only the arm's own settings differ."""
    because: str
    """The reason for `alike`."""
    published: Mapping[tuple[str, str], Published] = field(default_factory=dict)
    """A paper's figures, by arena and body."""
    claims: tuple[Claim, ...] = ()
    """Claims for any arena and body, besides those of the figures."""
    kind: str = "arms"
    """What is played and reported, a key of `dohyo.curricula.studies.kinds.KINDS`."""

    def claimed(self, arena: str, body: str) -> list[Claim]:
        """Return the claims for an arena and body; a figure claims whether the arm wins more than it loses."""
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
        because="There are no mirror bouts and no share for generation 0: the arm's delta draws every opponent from "
        "the past versions. There is a version per update of the networks, as in the paper.",
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
        because="All other settings are the defaults. `lstm` differs from `mlp-128` in memory and in its units, and "
        "makes three passes over a rollout instead of five.",
    ),
    "width": Study(
        title="Widths and learning rates (arXiv 2203.03466)",
        arms=width_arms(WIDTHS, RATES),
        alike={},
        because="Every width is trained with every learning rate, under the standard rule and under muP, and scored "
        "against the built-in policies. All other settings are the defaults.",
        kind="width",
    ),
    "transfer": Study(
        title="Transfer to the other engine (after arXiv 1808.00177)",
        arms=transfer_arms(),
        alike={},
        because="Arms differ in what is randomised in training: nothing, the whole preset `dactyl`, or all but one of "
        "its groups. Every value function also sees the opponent's observation and what is randomised.",
        kind="transfer",
    ),
}
"""Studies by name."""
