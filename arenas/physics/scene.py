"""Compose bodies and furniture into one compiled scene, from which every engine takes its physics."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.bodies import Body
from dohyo.arenas.errors import lookup
from dohyo.arenas.physics.mirror import Mirror, mirror_joints, mirror_limbs
from dohyo.arenas.physics.presets import ACCURATE, PHYSICS

COLOURS = ((0.85, 0.25, 0.2, 1.0), (0.2, 0.45, 0.85, 1.0), (0.25, 0.7, 0.35, 1.0), (0.9, 0.7, 0.2, 1.0))
"""RGBA of the sides, in order."""
OFFSET = 0.4
"""Of the `offset` drive, rad (ours; 0.25 to 0.5 is usual for robots on legs)."""
SHADE = 0.6
"""Brightness of each further seat of a side, relative to the seat before."""


@dataclass(frozen=True)
class SeatLayout:
    """Where one seat's numbers are in the arrays of the compiled model."""

    body: Body
    root: int
    """Index of the root body in the model; its descendants follow it."""
    links: tuple[int, ...]
    """Indices of the seat's other bodies, in the MJCF's order; each has one hinge."""
    qpos: slice
    qvel: slice
    ctrl: slice
    limbs: tuple[int, ...]
    """Indices of the bodies whose touch is observed."""
    joint_range: NDArray[np.float64]
    """Limits of the hinges, `[J, 2]` in rad."""
    mirror: Mirror = ()
    """The mirror image of its hinges; empty if the body is not symmetric."""
    limb_mirror: Mirror = ()
    """The mirror image of its limbs."""


@dataclass(frozen=True)
class LooseLayout:
    """Where the numbers of a free piece of furniture, such as a ball, are in the arrays of the compiled model."""

    root: int
    """Index of its body in the model."""
    qpos: slice
    qvel: slice
    links: tuple[int, ...] = ()
    limbs: tuple[int, ...] = ()
    """Furniture has no links and no limbs."""


@dataclass(frozen=True)
class Scene:
    """A compiled scene, and where its seats and loose furniture are in the model's arrays."""

    model: mujoco.MjModel
    seats: tuple[SeatLayout, ...]
    loose: tuple[LooseLayout, ...]
    """The free pieces of furniture."""
    pairs: tuple[tuple[int, int], ...]
    """Pairs of actors whose contact is sensed, in the order of the model's sensors."""
    drive: str
    """What an action means, a key of `DRIVES`."""

    @property
    def substeps(self) -> int:
        """Physics steps in a control step."""
        return int(self.model.numeric("substeps").data[0])

    @property
    def control_step(self) -> float:
        """Length of a control step, s."""
        return float(self.model.opt.timestep) * self.substeps

    @property
    def actors(self) -> tuple[SeatLayout | LooseLayout, ...]:
        """Everything that moves: the seats, then loose furniture."""
        return (*self.seats, *self.loose)


def drive_target(kp: float, kd: float, strength: float, low: float, high: float) -> tuple[float, list[float]]:
    """Return gain and bias of the torque when an action in [-1, 1] is a target angle, held by a PD law.

    -1 and 1 are the joint's limits `low` and `high`, rad.
    """
    return kp * (high - low) / 2, [kp * (high + low) / 2, -kp, -kd]


def drive_torque(kp: float, kd: float, strength: float, low: float, high: float) -> tuple[float, list[float]]:
    """Return gain and bias of the torque when an action in [-1, 1] is a share of the joint's largest torque.

    A damping of `kd / 10` stands in for the joint's own friction.
    """
    return strength, [0.0, 0.0, -kd / 10]


def drive_offset(kp: float, kd: float, strength: float, low: float, high: float) -> tuple[float, list[float]]:
    """Return gain and bias of the torque when an action in [-1, 1] moves a joint's target away from its stance.

    The stance is the middle of the range, where bouts start; -1 and 1 move the target by `OFFSET`.
    """
    return kp * OFFSET, [kp * (high + low) / 2, -kp, -kd]


DRIVES: dict[str, Callable[[float, float, float, float, float], tuple[float, list[float]]]] = {
    "target": drive_target,
    "torque": drive_torque,
    "offset": drive_offset,
}
"""How an action becomes a torque: `clip(gain * action + bias . (1, angle, velocity), -strength, strength)` N m."""


def compose(
    bodies: Sequence[Body],
    drive: str = "target",
    furnish: Callable[[mujoco.MjSpec], None] | None = None,
    sides: Sequence[int] | None = None,
) -> Scene:
    """Compile floor, furniture and one body per seat into a scene.

    `furnish` adds an arena's furniture: geoms of the world body, and named bodies with a free joint. A seat's body does
    not collide with itself; everything else collides. `sides` set the colours, by default one per seat. Raises
    `UnknownName` for a drive that is not in `DRIVES`.
    """
    law = lookup(DRIVES, drive, "drive")
    spec = mujoco.MjSpec()
    _set_options(spec)
    spec.worldbody.add_geom(
        name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1], friction=[1, 0.1, 0.1], condim=3
    )
    if furnish is not None:
        furnish(spec)
    loose = [body.name for body in spec.worldbody.bodies]
    colours = _colours(sides or range(len(bodies)))
    everyone = 1 | sum(2 << s for s in range(len(bodies)))
    for seat, body in enumerate(bodies):
        child = body.spec()
        for geom in child.geoms:
            geom.rgba = colours[seat]
            geom.contype, geom.conaffinity = 2 << seat, everyone ^ (2 << seat)
        for actuator in child.actuators:
            _drive(actuator, child.joint(actuator.target), law)
        spec.attach(child, prefix=f"{seat}/", frame=spec.worldbody.add_frame())
    roots = [_root_name(seat) for seat in range(len(bodies))] + loose
    pairs = tuple((a, b) for a in range(len(bodies)) for b in range(a + 1, len(roots)))
    _add_sensors(spec, bodies, [(roots[a], roots[b]) for a, b in pairs])
    model = spec.compile()
    PHYSICS[ACCURATE].apply(model, bodies)
    seats = tuple(_layout(model, seat, body) for seat, body in enumerate(bodies))
    return Scene(model, seats, tuple(loose_layout(model, name) for name in loose), pairs, drive)


