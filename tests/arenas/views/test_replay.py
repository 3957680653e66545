"""Replays: what both engines did, what a file keeps, and files that are none."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from states import ENGINES

from dohyo.arenas import ARENAS, make_batch, render
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.views.camera import Camera
from dohyo.arenas.views.render import draw
from dohyo.arenas.views.replay import ARRAYS, Recorder, Replay, actors, pose, stage
from dohyo.arenas.views.replay_file import load_replay, save_replay


def record(arena: str = "sumo", engine: str = "mujoco", steps: int = 12) -> tuple[Replay, list[np.ndarray], np.ndarray]:
    """A bout with noise: its replay, the seats' root positions at each row, and a picture of the last."""
    batch = make_batch(arena, engine=engine, worlds=1, autoreset=False, max_cycles=steps)
    batch.reset(3)
    noise = np.random.default_rng(0)
    recorder = Recorder(batch, ["a", "b"], body="ant", engine=engine, seed=3)
    roots = [batch.engine.frame.root_position[0].copy()]
    for _ in range(steps):
        step = batch.step([noise.uniform(-1, 1, (1, *space.shape)) for space in batch.action_spaces])
        recorder.add(step)
        roots.append(batch.engine.frame.root_position[0].copy())
    camera = Camera.around(5.0)
    picture = render(batch.arena, batch.engine.frame, camera=camera)
    batch.close()
    return recorder.replay(), roots, picture


@pytest.mark.parametrize("engine", ENGINES)
def test_a_replay_holds_the_poses_of_its_engine(engine: str):
    replay, roots, picture = record(engine=engine)
    assert replay.steps == 12
    assert replay.about.ending == "time-out"
    assert replay.about.winner is None
    for row, root in enumerate(roots):
        assert actors(replay, row) == pytest.approx(root, abs=1e-5)
    assert replay.outcome[:-1].any() == 0
    # Drawn again from the replay alone, the last row is the engine's own picture.
    again = draw(model := stage(replay), pose(replay, model, 12), replay.marks, Camera.around(5.0), 480, 360)
    assert np.abs(again.astype(int) - picture.astype(int)).mean() < 0.5
    first = draw(model, pose(replay, model, 0), replay.marks, Camera.around(5.0), 480, 360)
    assert np.abs(first.astype(int) - picture.astype(int)).mean() > 0.5


@pytest.mark.parametrize("arena", sorted(ARENAS))
def test_every_arena_is_kept_by_a_file(arena: str, tmp_path: Path):
    batch = make_batch(arena, engine="mujoco" if "mujoco" in ARENAS[arena].engines else None, worlds=1, autoreset=False)
    batch.reset(0)
    recorder = Recorder(batch, list(batch.seats), body="b", engine="e", seed=0)
    recorder.add(batch.step([np.zeros((1, *space.shape)) for space in batch.action_spaces]))
    batch.close()
    replay = recorder.replay()
    save_replay(tmp_path / "new" / "bout.npz", replay)
    loaded = load_replay(tmp_path / "new" / "bout.npz")
    assert loaded.about == replay.about
    assert loaded.marks == replay.marks
    for name in ARRAYS:
        assert np.array_equal(getattr(loaded, name), getattr(replay, name)), name
    assert stage(loaded).ngeom == 1 + len(loaded.geom_body)


def test_nothing_is_recorded_before_a_step():
    batch = make_batch("sumo", engine="mujoco", worlds=1)
    batch.reset(0)
    with pytest.raises(DohyoError, match="nothing is recorded"):
        Recorder(batch, ["a", "b"], body="ant", engine="mujoco", seed=0).replay()
    batch.close()


def damaged(arrays: dict[str, np.ndarray], about: dict[str, object]) -> dict[str, dict[str, object]]:
    """Entries that make a good file a bad one, by what the error says."""
    number = arrays["position"].copy()
    number[0, 0, 0] = np.nan
    return {
        "format is 9": {"format": 9},
        "allow_pickle": {"about": np.array([{}], object)},
        "should be float32": {"position": arrays["position"].astype(float)},
        r"quaternion should be": {"quaternion": arrays["quaternion"][1:]},
        "impossible numbers": {"position": number},
        "no body": {"geom_body": arrays["geom_body"] + 1000},
        "unknown shape": {"geom_type": arrays["geom_type"] * 0},
        "unit quaternion": {"quaternion": arrays["quaternion"] * 0},
        "impossible radius": {"about": json.dumps(about | {"marks": [{**about["marks"][0], "radius": [1, 2]}]})},
        "no text": {"about": json.dumps(about | {"players": [1, 2]})},
        "control_step": {"about": json.dumps(about | {"control_step": 0})},
        "unexpected keyword": {"about": json.dumps(about | {"more": 0})},
    }


def test_files_that_are_no_replay(tmp_path: Path):
    replay, *_ = record(steps=2)
    path = tmp_path / "bout.npz"
    save_replay(path, replay)
    good = path.read_bytes()
    with np.load(path) as file:
        entries = dict(file)
    for message, change in damaged(entries, json.loads(str(entries["about"]))).items():
        np.savez(path, **(entries | change))
        with pytest.raises(DohyoError, match=message) as caught:
            load_replay(path)
        assert "\n" not in str(caught.value)
    for content in (b"", b"PK", good[: len(good) // 2], b"\x93NUMPY"):
        path.write_bytes(content)
        with pytest.raises(DohyoError, match="replay"):
            load_replay(path)
    with pytest.raises(DohyoError, match="cannot read"):
        load_replay(tmp_path / "missing.npz")


def test_a_file_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("position.npy", bytes(2000))
    (tmp_path / "big.npz").write_bytes(content.getvalue())
    monkeypatch.setattr("dohyo.arenas.views.replay_file.LARGEST", 1000)
    with pytest.raises(DohyoError, match="unpacks to more"):
        load_replay(tmp_path / "big.npz")


def test_a_place_that_cannot_be_written(tmp_path: Path):
    replay, *_ = record(steps=1)
    (tmp_path / "file").touch()
    with pytest.raises(DohyoError, match="cannot write"):
        save_replay(tmp_path / "file" / "bout.npz", replace(replay))
