"""The frame: the state of the physics as the rules see it, arrays over W worlds and S seats."""

from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from dohyo.arenas.arrays import Array, BoolArray, Movable, namespace, take
from dohyo.arenas.physics.rotation import PRODUCTS, matrix
from dohyo.arenas.physics.scene import Scene
from dohyo.arenas.saved import Saved

SPEED_LIMIT = 200.0
"""A world in which anything moves faster than this (m/s or rad/s) has diverged; bouts stay below a tenth of it."""


@dataclass
class Frame(Movable):
    """The state after the last control step, in world coordinates unless said otherwise; m and rad.

    The engine refreshes it in place. J: hinges of a seat, L: its limbs, A: actors, F: pieces of loose furniture.
    """

    root_before: Array
    """Root positions one control step earlier, `[W, S, 3]`."""
    root_position: Array
    """`[W, S, 3]`."""
    root_quaternion: Array
    """Orientations of the roots, (w, x, y, z), `[W, S, 4]`."""
    root_rotation: Array
    """Orientations as matrices, whose columns are the roots' axes, `[W, S, 3, 3]`."""
    root_velocity: Array
    """Velocity of the root's origin, m/s, `[W, S, 3]`."""
    root_spin: Array
    """Angular velocity in the root's own frame, rad/s, `[W, S, 3]`."""
    joint_angle: tuple[Array, ...]
    """Per seat `[W, J]`."""
    joint_velocity: tuple[Array, ...]
    """Per seat `[W, J]`, rad/s."""
    angles: Array
    """The joint angles of all seats side by side, `[W, ΣJ]`."""
    rates: Array
    """The joint velocities of all seats side by side, rad/s, `[W, ΣJ]`."""
    touches: Array
    """`touch` of all seats side by side, `[W, ΣL]`."""
    touch: tuple[Array, ...]
    """Per seat `[W, L]`: 1 where the limb touches anything, else 0. Sensed one physics step before the rest."""
    contact: BoolArray
    """Whether actor i touches actor j, symmetric, `[W, A, A]`; sensed like `touch`. Actors are the seats, then loose
    furniture. Pieces of furniture do not sense each other."""
    loose_position: Array
    """Positions of loose furniture, `[W, F, 3]`."""
    loose_quaternion: Array
    """Their orientations, (w, x, y, z), `[W, F, 4]`."""
    loose_velocity: Array
    """Their velocities, m/s, `[W, F, 3]`."""
    loose_before: Array
    """Their positions one control step earlier, `[W, F, 3]`."""
    failed: BoolArray
    """Whether the world diverged in this step and was put back into its last reset state, `[W]`."""
    _stacked: "_Stacked" = field(repr=False)

    @classmethod
    def empty(cls, scene: Scene, worlds: int) -> "Frame":
        """Allocate a frame of zeros for `worlds` copies of `scene`."""
        seats, stacked = len(scene.seats), _Stacked(scene, worlds)
        actors = len(scene.actors)
        root, speed = stacked.root.reshape(worlds, actors, 7), stacked.speed.reshape(worlds, actors, 6)
        before = stacked.before.reshape(worlds, actors, 3)
        joints = np.cumsum([len(seat.joint_range) for seat in scene.seats])[:-1]
        limbs = np.cumsum([len(seat.limbs) for seat in scene.seats])[:-1]
        return cls(
            root_before=before[:, :seats],
            root_position=root[:, :seats, :3],
            root_quaternion=root[:, :seats, 3:],
            root_rotation=np.zeros((worlds, seats, 3, 3)),
            root_velocity=speed[:, :seats, :3],
            root_spin=speed[:, :seats, 3:],
            joint_angle=tuple(np.split(stacked.angle, joints, axis=1)),
            joint_velocity=tuple(np.split(stacked.rate, joints, axis=1)),
            angles=stacked.angle,
            rates=stacked.rate,
            touches=stacked.touch,
            touch=tuple(np.split(stacked.touch, limbs, axis=1)),
            contact=np.zeros((worlds, actors, actors), bool),
            loose_position=root[:, seats:, :3],
            loose_quaternion=root[:, seats:, 3:],
            loose_velocity=speed[:, seats:, :3],
            loose_before=before[:, seats:],
            failed=np.zeros(worlds, bool),
            _stacked=stacked,
        )

    @property
    def state(self) -> Saved:
        """The live arrays that hold the frame, each number once, by name."""
        own = {"rotation": self.root_rotation, "contact": self.contact, "failed": self.failed}
        names = ("before", "root", "speed", "angle", "rate", "touch")
        return own | {name: getattr(self._stacked, name) for name in names}

    def remember(self) -> None:
        """Take the positions for those of one control step earlier; call once in a step, before `fill`."""
        self._stacked.remember()

    def fill(self, qpos: Array, qvel: Array, sensed: Array) -> None:
        """Refresh the frame from states `[W, nq]`, `[W, nv]` and contact counts `[W, sensors]` in the model's order."""
        stacked = self._stacked
        limbs = stacked.gather(qpos, qvel, sensed)
        for k, (a, b) in enumerate(stacked.pairs, start=limbs):
            self.contact[:, a, b] = self.contact[:, b, a] = sensed[:, k] > 0
        matrix(self.root_quaternion, self.root_rotation, stacked.products)


