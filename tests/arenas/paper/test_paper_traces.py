"""Traces of another rebuild of the 2017 environments: the results of single control steps, number by number.

A file's name says the arena; `--traces FOLDER` says where the files are. They are data about published environments
and no part of the project.
"""

import re
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from dohyo.arenas import ARENAS, make_batch
from dohyo.arenas.batch import Batch
from dohyo.arenas.rules.arena import NOBODY, layout

DERIVED = {"inertia", "motion", "drive", "force", "rotation", "other force"}
"""Entries of an observation that the control step before has left, and that a state does not determine."""
SHOWN = {"goalpost", "0/wind", "1/wind"}
"""Geoms that the originals have to be seen alone: they neither weigh nor collide."""
COUNTS = {"body": "nbody", "joint": "njnt", "geom": "ngeom"}
KINDS = ("ant", "bug", "spider")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    folder = Path(metafunc.config.getoption("traces"))
    if "trace" in metafunc.fixturenames:
        files = sorted(folder.glob("*.npz"))
        missing = [pytest.param(None, marks=pytest.mark.skip(f"no traces in {folder}: give --traces FOLDER"))]
        metafunc.parametrize("trace", files or missing, ids=lambda f: f.stem if f else "none", indirect=True)


@pytest.fixture(scope="module")
def trace(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Batch]:
    """The arrays of a file, and a batch with a world for each of its rows."""
    with np.load(request.param) as file:
        rows = dict(file)
    arena, body = which(request.param.stem)
    return rows, make_batch(arena, body, worlds=len(rows["done"]), workers=2, autoreset=False)


def which(stem: str) -> tuple[str, str | None]:
    """Return the arena and bodies for a name such as `sumo-ants` or `robosumo-ant-vs-bug`."""
    words = re.findall(r"[a-z]+", stem.lower())
    if words[0] == "robosumo":
        found = [kind for word in words[1:] for kind in KINDS if word.rstrip("s") == kind] or ["ant"]
        return "paper/robosumo", ",".join(f"robosumo_{kind}" for kind in (found * 2)[:2])
    name = "-".join(words)
    return max((f for f in ARENAS if f"paper/{name}-".startswith(f"{f}-")), key=len), None


def test_names_of_files_are_understood():
    assert which("sumo-humans") == ("paper/sumo-humans", None)
    assert which("you-shall-not-pass-humans-v0") == ("paper/you-shall-not-pass", None)
    assert which("robosumo-ant") == ("paper/robosumo", "robosumo_ant,robosumo_ant")
    assert which("RoboSumo-Ant-vs-Spider-v0") == ("paper/robosumo", "robosumo_ant,robosumo_spider")


def assert_same(ours: np.ndarray, theirs: np.ndarray, what: str) -> None:
    """Equal to 1e-6, absolute, or relative above 1."""
    wrong = np.abs(ours - theirs) > 1e-6 * np.maximum(1, np.abs(theirs))
    assert ours.shape == theirs.shape, what
    assert not wrong.any(), f"{what}: {wrong.sum()} of {wrong.size} differ, first at {np.argwhere(wrong)[0]}"


def take_up(rows: dict[str, Any], batch: Batch) -> None:
    """Put every world into the state of its row."""
    arena, frame, ids = batch.arena, batch.engine.frame, np.arange(batch.worlds)
    batch.reset(0)
    radius = rows.get("before_radius", np.ones(batch.worlds))
    batch.engine.reset(ids, rows["before_qpos"], rows["before_qvel"], radius, rows["before_qacc_warmstart"])
    for key, name in (("steps", "steps"), ("radius", "radius"), ("touched", "touched"), ("keeper_touched", "saved")):
        if f"before_{key}" in rows and hasattr(arena, name):
            getattr(arena, name)[:] = rows[f"before_{key}"]
    if "before_x" in rows and rows["before_x"].ndim == 2:
        frame.com[:, :, 0] = rows["before_x"]


def test_states_before_are_seen_alike(trace):
    rows, batch = trace
    take_up(rows, batch)
    batch.arena.observe(batch.engine.frame, batch.observations)
    for seat in (0, 1):
        for name, at in layout(batch.arena.entries(seat)).items():
            if name not in DERIVED and f"before_obs{seat}" in rows:
                assert_same(batch.observations[seat][:, at], rows[f"before_obs{seat}"][:, at], f"{name} of seat {seat}")


def test_a_control_step(trace):
    rows, batch = trace
    take_up(rows, batch)
    step = batch.step([rows["action0"], rows["action1"]])
    frame, arena = batch.engine.frame, batch.arena
    assert_same(frame.qpos, rows["qpos"], "positions")
    assert_same(frame.qvel, rows["qvel"], "velocities")
    assert np.array_equal(step.done, rows["done"])
    winner = np.full(batch.worlds, NOBODY)
    winner[step.finished.ids] = step.finished.winner
    for seat in (0, 1):
        for name, at in layout(arena.entries(seat)).items():
            assert_same(step.observation[seat][:, at], rows[f"obs{seat}"][:, at], f"{name} of seat {seat}")
        # Where both are flagged, as in RoboSumo when both are out at once, nobody has won.
        assert np.array_equal(winner == seat, rows[f"winner{seat}"] & ~rows[f"winner{1 - seat}"])
        assert_same(step.outcome[:, seat], rows[f"reward_outcome{seat}"], "outcome")
        moved = sum(term[:, seat] for name, term in step.terms.items() if name not in arena.aside)
        assert_same(moved + step.outcome[:, seat], rows[f"reward{seat}"], "reward")


def seat_names(names: np.ndarray) -> list[str]:
    """Names with only the seat's number as prefix; bodies without a name in the originals have arbitrary numbers."""
    return ["" if "anon" in name else re.sub(r"^[a-z]+(\d)/", r"\1/", name) for name in names.tolist()]


def inertia(moments: np.ndarray, quaternions: np.ndarray) -> np.ndarray:
    """Tensors in the bodies' frames: the order of principal axes is free."""
    axes = np.zeros((len(moments), 9))
    for matrix, quaternion in zip(axes, quaternions, strict=True):
        mujoco.mju_quat2Mat(matrix, quaternion)
    axes = axes.reshape(-1, 3, 3)
    return np.einsum("bij,bj,bkj->bik", axes, moments, axes)


def test_the_compiled_scene(trace):
    rows, batch = trace
    model = batch.arena.scene.model
    solid = [k for k, name in enumerate(seat_names(rows["geom_names"])) if name not in SHOWN]
    for kind, theirs in (
        ("body", rows["body_names"]),
        ("joint", rows["joint_names"]),
        ("geom", rows["geom_names"][solid]),
    ):
        ours = np.array([getattr(model, kind)(i).name for i in range(getattr(model, COUNTS[kind]))])
        assert seat_names(ours) == seat_names(theirs), kind
    assert_same(model.body_mass, rows["body_mass"], "masses")
    assert_same(model.body_ipos, rows["body_ipos"], "centres of mass")
    ours, theirs = (
        inertia(*pair) for pair in ((model.body_inertia, model.body_iquat), (rows["body_inertia"], rows["body_iquat"]))
    )
    assert_same(ours, theirs, "inertias")
    assert np.array_equal(model.jnt_qposadr, rows["joint_qposadr"])
    assert_same(model.geom_margin, rows["geom_margin"][solid], "margins")
