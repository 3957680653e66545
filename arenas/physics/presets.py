"""Presets of the physics: how finely a scene is simulated. All have the same control step, on which the rules rely."""

from collections.abc import Sequence
from dataclasses import dataclass

import mujoco

from dohyo.arenas.bodies import SUBSTEPS, Body

TIMESTEP = 0.01
"""Physics step, s: that of the original run-to-goal ants (arXiv 1710.03748, code)."""
CONTROL_STEP = TIMESTEP * SUBSTEPS
"""Length of a control step, s, with every preset."""


@dataclass(frozen=True)
class Physics:
    """A preset: how MuJoCo simulates a scene.

    All presets are alike in PyBullet, which has one kind of friction cone and limits its own physics steps.
    """

    cone: mujoco.mjtCone
    """Shape of the friction cones."""
    impratio: float
    """Stiffness of friction divided by that of the contact's normal."""
    coarse: bool
    """Whether a control step has the fewest physics steps that its bodies allow, instead of `SUBSTEPS`."""

    def apply(self, model: mujoco.MjModel, bodies: Sequence[Body]) -> None:
        """Set the options of a compiled scene; engines read the number of physics steps from its numeric `substeps`."""
        substeps = max(body.fewest_substeps for body in bodies) if self.coarse else SUBSTEPS
        model.opt.timestep, model.opt.cone, model.opt.impratio = CONTROL_STEP / substeps, self.cone, self.impratio
        model.numeric("substeps").data[0] = substeps


ACCURATE, FAST = "accurate", "fast"
PHYSICS = {
    # With elliptic cones and stiff friction, ants slide on a slope as far as in Bullet, within a fifth. With pyramids
    # they slide two to three times as far. With the default ratio of 1, standing feet creep by 5 mm/s
    # (docs/results/engines.md).
    ACCURATE: Physics(mujoco.mjtCone.mjCONE_ELLIPTIC, impratio=10, coarse=False),
    FAST: Physics(mujoco.mjtCone.mjCONE_PYRAMIDAL, impratio=10, coarse=True),
}
"""Presets by name. The paper's arenas take only `accurate`; their scenes set the original options themselves."""
