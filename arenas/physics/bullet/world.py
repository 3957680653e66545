"""One PyBullet world, built from a compiled MuJoCo model."""

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

from dohyo.arenas.arrays import Array
from dohyo.arenas.errors import EngineError
from dohyo.arenas.physics.bullet.build import Builder, statics
from dohyo.arenas.physics.bullet.quantities import Quantities
from dohyo.arenas.physics.presets import TIMESTEP

ITERATIONS = 30
"""Iterations of the constraint solver: 30 instead of Bullet's 50 save 11 % of a step. Against 500 iterations, a control
step of random actions ends 0.5 instead of 0.3 mm or mrad off on average, for ants on the floor (measured)."""
TOUCHING = 1e-3
"""Shapes closer than this touch, m: Bullet lets a resting shape hover by a fraction of a millimetre."""


@contextmanager
def hushed() -> Iterator[None]:
    """Discard what Bullet's C code prints to stdout and stderr on import and on connection."""
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
    """Return the `pybullet` module, or raise `EngineError` that says what to do instead."""
    try:
        with hushed():
            import pybullet
    except ImportError:
        raise EngineError(
            'PyBullet is not installed: use engine="mujoco" (--engine mujoco), or `pip install pybullet` '
            "(wheels exist for Linux x86_64 with Python 3.11; elsewhere it needs a C++ compiler)"
        ) from None
    return pybullet


def _divided(model: mujoco.MjModel) -> tuple[int, float]:
    """Return number and length (s) of a control step's physics steps: the model's, but none longer than `TIMESTEP`.

    Bullet integrates the actuators' damping explicitly (`STABLE`) and needs shorter physics steps than MuJoCo.
    """
    substeps, timestep = int(model.numeric("substeps").data[0]), float(model.opt.timestep)
    if timestep <= TIMESTEP:
        return substeps, timestep
    count = math.ceil(substeps * timestep / TIMESTEP - 1e-9)
    return count, substeps * timestep / count


@dataclass(frozen=True)
class ActorPlan:
    """Indices of one actor's bodies in the compiled model; loose furniture has only a root, and follows the seats."""

    root: int
    links: Sequence[int]
    limbs: Sequence[int]

    @property
    def width(self) -> int:
        """Length of a raw state: position 3, orientation 4 (x, y, z, w), velocity 3, spin 3, then angles and rates."""
        return 13 + 2 * len(self.links)


