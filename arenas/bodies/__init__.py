"""The bodies that can take a seat: one MJCF file and one entry in `BODIES` each."""

from dataclasses import dataclass
from pathlib import Path

import mujoco

from dohyo.arenas.errors import lookup

HERE = Path(__file__).parent


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
    limbs: tuple[str, ...]
    """The bodies whose touch is observed, in this order."""

    def spec(self) -> mujoco.MjSpec:
        """Return the body's MJCF, freshly parsed, ready to be attached to a scene."""
        return mujoco.MjSpec.from_file(str(HERE / f"{self.name}.xml"))


BODIES = {
    "ant": Body(
        name="ant",
        start_height=0.62,
        reach=0.85,
        # Section 1 of the paper's code: an ant is down at 0.3 m above the platform.
        fallen_height=0.30,
        down_height=0.28,  # ibid.
        limbs=("shank_1", "shank_2", "shank_3", "shank_4"),
    ),
}


def get_body(name: str) -> Body:
    """Return the body called `name`; raises `UnknownName` with the list of bodies."""
    return lookup(BODIES, name, "body")
