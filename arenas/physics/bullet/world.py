"""One PyBullet world built from a compiled MuJoCo model: put into states, stepped, pushed, scaled and read."""

import ctypes
import math
import os
import sys
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import mujoco
import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.bullet.build import Builder, sliding_friction, statics
from dohyo.arenas.physics.engine import QUANTITIES
from dohyo.arenas.physics.presets import TIMESTEP

STABLE = 1.25
"""Bullet takes the actuators' damping explicitly: so far may torque outgrow mass before limbs chatter. The ant bears
1.4 in flight (measured); beyond, a physics step is divided (docs/results/engines.md)."""
ITERATIONS = 30
"""Of the constraint solver, against Bullet's 50: 11 % off a step. Against 500 iterations, a control step of random
actions then ends 0.5 instead of 0.3 mm or mrad off in the mean, for ants in contact with the floor (measured)."""
TOUCHING = 1e-3
"""Bullet lets a resting shape hover by a fraction of a millimetre; closer than this (m) counts as touch."""


@contextmanager
def hushed() -> Iterator[None]:
    """Keep what Bullet's C code prints on import and on connection away from the user's terminal and pipes."""
    libc = ctypes.CDLL(None)
    sys.stdout.flush()
    libc.fflush(None)
    saved, null = [os.dup(1), os.dup(2)], os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        libc.fflush(None)
        for number, copy in enumerate(saved, start=1):
            os.dup2(copy, number)
            os.close(copy)
        os.close(null)


def import_pybullet() -> Any:
    """Return the `pybullet` module, or raise `EngineError` that names both ways out."""
    try:
        with hushed():
            import pybullet
    except ImportError:
        raise EngineError(
            'PyBullet is not installed: use engine="mujoco", or `pip install pybullet` '
            "(wheels exist for Linux x86_64 with Python 3.11; elsewhere it needs a C++ compiler)"
        ) from None
    return pybullet


def _divided(model: mujoco.MjModel) -> tuple[int, float]:
    """Return the number and length of a control step's physics steps: the model's, if they are not too long for Bullet.

    It takes the actuators' damping explicitly and needs `TIMESTEP` (`STABLE`), where MuJoCo goes with longer ones.
    """
    substeps, timestep = int(model.numeric("substeps").data[0]), float(model.opt.timestep)
    if timestep <= TIMESTEP:
        return substeps, timestep
    count = math.ceil(substeps * timestep / TIMESTEP - 1e-9)
    return count, substeps * timestep / count


@dataclass(frozen=True)
class ActorPlan:
    """Indices into the compiled model of one actor's bodies; loose furniture has a root only, and comes after seats."""

    root: int
    links: Sequence[int]
    limbs: Sequence[int]

    @property
    def width(self) -> int:
        """Numbers in a raw state: position 3, orientation 4 (x, y, z, w), velocity 3, spin 3, then angles and rates."""
        return 13 + 2 * len(self.links)


