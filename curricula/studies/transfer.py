"""The study of transfer: what snapshots that were trained on one engine keep of their strength on the other.

After *Learning Dexterous In-Hand Manipulation* (arXiv 1808.00177), which trains with randomised physics, and a value
function that sees the truth, for a robot that it never met.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.curricula.studies.alone import OPPONENTS
from dohyo.curricula.studies.arms import EVERYTHING, NOTHING
from dohyo.curricula.studies.estimate import Estimate, student
from dohyo.curricula.studies.statement import Statement, above

AIM = 0.9
"""Share of its win rate that a snapshot with everything randomised is to keep."""
OTHER = {"mujoco": "pybullet", "pybullet": "mujoco", "warp": "pybullet"}
"""The engine to which snapshots are transferred, by that of their training."""


@dataclass(frozen=True)
class Kept:
    """The win rates of an arm's seeds against one opponent, `[S]`, on the engine of the training and on the other."""

    own: Array
    other: Array

    @property
    def shares(self) -> Array:
        """The share of its win rate that each seed keeps; NaN for one that never won on the engine of its training."""
        unknown = np.full(len(self.own), np.nan)
        shares: Array = np.divide(self.other, self.own, out=unknown, where=self.own > 0)
        return shares

    @property
    def share(self) -> Estimate:
        """The mean share over seeds; unknown if one seed never won."""
        return student(self.shares) if np.isfinite(self.shares).all() else Estimate(np.nan, -np.inf, np.inf)


def statements(kept: Mapping[tuple[str, str], Kept], duel: Estimate) -> list[Statement]:
    """Return the claims and their verdicts.

    `kept` is by arm and opponent. `duel` is the payoff on the other engine of the arm with everything randomised
    against the one with nothing.
    """
    found = []
    for opponent in OPPONENTS:
        everything, nothing = kept[EVERYTHING, opponent], kept[NOTHING, opponent]
        more = student(everything.shares - nothing.shares)
        claim = f"with everything randomised at least {AIM:.0%} of the win rate against {opponent} is kept"
        found.append(above(claim, "share kept", everything.share, AIM))
        found.append(above(f"more is kept against {opponent} than with nothing randomised", "share more", more))
    return [*found, above("on the other engine everything randomised beats nothing randomised", "its payoff", duel)]