class _Stacked(Movable):
    """The frame's arrays with all seats side by side, each filled by one call, because calls cost most."""

    products = PRODUCTS

    def __init__(self, scene: Scene, worlds: int) -> None:
        seats, actors, self.pairs = scene.seats, scene.actors, scene.pairs
        q, v = np.arange(scene.model.nq), np.arange(scene.model.nv)
        self._columns = [
            np.concatenate([q[actor.qpos][:7] for actor in actors]),
            np.concatenate([v[actor.qvel][:6] for actor in actors]),
            np.concatenate([q[seat.qpos][7:] for seat in seats]),
            np.concatenate([v[seat.qvel][6:] for seat in seats]),
        ]
        self.root, self.speed, self.angle, self.rate = (np.zeros((worlds, len(c))) for c in self._columns)
        self.before = np.zeros((worlds, len(actors), 3))
        self.touch = np.zeros((worlds, sum(len(seat.limbs) for seat in seats)))

    def remember(self) -> None:
        """Keep the positions of all actors."""
        self.before[:] = self.root.reshape(*self.before.shape[:2], 7)[..., :3]

    def gather(self, qpos: Array, qvel: Array, sensed: Array) -> int:
        """Copy the state into the stacked arrays; return the number of limbs, whose sensors precede the pairs'."""
        root, speed, angle, rate = self._columns
        take(qpos, root, self.root)
        take(qvel, speed, self.speed)
        take(qpos, angle, self.angle)
        take(qvel, rate, self.rate)
        limbs = self.touch.shape[1]
        self.touch[:] = sensed[:, :limbs] > 0
        return limbs


def diverged(qpos: Array, qvel: Array) -> BoolArray:
    """Return which worlds hold a number that is not finite or move faster than `SPEED_LIMIT`, `[W]`."""
    xp = namespace(qpos)
    # The extremes show NaN and infinity. They usually settle all worlds at once.
    if xp is np and _extreme(qvel) < SPEED_LIMIT and isfinite(_extreme(qpos)):
        return np.zeros(len(qpos), bool)
    calm = (xp.abs(qvel) < SPEED_LIMIT).all(axis=1)
    result: BoolArray = ~(calm & xp.isfinite(qpos).all(axis=1))
    return result


def _extreme(array: Array) -> float:
    """Return the largest magnitude in the array, or NaN if it holds one."""
    return max(float(np.maximum.reduce(array, axis=None)), -float(np.minimum.reduce(array, axis=None)))
