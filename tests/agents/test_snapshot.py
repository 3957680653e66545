"""Snapshots: they are read as written; damaged files are refused, no code runs, and writes are atomic."""

import errno
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from doubles import ORIGIN, PART, network, snapshot
from safetensors.numpy import save, save_file
from small_disk import small_disk

from dohyo.agents.files import write_atomically
from dohyo.agents.snapshot import FORMAT, Part, SnapshotError, load_snapshot, make_snapshot, save_snapshot
from dohyo.arenas.errors import DohyoError
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import digest


def refuse(path: Path) -> str:
    """Return the message for a refused file: one line that names the file."""
    with pytest.raises(SnapshotError) as caught:
        load_snapshot(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_round_trip_is_exact(tmp_path: Path):
    written = snapshot()
    read = load_snapshot(save_snapshot(written, tmp_path))
    assert read.origin == written.origin == ORIGIN
    assert read.digest == written.digest
    assert {n: t.tobytes() for n, t in read.tensors.items()} == {n: t.tobytes() for n, t in network().items()}
    observation = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    assert read.policy().act(observation).tobytes() == written.policy().act(observation).tobytes()


def test_tensors_that_lie_otherwise_in_memory_are_saved_as_well(tmp_path: Path):
    turned = {name: np.asfortranarray(tensor) for name, tensor in network().items()}
    assert not turned["weight_0"].flags["C_CONTIGUOUS"]
    read = load_snapshot(save_snapshot(make_snapshot(ORIGIN, turned), tmp_path))
    np.testing.assert_array_equal(read.tensors["weight_0"], network()["weight_0"])


def test_a_file_is_named_by_its_content(tmp_path: Path):
    one, same, weights, origin = snapshot(), snapshot(), snapshot(seed=1), snapshot(samples=7)
    path = save_snapshot(one, tmp_path)
    assert path.name == f"{one.name}.safetensors"
    assert len(one.name) == 16
    assert one.digest.startswith(one.name)
    assert same.name == one.name
    assert len({one.name, weights.name, origin.name}) == 3


def test_names_stay_as_they_were_before_origins_had_more_to_say():
    assert snapshot().name == "66bde4962c1567cf"


def test_whether_actions_are_clipped_is_kept(tmp_path: Path):
    loud = network() | {"bias_1": np.array([70, -70], np.float32)}
    observation = np.zeros((1, 3), np.float32)
    for clipped, largest in ((True, 1), (False, 50)):
        read = load_snapshot(save_snapshot(make_snapshot(replace(ORIGIN, clipped=clipped), loud), tmp_path))
        assert read.origin.clipped is clipped
        assert abs(read.policy().act(observation)).max() >= largest
        assert bool(abs(read.policy().act(observation)).max() <= 1) is clipped


def test_saving_twice_changes_nothing(tmp_path: Path):
    path = save_snapshot(snapshot(), tmp_path)
    before = path.stat()
    assert save_snapshot(snapshot(), tmp_path) == path
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert list(tmp_path.iterdir()) == [path]


def test_a_snapshot_cannot_be_written_to():
    taken = snapshot()
    with pytest.raises(ValueError, match="read-only"):
        taken.tensors["mean"][0] = 1


@pytest.mark.parametrize("keep", [0, 1, 7, 8, 9, 100, 0.5, 0.9, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: float):
    path = save_snapshot(snapshot(), tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    assert "truncated" in refuse(path)


def test_no_byte_can_be_changed(tmp_path: Path):
    path = save_snapshot(snapshot(), tmp_path)
    content = path.read_bytes()
    for k in range(len(content)):
        for flip in (1, 255):
            path.write_bytes(content[:k] + bytes([content[k] ^ flip]) + content[k + 1 :])
            refuse(path)


def test_edits_are_told_from_truncation(tmp_path: Path):
    path = save_snapshot(snapshot(), tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:-4] + bytes([content[-4] ^ 1]) + content[-3:])  # the last bit of a weight's mantissa
    assert "changed after it was saved" in refuse(path)
    edited = content.replace(b'\\"samples\\": 5', b'\\"samples\\": 6')
    assert edited != content
    path.write_bytes(edited)
    assert "changed after it was saved" in refuse(path)


def write_foreign(path: Path) -> None:
    save_file({"weight": np.ones(3, np.float32)}, path)


def write_foreign_metadata(path: Path) -> None:
    save_file({"weight": np.ones(3, np.float32)}, path, {"format": "pt"})


def write_text(path: Path) -> None:
    path.write_text("The quick brown fox jumps over the lazy dog\n" * 10)


def write_nothing(path: Path) -> None:
    path.touch()


def write_folder(path: Path) -> None:
    path.mkdir()


def write_no_file(path: Path) -> None:
    pass


def write_torch(path: Path) -> None:
    torch.save({"mean": torch.zeros(3)}, path)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (write_foreign, "not a Dohyo snapshot"),
        (write_foreign_metadata, "not a Dohyo snapshot"),
        (write_text, "not a snapshot"),
        (write_nothing, "not a snapshot"),
        (write_torch, "not a snapshot"),
        (write_folder, "cannot read"),
        (write_no_file, "No such file"),
    ],
)
def test_what_is_no_snapshot_is_refused(tmp_path: Path, write: Callable[[Path], None], said: str):
    write(tmp_path / "x.safetensors")
    assert said in refuse(tmp_path / "x.safetensors")