def _colours(sides: Sequence[int]) -> list[tuple[float, ...]]:
    """Return the RGBA of every seat: one colour per side, partners in shades of it."""
    shades = [SHADE ** list(sides[:seat]).count(side) for seat, side in enumerate(sides)]
    rgba = [COLOURS[side % len(COLOURS)] for side in sides]
    return [(r * shade, g * shade, b * shade, a) for (r, g, b, a), shade in zip(rgba, shades, strict=True)]


def _set_options(spec: mujoco.MjSpec) -> None:
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    # This saves a tenth of the cost of ants in contact; a slide of 0.2 m changes by 0.1 mm.
    spec.option.tolerance = 1e-4
    # The engine must see and count diverged worlds, so MuJoCo must not reset them itself.
    spec.option.disableflags |= mujoco.mjtDisableBit.mjDSBL_AUTORESET
    spec.memory = 1 << 20
    # The compiled model carries the number of physics steps, so that it defines the control step's length.
    spec.add_numeric(name="substeps", data=[0], size=1)


def _drive(
    actuator: mujoco.MjsActuator,
    joint: mujoco.MjsJoint,
    law: Callable[[float, float, float, float, float], tuple[float, list[float]]],
) -> None:
    """Replace an actuator's PD constants, which the MJCF sets, by the affine law of the chosen drive."""
    kp, kd, strength = actuator.gainprm[0], -actuator.biasprm[2], actuator.forcerange[1]
    low, high = np.deg2rad(joint.range)
    gain, bias = law(kp, kd, strength, low, high)
    actuator.gainprm = np.pad([gain], (0, len(actuator.gainprm) - 1))
    actuator.biasprm = np.pad(bias, (0, len(actuator.biasprm) - 3))
    actuator.ctrllimited, actuator.ctrlrange = True, [-1, 1]


def _add_sensors(spec: mujoco.MjSpec, bodies: Sequence[Body], pairs: Sequence[tuple[str, str]]) -> None:
    """Add sensors that count contacts: of each limb with anything, then between each pair of actors."""
    found = [1 << int(mujoco.mjtConDataField.mjCONDATA_FOUND), 0, 1]
    for seat, body in enumerate(bodies):
        for limb in body.limbs:
            spec.add_sensor(
                type=mujoco.mjtSensor.mjSENS_CONTACT,
                objtype=mujoco.mjtObj.mjOBJ_BODY,
                objname=f"{seat}/{limb}",
                intprm=found,
            )
    for a, b in pairs:
        spec.add_sensor(
            type=mujoco.mjtSensor.mjSENS_CONTACT,
            objtype=mujoco.mjtObj.mjOBJ_XBODY,
            objname=a,
            reftype=mujoco.mjtObj.mjOBJ_XBODY,
            refname=b,
            intprm=found,
        )


def _root_name(seat: int) -> str:
    return f"{seat}/torso"


def loose_layout(model: mujoco.MjModel, name: str) -> LooseLayout:
    root = model.body(name).id
    joint = int(model.body_jntadr[root])
    if joint < 0 or model.jnt_type[joint] != mujoco.mjtJoint.mjJNT_FREE or np.any(model.body_parentid == root):
        raise ValueError(f"furniture {name!r}: a body that moves needs a free joint, and no child bodies")
    qpos, qvel = int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint])
    return LooseLayout(root, slice(qpos, qpos + 7), slice(qvel, qvel + 6))


def _layout(model: mujoco.MjModel, seat: int, body: Body) -> SeatLayout:
    root = model.body(_root_name(seat)).id
    links = tuple(b for b in range(model.nbody) if model.body_rootid[b] == root and b != root)
    joints = [int(model.body_jntadr[b]) for b in (root, *links)]
    if any(model.body_jntnum[b] != 1 for b in (root, *links)):
        raise ValueError(f"body {body.name!r}: every link needs exactly one hinge, and the root a free joint")
    qpos, qvel = int(model.jnt_qposadr[joints[0]]), int(model.jnt_dofadr[joints[0]])
    limbs = tuple(int(model.body(f"{seat}/{limb}").id) for limb in body.limbs)
    actuators = [a for a in range(model.nu) if model.actuator_trnid[a, 0] in joints]
    if [int(model.actuator_trnid[a, 0]) for a in actuators] != joints[1:]:
        raise ValueError(f"body {body.name!r}: its MJCF needs one actuator per hinge, in the hinges' order")
    return SeatLayout(
        body=body,
        root=root,
        links=links,
        qpos=slice(qpos, qpos + 7 + len(links)),
        qvel=slice(qvel, qvel + 6 + len(links)),
        ctrl=slice(actuators[0], actuators[-1] + 1),
        limbs=limbs,
        joint_range=model.jnt_range[joints[1:]].copy(),
        mirror=mirror_joints(model, root, links),
        limb_mirror=mirror_limbs(model, root, limbs),
    )