class BulletWorld:
    """One world in its own PyBullet client (about 42 MB), stepped under the model's actuator law."""

    def __init__(self, model: mujoco.MjModel, actors: Sequence[ActorPlan], pairs: Sequence[tuple[int, int]]) -> None:
        self._p = p = import_pybullet()
        self._model, self._actors = model, actors
        self._substeps, self._timestep = _divided(model)
        self._step_count = self._substeps
        with hushed():
            self._client = p.connect(p.DIRECT)
            self._end = weakref.finalize(self, p.disconnect, physicsClientId=self._client)
            self._end.atexit = False  # the memory ends with the process
            # Bullet's tree of shapes drops separated pairs a few at a time, in an order that depends on past bouts; the
            # simple list drops them at once.
            p.resetSimulation(p.RESET_USE_SIMPLE_BROADPHASE, physicsClientId=self._client)
        p.setPhysicsEngineParameter(
            fixedTimeStep=self._timestep,
            deterministicOverlappingPairs=1,
            numSolverIterations=ITERATIONS,
            useSplitImpulse=0,  # with split impulses a joint that has passed its limit never returns
            physicsClientId=self._client,
        )
        p.setGravity(*model.opt.gravity, physicsClientId=self._client)
        build = Builder(p, self._client, model)
        fixed = [(build.add(0.0, body, []), -1, body) for body in statics(model)]
        self._bodies = [build.add(float(model.body_mass[a.root]), a.root, a.links) for a in actors]
        damping = [float(model.dof_damping[model.body_dofadr[a.root]]) for a in actors]
        self._damped = [(body, d) for body, d in zip(self._bodies, damping, strict=True) if d > 0]
        self._hinges = [list(range(len(a.links))) for a in actors if a.links]
        for body, hinges in self._jointed():
            # Bullet gives every new joint a velocity motor; a force of 0 turns it off.
            p.setJointMotorControlArray(
                body, hinges, p.VELOCITY_CONTROL, forces=[0.0] * len(hinges), physicsClientId=self._client
            )
        self._known: list[Any] | None = None
        """Joint states of every actor with joints at the last reading; None once the world has moved on."""
        movers = [
            (body, i - 1, b)
            for body, actor in zip(self._bodies, actors, strict=True)
            for i, b in enumerate((actor.root, *actor.links))
        ]
        joints = [len(hinges) for hinges in self._hinges]
        self._quantities = Quantities(p, self._client, model, fixed, movers, joints)
        self.pace = 0
        """Physics steps of the scene in the next control step; 0 for the scene's number."""
        self._odd = False
        """Whether the physics steps of the last control step had another length, because `pace` is no multiple."""
        self._read_sensors(pairs)

    def vary(self, row: Array) -> None:
        """Set all quantities that can vary, see `Quantities`, and divide physics steps as they need."""
        self._quantities.set(row)
        self._step_count = self._quantities.parts * self._substeps
        self._set_step(self._timestep / self._quantities.parts)

    def _set_step(self, length: float) -> None:
        """Set the length of a physics step, s."""
        self._p.setPhysicsEngineParameter(fixedTimeStep=length, physicsClientId=self._client)

    def _read_sensors(self, pairs: Sequence[tuple[int, int]]) -> None:
        """Number the sensors in the model's order: limbs actor by actor, then pairs of actors."""
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
        """Put all actors into the raw state `raw` (see `ActorPlan.width`, one actor after another), without history."""
        p, client, first, self._known = self._p, self._client, 0, None
        # Bullet remembers contacts, and its solver depends on their order. Moving all shapes far apart and off the
        # floor clears them: only the floor's pairs are left, in the order of construction.
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
        """Advance by one control step under `action` `[nu]`; torques are recomputed at every physics step.

        `force` `[S, 3]`, N, world axes, pushes the roots.
        """
        p, client = self._p, self._client
        drive, mode, step = p.setJointMotorControlArray, p.TORQUE_CONTROL, p.stepSimulation
        targets = iter((self._quantities.gain * action + self._quantities.offset).tolist())
        seats = [
            (body, hinges, [(next(targets), *law) for law in laws])
            for (body, hinges), laws in zip(self._jointed(), self._quantities.laws, strict=True)
        ]
        for _ in range(self._count_steps()):
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

    def _count_steps(self) -> int:
        """Return the number of physics steps in the next control step, and set their length if `pace` changes it."""
        if not self._odd and not self.pace:
            return self._step_count
        usual, scene_steps = self._timestep / self._quantities.parts, int(self._model.numeric("substeps").data[0])
        whole = self._step_count * (self.pace or scene_steps) / scene_steps
        count, self.pace = math.ceil(whole - 1e-9), 0
        if self._odd or count != whole:
            self._set_step(usual * whole / count)
        self._odd = count != whole
        return count

    def _push(self, force: Array) -> None:
        """Push the roots at their centres of mass; Bullet forgets forces after every physics step."""
        p, client = self._p, self._client
        for body, push in zip(self._bodies, force.tolist(), strict=False):
            place, _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
            p.applyExternalForce(body, -1, push, place, p.WORLD_FRAME, physicsClientId=client)

    def _resist(self) -> None:
        """Damp loose furniture as the model's free joints do; Bullet's own damping grows with the speed."""
        p, client = self._p, self._client
        for body, damping in self._damped:
            place, _ = p.getBasePositionAndOrientation(body, physicsClientId=client)
            velocity, spin = p.getBaseVelocity(body, physicsClientId=client)
            p.applyExternalForce(
                body, -1, [-damping * v for v in velocity], place, p.WORLD_FRAME, physicsClientId=client
            )
            p.applyExternalTorque(body, -1, [-damping * w for w in spin], p.WORLD_FRAME, physicsClientId=client)

    def read(self, raw: Array, sensed: Array) -> None:
        """Write the raw states of all actors into `raw`, and the count of contacts per sensor into `sensed`."""
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
        """Yield Bullet's number of each body that has joints, and its hinges."""
        return zip(self._bodies, self._hinges, strict=False)

    def _count(self, points: Sequence[Any]) -> list[int]:
        """Return the count of contacts of each sensor, as plain ints: numpy is slower for single numbers."""
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
