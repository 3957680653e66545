"""Seeds of a run's streams: independent of each other, and the same as ever for runs that began before."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from doubles import tiny_config

from dohyo.curricula.run.config_file import read_config
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.seeds import added, derived
from dohyo.curricula.training.training import Training

OLD = Path(__file__).parents[2] / "data" / "runs_0_1" / "mlp"
RunMain = Callable[..., tuple[int, str, str]]


def starts(path: Path, seed: int, seeding: int = 2) -> set[bytes]:
    """What both seats of a run's 16 worlds see first."""
    with closing(RunFolder.create_or_resume(path, tiny_config(worlds=16, seed=seed, mirror=1.0))) as folder:
        folder.config = replace(folder.config, seeding=seeding)
        training = Training(folder)
        seen = {row.tobytes() for row in training.lineages[0].collector.vec.reset()}
        training.close()
    assert len(seen) == 32
    return seen


def test_neighbouring_seeds_start_no_world_alike(tmp_path: Path):
    assert not starts(tmp_path / "0", 0) & starts(tmp_path / "1", 1)


def test_runs_of_version_0_1_keep_their_starts(tmp_path: Path):
    """There world w of seed s is world 0 of seed s + w: runs of neighbouring seeds share all worlds but one."""
    shared = starts(tmp_path / "0", 0, seeding=1) & starts(tmp_path / "1", 1, seeding=1)
    assert len(shared) == 30


def test_streams_are_children_of_the_seeds_sequence():
    """Against NumPy's own way to children: `spawn`."""
    learner = np.random.SeedSequence(5).spawn(4)[3]
    purposes = learner.spawn(4)
    wanted = [int(child.generate_state(1, np.uint64)[0]) for child in purposes]
    sessions = [int(child.spawn(3)[2].generate_state(1, np.uint64)[0]) for child in purposes]
    assert astuple(derived(5, 3, 2, worlds=64)) == (
        wanted[0] >> 32,
        wanted[1] >> 32,
        sessions[2] >> 2,
        sessions[3] >> 2,
    )


def test_no_two_streams_are_alike():
    runs = [derived(*key, 64) for key in product(range(8), range(4), range(4))]
    assert len({run.bouts for run in runs} | {run.opponents for run in runs}) == 2 * 8 * 4 * 4
    bouts = sorted(run.bouts for run in runs)
    assert min(np.diff(bouts)) > 100_000  # no world of one session is a world of another, whatever their number
    for one in ("learner", "restarts"):
        assert len({getattr(run, one) for run in runs}) == 8 * 4  # the same in every session


def test_seeds_fit_those_who_take_them():
    large = [derived(seed, learner, 9, 64) for seed in (0, 2**64) for learner in range(100)]
    assert all(0 <= s.learner < 2**32 and 0 <= s.bouts < 2**62 and 0 <= s.opponents < 2**62 for s in large)


def test_sums_of_version_0_1():
    assert astuple(added(3, 1, session=2, worlds=4)) == (4, 1_000_006, 1_000_014, 1_000_014)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    shutil.copytree(OLD, tmp_path / "old")
    return tmp_path / "old"


def test_an_old_run_keeps_its_seeding(old: Path, tmp_path: Path, run_main: RunMain):
    config = old / "config.json"
    assert "seeding" not in json.loads(config.read_text())
    status, _, errors = run_main("train", "--config", str(config), "--samples", "2000", "--out", str(old), "--json")
    assert status == 0, errors
    assert json.loads(config.read_text())["seeding"] == 1
    assert "seeding" not in read_config(config), "a new run with the settings of an old one has seeds of today"


def test_a_new_run_records_its_seeding(tmp_path: Path):
    RunFolder.create_or_resume(tmp_path, tiny_config()).close()
    assert json.loads((tmp_path / "config.json").read_text())["seeding"] == 2
