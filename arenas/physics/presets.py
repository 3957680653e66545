"""Presets of the physics: how finely a scene is simulated. All have the same control step, so rules never notice."""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco

from dohyo.arenas.bodies import SUBSTEPS, Body

TIMESTEP = 0.01
"""Physics step in s, that of the original run-to-goal ants (arXiv 1710.03748, code)."""
CONTROL_STEP = TIMESTEP * SUBSTEPS
"""Length of a control step in s, with every preset."""


@dataclass(frozen=True)
class Physics:
    """How MuJoCo simulates a scene.

    PyBullet has one kind of friction cone and bounds its own steps: there all presets are alike.
    """

    cone: mujoco.mjtCone
    """Shape of the friction cones."""
    impratio: float
    """Stiffness of friction over that of the contact's normal."""
    coarse: bool
    """Whether a control step has as few physics steps as its bodies bear, instead of `SUBSTEPS`."""

    def apply(self, model: mujoco.MjModel, bodies: Sequence[Body]) -> None:
        """Set a compiled scene's options; its numeric `substeps` is what engines read."""
        substeps = max(body.fewest_substeps for body in bodies) if self.coarse else SUBSTEPS
        model.opt.timestep, model.opt.cone, model.opt.impratio = CONTROL_STEP / substeps, self.cone, self.impratio
        model.numeric("substeps").data[0] = substeps


ACCURATE, FAST = "accurate", "fast"
PHYSICS = {
    # Elliptic cones with stiff friction: ants then slide on a slope as far as in Bullet, to a fifth, where pyramids let
    # them slide two to three times as far; with the default ratio of 1 standing feet creep by 5 mm/s
    # (docs/results/engines.md).
    ACCURATE: Physics(mujoco.mjtCone.mjCONE_ELLIPTIC, impratio=10, coarse=False),
    FAST: Physics(mujoco.mjtCone.mjCONE_PYRAMIDAL, impratio=10, coarse=True),
}
"""Presets by name. `accurate` is as a scene is composed; the paper's arenas have it alone, and set it themselves."""
