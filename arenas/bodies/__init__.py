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
    """Damping of its velocity, N s/m, and of its spin, N m s/rad."""


EC_BALL = Ball(radius=0.15, mass=0.1, damping=0.001)
"""EC's ball, for humanoids. A rolling ball loses speed at a rate of 0.32 per second."""
LARGE_BALL = Ball(radius=0.30, mass=4.0, damping=0.15)
"""The ball for bodies with low legs (ours): EC's ball would pass under them. At a tenth of an ant's mass it rolls when
pushed and does not fly. It loses speed at the rate of EC's ball."""


@dataclass(frozen=True)
class Body:
    """What the rules need to know about a body besides its MJCF file; lengths in m."""

    name: str
    start_height: float
    """Height of the root at the start of a bout; the feet are then just above the floor."""
    reach: float
    """Radius of the footprint around the root in the start pose; starts keep bodies apart by it."""
    fallen_height: float
    """A seat whose root is at or below this height has fallen in sumo."""
    down_height: float
    """A seat whose root is below this height is down in run-to-goal and kick-and-defend."""
    standing_height: float
    """A seat whose root is at or above this height is standing, in arenas that pay for it."""
    limbs: tuple[str, ...]
    """The parts of the body whose touch is observed, in this order."""
    folder: Path = HERE
    """The folder of its MJCF file."""
    ball: Ball = EC_BALL
    """The ball that it kicks."""
    fewest_substeps: int = SUBSTEPS
    """Fewest physics steps per control step with which MuJoCo stays accurate (docs/results/speed.md)."""

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
        standing_height=0.29,  # RoboSumo has one threshold for all three
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
        standing_height=0.29,  # RoboSumo has one threshold for all three
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
"""Every body by its name."""
