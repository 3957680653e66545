"""Folders of results: each holds one kind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import tiny_config

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.evaluation.crossplay import CrossConfig, Crossplay
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.studies.study_folder import StudyConfig, StudyFolder

OPEN: dict[str, Callable[[Path], RunFolder | StudyFolder | Crossplay]] = {
    "training run": lambda path: RunFolder.create_or_resume(path, tiny_config()),
    "study": lambda path: StudyFolder(path, StudyConfig("delta", engine="mujoco", samples=60)),
    "cross-play": lambda path: Crossplay(path, CrossConfig("sumo", "ant", "mujoco")),
}


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("other", OPEN)
def test_a_folder_is_taken_up_by_its_own_kind_alone(tmp_path: Path, kind: str, other: str):
    OPEN[kind](tmp_path).close()
    before = sorted(tmp_path.rglob("*"))
    if other == kind:
        OPEN[other](tmp_path).close()
    else:
        with pytest.raises(DohyoError, match=f"{tmp_path.name} holds a {kind}, not a {other}: choose another folder"):
            OPEN[other](tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
