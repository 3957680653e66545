"""The frame of the paper's arenas: `Frame` plus the derived quantities in the original observations."""

from dataclasses import dataclass, fields

import numpy as np
from mujoco.batch import Batch

from dohyo.arenas.arrays import Array
from dohyo.arenas.physics.frame import Frame
from dohyo.arenas.physics.scene import Scene


@dataclass
class PaperFrame(Frame):
    """`Frame` and views of MuJoCo's arrays, refreshed in place.

    The originals read derived quantities of the last evaluation of the forward dynamics. After a control step that is
    the fourth Runge-Kutta stage of its last physics step; after a reset it is the state itself.
    """

    qpos: Array
    """Positions `[W, nq]`: m, 1 (quaternions) and rad."""
    qvel: Array
    """Velocities `[W, nv]`: m/s and rad/s."""
    inertia: Array
    """Inertias of bodies about their tree's centre of mass (cinert), `[W, bodies, 10]`."""
    motion: Array
    """Spatial velocities of bodies at their tree's centre of mass (cvel), `[W, bodies, 6]`, rad/s and m/s."""
    external: Array
    """Contact forces on bodies (cfrc_ext), `[W, bodies, 6]`, N m and N."""
    actuator: Array
    """Generalised forces of the motors (qfrc_actuator), `[W, nv]`."""
    rotation: Array
    """Rotation matrices of bodies, row by row (xmat), `[W, bodies, 9]`."""
    com: Array
    """Centres of mass of the seats, m, `[W, S, 3]`."""
    com_before: Array
    """The centres of mass one control step earlier, m, `[W, S, 3]`."""

    @classmethod
    def over(cls, batch: Batch, scene: Scene) -> "PaperFrame":
        """Return the frame of all simulations of `batch`, which run copies of `scene`."""
        plain = Frame.empty(scene, batch.nsim)
        return cls(
            **{field.name: getattr(plain, field.name) for field in fields(Frame)},
            qpos=batch.bind("qpos"),
            qvel=batch.bind("qvel"),
            inertia=batch.bind("cinert"),
            motion=batch.bind("cvel"),
            external=batch.bind("cfrc_ext"),
            actuator=batch.bind("qfrc_actuator"),
            rotation=batch.bind("xmat"),
            com=np.zeros((batch.nsim, len(scene.seats), 3)),
            com_before=np.zeros((batch.nsim, len(scene.seats), 3)),
        )
