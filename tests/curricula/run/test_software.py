"""The software versions and the machine that a run records."""

import json
import platform
from pathlib import Path

import mujoco
import numpy as np
import pytest
import torch
from doubles import shorten_bouts, tiny_config

from dohyo.arenas.errors import DohyoError
from dohyo.arenas.physics import cores
from dohyo.curricula.run import software as versions
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.software import installed, machine, note_versions, read_versions
from dohyo.curricula.training.training import Training


def test_what_is_installed():
    found = installed()
    assert found["python"] == platform.python_version()
    assert (found["numpy"], found["mujoco"]) == (np.__version__, mujoco.__version__)
    assert torch.__version__.startswith(found["torch"].partition("+")[0])
    assert set(installed(("numpy", "no-such-package"))) == {"python", "numpy"}


def test_a_session_is_written_down_when_something_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert read_versions(tmp_path) == []
    for samples, numpy in ((0, "2.0"), (500, "2.0"), (700, "2.1"), (900, "2.0")):
        monkeypatch.setattr(versions, "installed", lambda numpy=numpy: {"numpy": numpy})
        note_versions(tmp_path, samples)
    assert [(session.samples, session.versions) for session in read_versions(tmp_path)] == [
        (0, {"numpy": "2.0"}),
        (700, {"numpy": "2.1"}),
        (900, {"numpy": "2.0"}),
    ]


def test_a_session_on_another_machine_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The file of a run that an older version began names no machine."""
    (tmp_path / "versions.json").write_text(json.dumps([{"samples": 0, "versions": installed()}]))
    for samples, named in ((100, "small"), (200, "small"), (300, "large")):
        monkeypatch.setattr(versions, "machine", lambda named=named: named)
        note_versions(tmp_path, samples)
    assert [(session.samples, session.machine) for session in read_versions(tmp_path)] == [
        (0, ""),
        (100, "small"),
        (300, "large"),
    ]


def test_the_machine_is_named_by_its_processor():
    *processor, number = machine().split(", ")
    assert ", ".join(processor)
    assert number == ("1 core" if cores() == 1 else f"{cores()} cores")


def test_a_run_may_go_on_with_other_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    for samples, mine in ((1, "0.1"), (97, "0.2")):
        monkeypatch.setattr(versions, "installed", lambda mine=mine: {"dohyo": mine})
        folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(samples=samples))
        Training(folder).run()
        folder.close()
    sessions = [(session.samples, session.versions) for session in read_versions(tmp_path / "run")]
    assert sessions == [(0, {"dohyo": "0.1"}), (96, {"dohyo": "0.2"})]


BAD = [
    "",
    "[",
    "3",
    "[{}]",
    "[1]",
    '[{"samples": "many", "versions": {}}]',
    '[{"samples": 0, "versions": {}, "machine": 1}]',
]


@pytest.mark.parametrize("content", BAD)
def test_versions_that_cannot_be_read(tmp_path: Path, content: str):
    (tmp_path / "versions.json").write_text(content)
    with pytest.raises(DohyoError, match="remove it, nothing else depends on it"):
        note_versions(tmp_path, 0)
    assert (tmp_path / "versions.json").read_text() == content


def test_the_file_is_plain(tmp_path: Path):
    note_versions(tmp_path, 7)
    [entry] = json.loads((tmp_path / "versions.json").read_text())
    assert entry == {"samples": 7, "versions": installed(), "machine": machine()}
