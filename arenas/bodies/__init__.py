"""The bodies that can take a seat: one MJCF file and one entry in `BODIES` each."""

from dataclasses import dataclass
from pathlib import Path

import mujoco

HERE = Path(__file__).parent
SUBSTEPS = 5
"""Physics steps per control step (arXiv 1710.03748, code)."""


@dataclass(frozen=True)
class Ball:
    """A solid sphere; m and kg."""

    radius: float
    mass: float
    damping: float
    """Against its velocity, N s/m, and against its spin, N m s/rad."""


EC_BALL = Ball(radius=0.15, mass=0.1, damping=0.001)
"""EC's, whose kickers are humanoids. While it rolls its speed falls by 0.32 a second."""
LARGE_BALL = Ball(radius=0.30, mass=4.0, damping=0.15)
"""For bodies on low legs (ours): EC's would pass beneath them; a tenth of an ant's mass is pushed, and does not fly.
While it rolls it slows as EC's does."""


@dataclass(frozen=True)
class Body:
    """What the rules must know of a body beside its MJCF file; lengths in m, angles in rad."""

    name: str
    start_height: float
    """Height of the root above the floor at the start of a bout: feet just clear of the floor."""
    reach: float
    """Radius of the footprint around the root in the start pose; starts keep seats this far from the centre."""
    fallen_height: float
    """A seat whose root is at or below this height has fallen in sumo."""
    down_height: float
    """A seat whose root is below this height is down in run-to-goal and kick-and-defend."""
    standing_height: float
    """A seat whose root is at or above this height counts as standing, where an arena pays for that."""
    limbs: tuple[str, ...]
    """The bodies whose touch is observed, in this order."""
    folder: Path = HERE
    """Where its MJCF file is."""
    ball: Ball = EC_BALL
    """What it kicks."""
    fewest_substeps: int = SUBSTEPS
    """Physics steps of a control step of 0.05 s that MuJoCo needs at least (docs/results/speed.md)."""

    def spec(self) -> mujoco.MjSpec:
        """Return the body's MJCF, freshly parsed, ready to be attached to a scene."""
        return mujoco.MjSpec.from_file(str(self.folder / f"{self.name}.xml"))


# EC is arXiv 1710.03748 and its code, RoboSumo arXiv 1710.03641 and its code.
BODIES = {
    "ant": Body(
        name="ant",
        start_height=0.62,
        reach=0.85,
        fallen_height=0.30,  # EC, sumo of ants, above the platform
        down_height=0.28,  # EC
        standing_height=0.28,  # EC
        limbs=tuple(f"shank_{k}" for k in range(1, 5)),
        ball=LARGE_BALL,
        fewest_substeps=3,
    ),
    "bug": Body(
        name="bug",
        start_height=0.61,
        reach=0.85,
        fallen_height=0.29,  # RoboSumo, above its tatami
        down_height=0.29,
        standing_height=0.29,  # RoboSumo has this threshold alone
        limbs=tuple(f"shank_{k}" for k in range(1, 7)),
        ball=LARGE_BALL,
        fewest_substeps=3,
    ),
    "spider": Body(
        name="spider",
        start_height=0.53,
        reach=0.80,
        fallen_height=0.29,  # RoboSumo, above its tatami
        down_height=0.29,
        standing_height=0.29,  # RoboSumo has this threshold alone
        limbs=tuple(f"shank_{k}" for k in range(1, 9)),
        ball=LARGE_BALL,
        fewest_substeps=3,
    ),
    "humanoid": Body(
        name="humanoid",
        start_height=1.25,
        reach=0.65,
        fallen_height=0.50,  # EC, sumo of humans, above the platform
        down_height=0.8,  # EC
        standing_height=1.0,  # EC, every arena of humans
        limbs=("right_shin", "left_shin", "right_lower_arm", "left_lower_arm"),
    ),
}