class Bomb:
    """An object that creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_is_not_run(tmp_path: Path):
    trace, path = tmp_path / "it ran", tmp_path / "x.safetensors"
    path.write_bytes(pickle.dumps(Bomb(trace)))
    refuse(path)
    assert not trace.exists()
    pickle.loads(path.read_bytes())  # the bomb is live
    assert trace.exists()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_numbers_are_refused(tmp_path: Path, bad: float):
    tensors = network()
    tensors["weight_0"][1, 2] = bad
    assert "finite" in refuse(save_snapshot(make_snapshot(ORIGIN, tensors), tmp_path))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mean", (4,)),
        ("weight_0", (4, 2)),
        ("weight_0", (12,)),
        ("bias_0", (3,)),
        ("weight_1", (3, 4)),
        ("log_std", (1,)),
    ],
)
def test_shapes_that_do_not_fit_are_refused(tmp_path: Path, name: str, shape: tuple[int, ...]):
    tensors = network() | {name: np.zeros(shape, np.float32)}
    assert "do not fit" in refuse(save_snapshot(make_snapshot(ORIGIN, tensors), tmp_path))


@pytest.mark.parametrize("missing", ["mean", "bias_1", "weight_0", "log_std"])
def test_missing_and_extra_tensors_are_refused(tmp_path: Path, missing: str):
    tensors = network()
    tensors["extra"] = tensors.pop(missing)
    assert "damaged header" in refuse(save_snapshot(make_snapshot(ORIGIN, tensors), tmp_path))


def test_other_kinds_of_number_are_refused(tmp_path: Path):
    doubles = {name: tensor.astype(np.float64) for name, tensor in network().items()}
    metadata = {"format": FORMAT, "digest": snapshot().digest, "origin": json.dumps(asdict(ORIGIN))}
    path = tmp_path / "x.safetensors"
    path.write_bytes(save(doubles, metadata))
    assert "float32" in refuse(path)


def test_a_snapshot_plays_its_own_arena_only():
    taken = snapshot()
    taken.check_plays(PART)
    for field in ("arena", "role", "body", "drive"):
        with pytest.raises(
            SnapshotError, match=r"plays sumo as sumo with body ant and drive target, not.* other"
        ) as caught:
            taken.check_plays(replace(PART, **{field: "other"}))
        assert "\n" not in str(caught.value)
    with pytest.raises(SnapshotError, match=r"another layout \(01234567, here 76543210\)"):
        taken.check_plays(replace(PART, layout="76543210"))


def test_a_policy_of_two_roles_plays_either():
    passing = build_arena("you_shall_not_pass")
    part = Part.of(passing, 0, 1)
    assert part.role == "blocker+runner"
    taken = snapshot(part=part)
    for seat in (0, 1):
        taken.check_plays(Part.of(passing, seat))
    with pytest.raises(SnapshotError, match="plays you_shall_not_pass as blocker with"):
        snapshot(part=Part.of(passing, 0)).check_plays(Part.of(passing, 1))


def test_a_part_tells_layouts_apart():
    ants = build_arena("sumo")
    part = Part.of(ants, 1)
    assert (part.arena, part.role, part.body, part.drive) == ("sumo", "sumo", "ant", "target")
    assert part == Part.of(ants, 0)
    entries = ants.entries(0)
    changed = [[*entries[1:], entries[0]], entries[1:], [replace(entries[0], unit="cm"), *entries[1:]]]
    assert len({digest(e) for e in (entries, *changed)}) == 4


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kept = tmp_path / "kept"
    write_atomically(kept, b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DohyoError, match=r"No space left on device.*make room") as caught:
        write_atomically(kept, b"after")
    assert "\n" not in str(caught.value)
    with pytest.raises(DohyoError, match="No space left"):
        save_snapshot(snapshot(), tmp_path)
    assert kept.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [kept]


def test_a_disk_that_is_really_full(tmp_path: Path):
    with small_disk(tmp_path / "disk", 64) as disk:
        first = save_snapshot(snapshot(), disk)
        large = make_snapshot(ORIGIN, network(width=8192))  # some 200 kB
        with pytest.raises(DohyoError, match="No space left on device"):
            save_snapshot(large, disk)
        with pytest.raises(DohyoError, match="No space left on device"):
            write_atomically(first, bytes(100_000))
        assert list(disk.iterdir()) == [first]
        assert load_snapshot(first).digest == snapshot().digest


def test_files_take_their_permissions_from_the_umask(tmp_path: Path):
    before = os.umask(0o027)
    try:
        path = save_snapshot(snapshot(), tmp_path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_is_not_there(tmp_path: Path):
    with pytest.raises(DohyoError, match="cannot write"):
        save_snapshot(snapshot(), tmp_path / "nowhere")
