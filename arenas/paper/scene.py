"""Compose the original scenes on today's MuJoCo; docs/explanation/paper_arenas.md says what that needs.

Numbers are those of the code of arXiv 1710.03748 ("EC") and of arXiv 1710.03641 ("RoboSumo").
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mujoco
import numpy as np

from dohyo.arenas.bodies import SUBSTEPS, Body
from dohyo.arenas.physics.scene import COLOURS, Scene, SeatLayout, loose_layout

DRIVE = "torque"
"""An action is a share of the motors' gear; MuJoCo limits it to the motors' range."""
GOAL = 4.0
"""EC's goal lines are at x = plus and minus this, m."""
RED = (0.6, 0.0, 0.0)
"""Colour of EC's goal lines."""
CAPSULE, CYLINDER = mujoco.mjtGeom.mjGEOM_CAPSULE, mujoco.mjtGeom.mjGEOM_CYLINDER
XBODY = mujoco.mjtObj.mjOBJ_XBODY

Place = tuple[float, float, float, float]
"""Place of a torso in the scene's initial state: x, y, z in m, and a turn about z in degrees."""


@dataclass(frozen=True)
class Setting:
    """Everything in a scene besides its bodies, and its options."""

    places: tuple[Place, Place]
    furnish: Callable[[mujoco.MjSpec], None]
    """Adds the geoms of the world and free furniture."""
    timestep: float = 0.003
    """Physics step, s (EC, all scenes but the ants' run to goal)."""
    solver: mujoco.mjtSolver = mujoco.mjtSolver.mjSOL_PGS
    """The constraint solver; scenes that name none use MuJoCo's default, Newton."""
    iterations: int = 1000
    """Iterations of the solver (EC)."""


def compose(bodies: Sequence[Body], setting: Setting) -> Scene:
    """Compile the setting and one body per seat, with the prefixes `agent0/` and `agent1/`, into a scene."""
    spec = mujoco.MjSpec()
    _set_options(spec, setting)
    setting.furnish(spec)
    loose = [body.name for body in spec.worldbody.bodies]
    for seat, (body, place) in enumerate(zip(bodies, setting.places, strict=True)):
        child = body.spec()
        torso, turn = child.body("torso"), np.deg2rad(place[3]) / 2
        torso.pos, torso.quat = place[:3], [np.cos(turn), 0, 0, np.sin(turn)]
        for geom in child.geoms:
            geom.rgba = COLOURS[seat]
        spec.attach(child, prefix=f"agent{seat}/", frame=spec.worldbody.add_frame())
    _share_margin(spec)
    _weigh_as_before(spec)
    roots = [f"agent{seat}/torso" for seat in range(len(bodies))] + loose
    pairs = tuple((a, b) for a in range(len(bodies)) for b in range(a + 1, len(roots)))
    _add_sensors(spec, [(roots[a], roots[b]) for a, b in pairs])
    model = spec.compile()
    seats = tuple(_layout(model, seat, body) for seat, body in enumerate(bodies))
    return Scene(model, seats, tuple(loose_layout(model, name) for name in loose), pairs, DRIVE)


def add_field(spec: mujoco.MjSpec, alpha: float = 1.0) -> None:
    """Add EC's floor and its two goal lines, which collide; with `alpha` 0 the lines are invisible."""
    spec.worldbody.add_geom(
        name="floor", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[20, 20, 0.125], friction=[1, 0.1, 0.1], condim=3
    )
    for name, x in (("rightgoal", GOAL), ("leftgoal", -GOAL)):
        add_bar(spec, name, (x, -5, 0), (x, 5, 0), (*RED, alpha))


def add_bar(
    spec: mujoco.MjSpec, name: str, start: Sequence[float], end: Sequence[float], rgba: Sequence[float]
) -> None:
    """Add a round bar of radius 0.03 m that marks a line and collides."""
    spec.worldbody.add_geom(name=name, type=CYLINDER, fromto=[*start, *end], size=[0.03, 0, 0], rgba=rgba)