class BulletWorld:
    """One client of its own (about 42 MB), stepped under the model's own actuator law."""

    def __init__(self, model: mujoco.MjModel, actors: Sequence[ActorPlan], pairs: Sequence[tuple[int, int]]) -> None:
        self._p = p = import_pybullet()
        self._model, self._actors = model, actors
        self._substeps, self._timestep = _divided(model)
        self._step_count = self._substeps
        with hushed():
            self._client = p.connect(p.DIRECT)
            self._end = weakref.finalize(self, p.disconnect, physicsClientId=self._client)
            self._end.atexit = False  # the memory ends with the process
            # Bullet's tree of shapes drops pairs that are apart a few at a time, in an order that depends on all it has
            # seen; the simple list drops them at once.
            p.resetSimulation(p.RESET_USE_SIMPLE_BROADPHASE, physicsClientId=self._client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self._timestep,
            deterministicOverlappingPairs=1,
            numSolverIterations=ITERATIONS,
            useSplitImpulse=0,  # with it a joint that has shot past its limit, at any speed, is never brought back
            physicsClientId=self._client,
        )
        p.setGravity(*model.opt.gravity, physicsClientId=self._client)
        build = Builder(p, self._client, model)
        self._statics = [(build.add(0.0, body, []), body) for body in statics(model)]
        self._bodies = [build.add(float(model.body_mass[a.root]), a.root, a.links) for a in actors]
        damping = [float(model.dof_damping[model.body_dofadr[a.root]]) for a in actors]
        self._damped = [(body, d) for body, d in zip(self._bodies, damping, strict=True) if d > 0]
        self._hinges = [list(range(len(a.links))) for a in actors if a.links]
        for body, hinges in self._jointed():
            # Bullet gives every new joint a velocity motor; without force it is gone.
            p.setJointMotorControlArray(
                body, hinges, p.VELOCITY_CONTROL, forces=[0.0] * len(hinges), physicsClientId=self._client
            )
        self._known: list[Any] | None = None
        """Joint states of every actor that has joints, as they were last read; None once the world has moved on."""
        self._factors = np.ones(len(QUANTITIES))
        self._set_torque(1.0)
        self._read_sensors(pairs)

    def scale(self, factors: Array) -> None:
        """Make quantities so many times the model's; factors `[4]` in the order of `QUANTITIES`."""
        setters = {
            "gravity": self._set_gravity,
            "friction": self._set_friction,
            "mass": self._set_mass,
            "torque": self._set_torque,
        }
        olds = self._factors.tolist()
        self._factors[:] = np.nan  # unlike any factor: should this be interrupted, the next one sets all anew
        for name, factor, old in zip(QUANTITIES, factors.tolist(), olds, strict=True):
            if factor != old:
                setters[name](factor)
        self._factors[:] = factors
        self._divide(*factors[2:].tolist())

    def _divide(self, mass: float, torque: float) -> None:
        """Take as many physics steps as the actuators need to be stable, at least the model's own."""
        parts = max(1, math.ceil(torque / mass / STABLE))
        self._step_count, step = parts * self._substeps, self._timestep / parts
        self._p.setPhysicsEngineParameter(fixedTimeStep=step, physicsClientId=self._client)

    def _set_gravity(self, factor: float) -> None:
        self._p.setGravity(*(self._model.opt.gravity * factor), physicsClientId=self._client)

    def _set_friction(self, factor: float) -> None:
        # Bullet multiplies the coefficients of the two that touch, so each takes the root of the factor.
        for body, link, b in [*((body, -1, b) for body, b in self._statics), *self._parts()]:
            friction = sliding_friction(self._model, b) * math.sqrt(factor)
            self._p.changeDynamics(body, link, lateralFriction=friction, physicsClientId=self._client)

    def _set_mass(self, factor: float) -> None:
        change, client = self._p.changeDynamics, self._client
        for body, link, b in self._parts():
            change(body, link, mass=float(self._model.body_mass[b]) * factor, physicsClientId=client)
            # Bullet has just worked out an inertia from the shape; a call of its own puts the model's in its place.
            inertia = (self._model.body_inertia[b] * factor).tolist()
            change(body, link, localInertiaDiagonal=inertia, physicsClientId=client)

    def _parts(self) -> Iterator[tuple[int, int, int]]:
        """Yield everything that moves: Bullet's body and link, and the model's body."""
        for body, actor in zip(self._bodies, self._actors, strict=True):
            for i, b in enumerate((actor.root, *actor.links)):
                yield body, i - 1, b

    def _set_torque(self, factor: float) -> None:
        """Take the affine law torque = clip(gain * action + b0 + b1 * angle + b2 * velocity, +-strength), scaled."""
        model = self._model
        self._gain, self._offset = factor * model.actuator_gainprm[:, 0], factor * model.actuator_biasprm[:, 0]
        rows = zip(
            (factor * model.actuator_biasprm[:, 1]).tolist(),
            (factor * model.actuator_biasprm[:, 2]).tolist(),
            (factor * model.actuator_forcerange[:, 1]).tolist(),
            strict=True,
        )
        laws = list(rows)
        self._laws, first = [], 0
        for hinges in self._hinges:
            self._laws.append(laws[first : first + len(hinges)])
            first += len(hinges)

    def _read_sensors(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Number the sensors as the model does: limbs actor by actor, then pairs of actors."""
        self._limb_sensor: dict[tuple[int, int], int] = {}
        for body, actor in zip(self._bodies, self._actors, strict=True):
            chain = [actor.root, *actor.links]
            for limb in actor.limbs:
                self._limb_sensor[body, chain.index(limb) - 1] = len(self._limb_sensor)
        self._pair_sensor: dict[tuple[int, int], int] = {}
        for sensor, (a, b) in enumerate(pairs, start=len(self._limb_sensor)):
            for one, other in ((a, b), (b, a)):
                self._pair_sensor[self._bodies[one], self._bodies[other]] = sensor

    def put(self, raw: Array) -> None:
        """Place every actor as `raw` says (see `ActorPlan.width`), one after another, at once and without history."""
        p, client, first, self._known = self._p, self._client, 0, None
        # Bullet remembers where shapes touched, and its solver follows the order in which it keeps these contacts. Out
        # of each other's reach, and of the floor's, shapes forget: only the floor's pairs are left, as they were built.
        for height, body in enumerate(self._bodies, start=1):
            p.resetBasePositionAndOrientation(body, [0, 0, 1000.0 * height], [0, 0, 0, 1], physicsClientId=client)
        p.performCollisionDetection(physicsClientId=client)
        for body, actor in zip(self._bodies, self._actors, strict=True):
            x = raw[first : first + actor.width].tolist()
            first += actor.width
            p.resetBasePositionAndOrientation(body, x[0:3], x[3:7], physicsClientId=client)
            p.resetBaseVelocity(body, x[7:10], x[10:13], physicsClientId=client)
            joints = len(actor.links)
            for j, (angle, rate) in enumerate(zip(x[13 : 13 + joints], x[13 + joints :], strict=True)):
                p.resetJointState(body, j, angle, rate, physicsClientId=client)

    def advance(self, action: Array, force: Array | None = None) -> None:
        """Step one control step under `action` `[nu]`, torques recomputed at every physics step.

        `force` `[S, 3]` N, world axes, pushes the roots.
        """
        p, client = self._p, self._client
        drive, mode, step = p.setJointMotorControlArray, p.TORQUE_CONTROL, p.stepSimulation
        targets = iter((self._gain * action + self._offset).tolist())
        seats = [
            (body, hinges, [(next(targets), *law) for law in laws])
            for (body, hinges), laws in zip(self._jointed(), self._laws, strict=True)
        ]
        for _ in range(self._step_count):
            known, self._known = self._known or self._feel(), None
            for (body, hinges, laws), joints in zip(seats, known, strict=True):
                torques = []
                # Plain floats and comparisons: for eight joints numpy takes three times as long (measured).
                for (angle, rate, *_), (target, b1, b2, strength) in zip(joints, laws, strict=True):
                    torque = target + b1 * angle + b2 * rate
                    torques.append(strength if torque > strength else -strength if torque < -strength else torque)
                drive(body, hinges, mode, forces=torques, physicsClientId=client)
            if force is not None:
                self._push(force)
            self._resist()
            step(client)

    def _push(self, force: Array) -> None:
        """Push the roots at their centres of mass; Bullet forgets forces after every physics step."""
        p, client = self._p, self._client
        for body, push in zip(self._bodies, force.tolist(), strict=False):
            place, _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
            p.applyExternalForce(body, -1, push, place, p.WORLD_FRAME, physicsClientId=client)

    def _resist(self) -> None:
        """Slow loose furniture as the model's free joints do; Bullet's own damping also grows with the speed."""
        p, client = self._p, self._client
        for body, damping in self._damped:
            place, _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
            velocity, spin = p.getBaseVelocity(body, physicsClientId=client)
            p.applyExternalForce(
                body, -1, [-damping * v for v in velocity], place, p.WORLD_FRAME, physicsClientId=client
            )
            p.applyExternalTorque(body, -1, [-damping * w for w in spin], p.WORLD_FRAME, physicsClientId=client)

    def read(self, raw: Array, sensed: Array) -> None:
        """Write the raw state of every actor and the count of contacts per sensor."""
        p, client, row = self._p, self._client, []
        self._known = self._feel()
        for body, states in zip_longest(self._bodies, self._known, fillvalue=()):
            for part in p.getBasePositionAndOrientation(body, physicsClientId=client):
                row += part
            for part in p.getBaseVelocity(body, physicsClientId=client):
                row += part
            row += [s[0] for s in states]
            row += [s[1] for s in states]
        raw[:] = row
        sensed[:] = self._count(p.getContactPoints(physicsClientId=client))

    def _feel(self) -> list[Any]:
        """Read the joint states of every actor that has joints."""
        read, client = self._p.getJointStates, self._client
        return [read(body, hinges, client) for body, hinges in self._jointed()]

    def _jointed(self) -> Iterator[tuple[int, list[int]]]:
        """Yield the bodies that have joints, with their hinges."""
        return zip(self._bodies, self._hinges, strict=False)

    def _count(self, points: Sequence[Any]) -> list[int]:
        """Count the contacts of each sensor; in plain integers, which numpy's cannot match one by one."""
        counts, limb, pair = [0] * self._model.nsensor, self._limb_sensor.get, self._pair_sensor.get
        for _, body_a, body_b, link_a, link_b, _, _, _, gap, *_ in points:
            if gap <= TOUCHING:
                for sensor in (limb((body_a, link_a)), limb((body_b, link_b)), pair((body_a, body_b))):
                    if sensor is not None:
                        counts[sensor] += 1
        return counts

    def close(self) -> None:
        """Disconnect from this world's client."""
        self._end()
