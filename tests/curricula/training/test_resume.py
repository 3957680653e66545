"""Runs that are interrupted and resumed, again and again, against the same runs in one session: alike bit for bit."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config, train
from safetensors import safe_open
from safetensors.numpy import save
from training_runs import CYCLES, LSTM, RUNS, in_sessions, outcome

from dohyo.agents.snapshot import SnapshotError
from dohyo.arenas.registry import set_up
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.seeds import derived
from dohyo.curricula.training.training import Training

FAST = [("mujoco", run) for run in ("mlp", "lstm", "quality", "roles", "league with lstm", "randomised")] + [
    ("pybullet", "lstm")
]
PAPER = {"samples": 864, **set_up("paper/sumo-ants")._asdict(), "arena": "paper/sumo-ants"}
"""Observations in double precision, an engine and a frame of its own."""
CASES = [
    pytest.param(run, engine, marks=[] if (engine, run) in FAST else pytest.mark.slow)
    for run in RUNS
    for engine in ("mujoco", "pybullet")
]
CASES.append(pytest.param("paper", "mujoco", marks=pytest.mark.slow))


@pytest.mark.parametrize("turns", [1, pytest.param(3, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("run", "engine"), CASES)
def test_sessions_make_the_run_that_one_session_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: str, engine: str, turns: int
):
    config = tiny_config(**{"samples": 576, "rated_bouts": 0, "engine": engine} | (RUNS | {"paper": PAPER})[run])
    shorten_bouts(monkeypatch, CYCLES, config.arena)
    train(tmp_path / "whole", config)
    in_sessions(tmp_path / "parts", config, turns)
    whole, parts = outcome(tmp_path / "whole"), outcome(tmp_path / "parts")
    assert len(whole["rows"]) >= 7
    for part in whole:
        assert parts[part] == whole[part], part


def test_other_guests_begin_other_bouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch, CYCLES)
    config = tiny_config(rated_bouts=0, guests=("zero",), guest_share=0.5)
    train(tmp_path, config)
    guests = replace(config, samples=576, guests=("random", "zero"))
    with closing(RunFolder.create_or_resume(tmp_path, guests)) as folder:
        training = Training(folder)
        lineage = training.lineages[0]
        assert lineage.learner._ppo._last_obs is None
        assert training._batch.save() == {}
        first, now = (derived(0, 0, session, worlds=4).bouts for session in (0, 4))  # generation 3 is done
        assert lineage.collector.vec._seeds[0] == now != first
        training.run()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pool/met", np.full((2, 4), 9)),
        ("pool/met", np.full((2, 4), -1)),
        ("pool/met", np.zeros((2, 3), np.intp)),
        ("pool/met", None),
        ("pool/chance", None),
        ("pool/chance", np.zeros(3)),
        ("pool/streams", np.zeros((2, 6), np.uint64)),
        ("pool/streams", np.zeros((1, 6), np.uint64)),
        ("pool/memory", np.zeros((3, 0), np.float32)),
        ("pool/memory", np.zeros((4, 0))),
        ("vec/seat", np.full(6, 2)),
        ("vec/seat", np.zeros(5, np.intp)),
        ("vec/seed", None),
        ("batch/length", np.zeros(5, np.intp)),
        ("batch/dice", None),
    ],
)
def test_bouts_that_do_not_fit_are_refused(tmp_path: Path, name: str, value: np.ndarray | None):
    train(tmp_path, tiny_config(samples=1, rated_bouts=0))
    with closing(RunFolder.create_or_resume(tmp_path, tiny_config(rated_bouts=0))) as folder:
        training = Training(folder)
        learner, link = training.lineages[0].learner, folder.record.chain("sumo")[-1]
        path = folder.checkpoint("sumo", link.generation)
        bouts = learner.restore(path)
        if value is None:
            del bouts[name]
        else:
            bouts[name] = value
        learner.save(path, bouts)
        with pytest.raises(SnapshotError, match="cannot resume from") as caught:
            training.lineages[0].resume(replace(link, checkpoint=""))
        assert "\n" not in str(caught.value)
        training.close()


@pytest.mark.parametrize("change", ["seen", "starts", "memory/2"])
def test_slots_that_do_not_fit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str):
    train(tmp_path, tiny_config(samples=1, rated_bouts=0, ppo=LSTM))
    path = tmp_path / "checkpoints" / "sumo.000001.safetensors"
    with safe_open(path, "np") as opened:
        metadata, tensors = opened.metadata(), {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    tensors[f"slots/{change}"] = tensors[f"slots/{change}"][:, :1] if change == "seen" else np.zeros(2)
    path.write_bytes(save(tensors, metadata))
    with closing(RunFolder.create_or_resume(tmp_path, tiny_config(rated_bouts=0, ppo=LSTM))) as folder:
        with pytest.raises(SnapshotError, match="was changed"):
            Training(folder)
        monkeypatch.setattr(RunFolder, "checked_checkpoint", lambda run, link: path)
        with pytest.raises(SnapshotError, match=r"cannot resume from .*does not fit"):
            Training(folder)