def _set_options(spec: mujoco.MjSpec, setting: Setting) -> None:
    option, off = spec.option, mujoco.mjtDisableBit
    option.timestep, option.integrator = setting.timestep, mujoco.mjtIntegrator.mjINT_RK4
    option.solver, option.iterations = setting.solver, setting.iterations
    # The MuJoCo of 2017 had one contact between two convex bodies. The engine must see and count diverged worlds.
    option.disableflags |= off.mjDSBL_MULTICCD | off.mjDSBL_AUTORESET
    spec.add_numeric(name="substeps", data=[SUBSTEPS], size=1)


def _share_margin(spec: mujoco.MjSpec) -> None:
    """Give every geom half of the largest margin: a contact's margin was the larger of two, and is now their sum."""
    half = max(geom.margin for geom in spec.geoms) / 2
    for geom in spec.geoms:
        geom.margin = half


def _weigh_as_before(spec: mujoco.MjSpec) -> None:
    """Give bodies the mass and inertia of MuJoCo before 2.1.1, which took a capsule for a cylinder.

    The cylinder is half a radius longer at each end than the capsule's axis. EC's agents observe inertias, and their
    observation filters were fitted to these.
    """
    model, twin = spec.compile(), spec.copy()
    for geom, original in zip(twin.geoms, spec.geoms, strict=True):
        if original.type == CAPSULE:
            index = original.id
            radius, half, _ = model.geom_size[index]
            geom.type, geom.size, geom.fromto = CYLINDER, [radius, half + radius / 2, 0], np.full(6, np.nan)
            geom.pos, geom.quat = model.geom_pos[index], model.geom_quat[index]
    weighed = twin.compile()
    for body in spec.bodies[1:]:
        body.explicitinertial = True
        body.mass, body.inertia = weighed.body_mass[body.id], weighed.body_inertia[body.id]
        body.ipos, body.iquat = weighed.body_ipos[body.id], weighed.body_iquat[body.id]


def _add_sensors(spec: mujoco.MjSpec, pairs: Sequence[tuple[str, str]]) -> None:
    """Add sensors for each pair of actors: whether they touch, and the distance of surfaces at the closest contact."""
    wanted = (1 << int(mujoco.mjtConDataField.mjCONDATA_FOUND)) | (1 << int(mujoco.mjtConDataField.mjCONDATA_DIST))
    for a, b in pairs:
        spec.add_sensor(
            type=mujoco.mjtSensor.mjSENS_CONTACT,
            objtype=XBODY,
            objname=a,
            reftype=XBODY,
            refname=b,
            intprm=[wanted, 1, 1],  # the contact with the least distance
        )
    # Contact forces on bodies (cfrc_ext) stay zero unless some sensor needs them. Nothing reads this one.
    spec.add_sensor(type=mujoco.mjtSensor.mjSENS_FRAMELINACC, objtype=XBODY, objname="agent0/torso")


def _layout(model: mujoco.MjModel, seat: int, body: Body) -> SeatLayout:
    root = model.body(f"agent{seat}/torso").id
    links = tuple(b for b in range(model.nbody) if model.body_rootid[b] == root and b != root)
    hinges = [j for j in range(model.njnt) if model.jnt_bodyid[j] in links]
    motors = [a for a in range(model.nu) if model.actuator_trnid[a, 0] in hinges]
    first = int(model.body_jntadr[root])
    qpos, qvel = int(model.jnt_qposadr[first]), int(model.jnt_dofadr[first])
    return SeatLayout(
        body=body,
        root=root,
        links=links,
        qpos=slice(qpos, qpos + 7 + len(hinges)),
        qvel=slice(qvel, qvel + 6 + len(hinges)),
        ctrl=slice(motors[0], motors[-1] + 1),
        limbs=(),
        joint_range=model.jnt_range[hinges].copy(),
    )
