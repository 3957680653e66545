"""A replay: one bout as arrays, enough to draw it again without its engine, its arena or its players."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, BoolArray
from dohyo.arenas.batch import Batch
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.rules.floor import Mark
from dohyo.arenas.step import Step
from dohyo.arenas.views.common import winners
from dohyo.arenas.views.render import posed

SHAPES = {
    int(getattr(mujoco.mjtGeom, f"mjGEOM_{shape.upper()}")): shape for shape in ("sphere", "capsule", "cylinder", "box")
}
"""Shapes that a replay can hold, by MuJoCo's number."""


@dataclass(frozen=True)
class About:
    """What a replay shows, in words and single numbers."""

    arena: str
    body: str
    engine: str
    seed: int
    control_step: float
    """Length of a control step, s."""
    max_cycles: int
    """Most control steps in a bout."""
    seats: tuple[str, ...]
    """Names of the S seats."""
    players: tuple[str, ...]
    """Who takes each seat."""
    sides: tuple[int, ...]
    """The side of each seat."""
    terms: tuple[str, ...]
    """Names of the K terms of the dense reward."""
    winner: str | None = None
    """Names of the winning seats, with commas; None for a draw and for a bout that was cut short."""
    ending: str | None = None
    """Why the bout ended; None for a bout that was cut short."""


@dataclass(frozen=True)
class Replay:
    """T control steps of B bodies, G geoms, S seats and A actors (the seats, then loose furniture); m and rad.

    Poses, contacts and seats that are out have T + 1 rows: the first is the start of the bout.
    """

    about: About
    marks: tuple[Mark, ...]
    """Shapes painted on the floor."""
    position: NDArray[np.float32]
    """Positions of the bodies in world axes (z up), `[T + 1, B, 3]`; body 0 is the world, which never moves."""
    quaternion: NDArray[np.float32]
    """Orientations of the bodies, (w, x, y, z), `[T + 1, B, 4]`."""
    contact: BoolArray
    """Whether actor i touches actor j, `[T + 1, A, A]`."""
    out: BoolArray
    """Whether a seat has left the bout, `[T + 1, S]`."""
    dense: NDArray[np.float32]
    """Dense reward per step, `[T, S]`."""
    outcome: NDArray[np.float32]
    """Sparse reward per step, `[T, S]`: 0 but in the step that ends the bout."""
    terms: NDArray[np.float32]
    """The dense reward's weighted terms per step, `[T, K, S]`."""
    actor_body: NDArray[np.int32]
    """The root body of each actor, `[A]`."""
    geom_body: NDArray[np.int32]
    """The body that each geom belongs to, `[G]`."""
    geom_type: NDArray[np.int32]
    """Shape of each geom, a key of `SHAPES`, `[G]`."""
    geom_size: NDArray[np.float32]
    """MuJoCo's sizes of each geom: radius, half-length or half-edges, `[G, 3]`."""
    geom_position: NDArray[np.float32]
    """Position in the geom's body, `[G, 3]`."""
    geom_quaternion: NDArray[np.float32]
    """Orientation in the geom's body, `[G, 4]`."""
    geom_rgba: NDArray[np.float32]
    """Colour from 0 to 1, `[G, 4]`."""

    @property
    def steps(self) -> int:
        """T, the number of control steps."""
        return len(self.position) - 1


ARRAYS = tuple(f.name for f in fields(Replay) if f.name not in ("about", "marks"))


