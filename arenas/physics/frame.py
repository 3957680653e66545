"""What the rules see of the physics: arrays over W worlds and S seats, refreshed in place by the engine."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.physics.rotation import matrix
from dohyo.arenas.scene import Scene

Array = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SPEED_LIMIT = 200.0
"""A world in which anything moves faster (m/s or rad/s) has diverged; falls and blows stay below a tenth of it."""


@dataclass
class Frame:
    """State after the last control step, world coordinates unless said otherwise, lengths in m, angles in rad."""

    root_before: Array
    """Root positions one control step earlier, `[W, S, 3]`."""
    root_position: Array
    """`[W, S, 3]`."""
    root_quaternion: Array
    """(w, x, y, z), `[W, S, 4]`."""
    root_rotation: Array
    """The same as matrices, columns are the body's axes, `[W, S, 3, 3]`."""
    root_velocity: Array
    """Velocity of the root's origin, m/s, `[W, S, 3]`."""
    root_spin: Array
    """Angular velocity in the root's own frame, rad/s, `[W, S, 3]`."""
    joint_angle: tuple[Array, ...]
    """Per seat `[W, J]`."""
    joint_velocity: tuple[Array, ...]
    """Per seat `[W, J]`, rad/s."""
    touch: tuple[Array, ...]
    """Per seat `[W, L]`: 1 where the limb touches anything, else 0. Sensed one physics step before the rest."""
    contact: BoolArray
    """Seat i touches seat j, symmetric, `[W, S, S]`; sensed like touch."""
    failed: BoolArray
    """The world diverged in this step and was put back to the state it was last reset to, `[W]`."""
    pairs: tuple[tuple[int, int], ...] = field(repr=False)

    @classmethod
    def empty(cls, scene: Scene, worlds: int) -> "Frame":
        """Allocate a frame of zeros for `worlds` copies of `scene`."""
        seats = len(scene.seats)
        joints = [len(seat.links) for seat in scene.seats]
        return cls(
            root_before=np.zeros((worlds, seats, 3)),
            root_position=np.zeros((worlds, seats, 3)),
            root_quaternion=np.zeros((worlds, seats, 4)),
            root_rotation=np.zeros((worlds, seats, 3, 3)),
            root_velocity=np.zeros((worlds, seats, 3)),
            root_spin=np.zeros((worlds, seats, 3)),
            joint_angle=tuple(np.zeros((worlds, n)) for n in joints),
            joint_velocity=tuple(np.zeros((worlds, n)) for n in joints),
            touch=tuple(np.zeros((worlds, len(seat.limbs))) for seat in scene.seats),
            contact=np.zeros((worlds, seats, seats), bool),
            failed=np.zeros(worlds, bool),
            pairs=scene.pairs,
        )

    def fill(self, scene: Scene, qpos: Array, qvel: Array, sensed: Array) -> None:
        """Refresh from states `[W, nq]` and `[W, nv]` and contact counts `[W, sensors]` in the model's order."""
        self.root_before[:] = self.root_position
        first = 0
        for s, seat in enumerate(scene.seats):
            p, v = seat.qpos.start, seat.qvel.start
            self.root_position[:, s] = qpos[:, p : p + 3]
            self.root_quaternion[:, s] = qpos[:, p + 3 : p + 7]
            self.root_velocity[:, s] = qvel[:, v : v + 3]
            self.root_spin[:, s] = qvel[:, v + 3 : v + 6]
            self.joint_angle[s][:] = qpos[:, p + 7 : seat.qpos.stop]
            self.joint_velocity[s][:] = qvel[:, v + 6 : seat.qvel.stop]
            last = first + len(seat.limbs)
            np.greater(sensed[:, first:last], 0, out=self.touch[s], casting="unsafe")
            first = last
        for k, (a, b) in enumerate(self.pairs):
            self.contact[:, a, b] = self.contact[:, b, a] = sensed[:, first + k] > 0
        matrix(self.root_quaternion, out=self.root_rotation)


def diverged(qpos: Array, qvel: Array) -> BoolArray:
    """Tell which worlds `[W]` hold a number that is not finite, or move faster than anything in an arena can."""
    with np.errstate(invalid="ignore", over="ignore"):
        calm = np.logical_and.reduce(np.abs(qvel) < SPEED_LIMIT, axis=1)
    result: BoolArray = ~(calm & np.isfinite(qpos).all(axis=1))
    return result
