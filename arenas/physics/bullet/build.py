"""Build Bullet's multibodies from a compiled MuJoCo model: masses, inertias, joint limits and shapes."""

from collections.abc import Sequence
from typing import Any

import mujoco

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError


def xyzw(quaternion: Array) -> list[float]:
    """Return a (w, x, y, z) quaternion in Bullet's order."""
    w, x, y, z = quaternion
    return [float(x), float(y), float(z), float(w)]


def statics(model: mujoco.MjModel) -> list[int]:
    """Return the bodies with geoms that cannot move: the world body, and furniture without a joint."""
    return [b for b in range(model.nbody) if model.body_weldid[b] == 0 and model.body_geomnum[b] > 0]


class Builder:
    """Builds the bodies of `model` in the client `client` of the pybullet module `p`."""

    def __init__(self, p: Any, client: int, model: mujoco.MjModel) -> None:
        self._p, self._client, self._model = p, client, model

    def add(self, mass: float, root: int, links: Sequence[int]) -> int:
        """Create the multibody of a root and its links, each link with one hinge; return Bullet's number for it."""
        p, client, model = self._p, self._client, self._model
        index = {root: 0} | {b: i + 1 for i, b in enumerate(links)}
        body: int = p.createMultiBody(
            baseMass=mass,
            baseCollisionShapeIndex=self._shape(root),
            baseInertialFramePosition=model.body_ipos[root].tolist(),
            baseInertialFrameOrientation=xyzw(model.body_iquat[root]),
            linkMasses=[float(model.body_mass[b]) for b in links],
            linkCollisionShapeIndices=[self._shape(b) for b in links],
            linkVisualShapeIndices=[-1] * len(links),
            linkPositions=[model.body_pos[b].tolist() for b in links],
            linkOrientations=[xyzw(model.body_quat[b]) for b in links],
            linkInertialFramePositions=[model.body_ipos[b].tolist() for b in links],
            linkInertialFrameOrientations=[xyzw(model.body_iquat[b]) for b in links],
            linkParentIndices=[index[int(model.body_parentid[b])] for b in links],
            linkJointTypes=[p.JOINT_REVOLUTE] * len(links),
            linkJointAxis=[model.jnt_axis[model.body_jntadr[b]].tolist() for b in links],
            physicsClientId=client,
        )
        for i, b in enumerate([root, *links]):
            self._set_dynamics(body, i - 1, b, anchored=bool(links))
        p.changeDynamics(body, -1, activationState=p.ACTIVATION_STATE_DISABLE_SLEEPING, physicsClientId=client)
        return body

    def _set_dynamics(self, body: int, link: int, b: int, *, anchored: bool) -> None:
        client, model = self._client, self._model

        def change(**values: Any) -> None:
            # One group of values per call: Bullet drops a link's friction if damping or a speed limit is set with it,
            # and recomputes the link's inertia from its shape if anything is set with the inertia.
            self._p.changeDynamics(body, link, physicsClientId=client, **values)

        change(
            lateralFriction=sliding_friction(model, b),
            # Without anchors a standing ant's feet creep, and it rises by 0.6 mm/s; with them a rolling ball sinks in.
            frictionAnchor=int(anchored),
            spinningFriction=0.0,
            rollingFriction=0.0,
            restitution=0.0,
        )
        self._sort_out(body, link, b)
        change(linearDamping=0.0, angularDamping=0.0)
        change(jointDamping=0.0)
        change(maxJointVelocity=1000.0)
        if link >= 0:
            low, high = model.jnt_range[model.body_jntadr[b]]
            change(jointLowerLimit=low, jointUpperLimit=high)
        if model.body_mass[b] > 0:
            change(localInertiaDiagonal=model.body_inertia[b].tolist())

    def _sort_out(self, body: int, link: int, b: int) -> None:
        """Set Bullet's collision filter to the model's masks, so that parts of one body are never a candidate pair.

        Such pairs appear and vanish as a body moves, and the order of Bullet's lists would then depend on past bouts.
        """
        model, geom = self._model, int(self._model.body_geomadr[b])
        group, mask = int(model.geom_contype[geom]), int(model.geom_conaffinity[geom])
        self._p.setCollisionFilterGroupMask(body, link, group, mask, physicsClientId=self._client)

    def _shape(self, body: int) -> int:
        """Return the collision shape of a body: its geom, or a compound of its geoms."""
        p, model = self._p, self._model
        kinds = {
            int(mujoco.mjtGeom.mjGEOM_PLANE): p.GEOM_PLANE,
            int(mujoco.mjtGeom.mjGEOM_SPHERE): p.GEOM_SPHERE,
            int(mujoco.mjtGeom.mjGEOM_CAPSULE): p.GEOM_CAPSULE,
            int(mujoco.mjtGeom.mjGEOM_CYLINDER): p.GEOM_CYLINDER,
            int(mujoco.mjtGeom.mjGEOM_BOX): p.GEOM_BOX,
        }
        first = int(model.body_geomadr[body])
        geoms = range(first, first + int(model.body_geomnum[body]))
        sizes = [model.geom_size[g] for g in geoms]
        pose = {
            "types": [kinds[int(model.geom_type[g])] for g in geoms],
            "positions": [model.geom_pos[g].tolist() for g in geoms],
            "orientations": [xyzw(model.geom_quat[g]) for g in geoms],
        }
        radii, lengths = [float(s[0]) for s in sizes], [2 * float(s[1]) for s in sizes]
        halves = [s.tolist() for s in sizes]
        if len(sizes) == 1:
            shape: int = p.createCollisionShape(
                pose["types"][0],
                radius=radii[0],
                height=lengths[0],
                halfExtents=halves[0],
                collisionFramePosition=pose["positions"][0],
                collisionFrameOrientation=pose["orientations"][0],
                physicsClientId=self._client,
            )
        else:
            shape = p.createCollisionShapeArray(
                shapeTypes=pose["types"],
                radii=radii,
                halfExtents=halves,
                lengths=lengths,
                collisionFramePositions=pose["positions"],
                collisionFrameOrientations=pose["orientations"],
                physicsClientId=self._client,
            )
        if shape < 0:
            raise EngineError(
                f'PyBullet refused the shapes of body {model.body(body).name!r}: use engine="mujoco", or other geoms'
            )
        return shape


def sliding_friction(model: mujoco.MjModel, body: int) -> float:
    """Return a body's coefficient of sliding friction: that of its first geom, because Bullet has one per body."""
    return float(model.geom_friction[model.body_geomadr[body], 0])