class Recorder:
    """Records one bout of world 0 of a batch that has just been reset; `players` are who takes each seat, in words."""

    def __init__(self, batch: Batch, players: Sequence[str], *, body: str, engine: str, seed: int) -> None:
        self._batch, arena = batch, batch.arena
        self._about = About(
            arena.name, body, engine, seed, arena.scene.control_step, arena.max_cycles, tuple(arena.seats),
            tuple(players), tuple(arena.sides), tuple(term.name for term in arena.terms),
        )  # fmt: skip
        self._marks = tuple(arena.marks(0))
        self._geoms = geoms_of(arena.model(0))
        self._geoms["actor_body"] = np.array([actor.root for actor in arena.scene.actors], np.int32)
        self._rows: dict[str, list[NDArray[Any]]] = {name: [] for name in ARRAYS if name not in self._geoms}
        self._look(np.zeros(len(arena.seats), bool))

    def add(self, step: Step) -> None:
        """Record the control step that the batch has just run; it must not have begun the next bout (`autoreset`)."""
        self._look(step.out[0])
        self._rows["dense"].append(step.dense[0].astype(np.float32))
        self._rows["outcome"].append(step.outcome[0].astype(np.float32))
        terms = [step.terms[name][0] for name in self._about.terms]
        self._rows["terms"].append(np.array(terms, np.float32).reshape(len(terms), len(self._about.seats)))
        if step.done[0]:
            end, batch = step.finished, self._batch
            ended = {"winner": winners(batch)[end.winner[0]], "ending": batch.endings[end.ending[0]]}
            self._about = About(**vars(self._about) | ended)

    def _look(self, out: BoolArray) -> None:
        frame = self._batch.engine.frame
        data = posed(self._batch.arena, frame, 0)
        self._rows["position"].append(data.xpos.astype(np.float32))
        self._rows["quaternion"].append(data.xquat.astype(np.float32))
        self._rows["contact"].append(frame.contact[0].copy())
        self._rows["out"].append(out.copy())

    def replay(self) -> Replay:
        """Return what has been recorded so far; raises `DohyoError` before the first step."""
        if not self._rows["dense"]:
            raise DohyoError("nothing is recorded yet: add the steps of a bout first")
        return Replay(self._about, self._marks, **self._geoms, **{k: np.stack(rows) for k, rows in self._rows.items()})


def geoms_of(model: mujoco.MjModel) -> dict[str, NDArray[Any]]:
    """Return the visible geoms of a model as arrays; planes are left out, because the floor is always there."""
    seen = np.flatnonzero(np.isin(model.geom_type, list(SHAPES)) & (model.geom_rgba[:, 3] > 0))
    return {
        "geom_body": model.geom_bodyid[seen].astype(np.int32),
        "geom_type": model.geom_type[seen].astype(np.int32),
        "geom_size": model.geom_size[seen].astype(np.float32),
        "geom_position": model.geom_pos[seen].astype(np.float32),
        "geom_quaternion": model.geom_quat[seen].astype(np.float32),
        "geom_rgba": model.geom_rgba[seen].astype(np.float32),
    }


def stage(replay: Replay) -> mujoco.MjModel:
    """Return a model for pictures: a floor, and every body of the replay as one that is moved by hand (mocap)."""
    spec = mujoco.MjSpec()
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1])
    bodies = [spec.worldbody, *(spec.worldbody.add_body(mocap=True) for _ in range(replay.position.shape[1] - 1))]
    for g, body in enumerate(replay.geom_body):
        bodies[body].add_geom(
            type=mujoco.mjtGeom(int(replay.geom_type[g])),
            size=np.maximum(replay.geom_size[g], 1e-6),
            pos=replay.geom_position[g],
            quat=replay.geom_quaternion[g],
            rgba=replay.geom_rgba[g],
        )
    return spec.compile()


def pose(replay: Replay, model: mujoco.MjModel, row: int) -> mujoco.MjData:
    """Return data of the `stage` model in the poses of one row of the replay."""
    data = mujoco.MjData(model)
    data.mocap_pos[:], data.mocap_quat[:] = replay.position[row, 1:], replay.quaternion[row, 1:]
    mujoco.mj_kinematics(model, data)
    return data


def actors(replay: Replay, row: int) -> Array:
    """Return the positions of the actors in one row, `[A, 3]`."""
    places: Array = replay.position[row, replay.actor_body].astype(float)
    return places


def colours(replay: Replay) -> Array:
    """Return the colours of the seats, those of their roots' geoms, from 0 to 1, `[S, 3]`; grey without a geom."""
    roots = replay.actor_body[: len(replay.about.seats)]
    owned = [np.flatnonzero(replay.geom_body == root) for root in roots]
    rgb: Array = np.array([replay.geom_rgba[geoms[0], :3] if len(geoms) else (0.5,) * 3 for geoms in owned], float)
    return rgb


def verdict(about: About) -> str:
    """Return how a bout ended as a sentence; empty for one that was cut short."""
    if about.ending is None:
        return ""
    return f"{about.winner.replace(',', ', ')} wins: {about.ending}" if about.winner else f"A draw: {about.ending}"
