"""A run that has lost its record, or a part of it, is refused and not changed."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from doubles import tiny_config

from dohyo.arenas import DohyoError
from dohyo.curricula.run.folder import RunFolder


def files(run: Path) -> set[str]:
    return {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file() and path.name != "lock"}


def refuse(run: Path, match: str) -> None:
    """Assert that training refuses the run and deletes nothing."""
    before = {name for name in files(run) if "sqlite" not in name}
    with pytest.raises(DohyoError, match=match) as caught:
        RunFolder.create_or_resume(run, tiny_config())
    assert "\n" not in str(caught.value)
    assert {name for name in files(run) if "sqlite" not in name} == before


def test_without_its_record_a_run_is_refused_and_none_is_made(run_folder: Path):
    (run_folder / "league.sqlite").unlink()
    refuse(run_folder, "league.sqlite.*is missing or empty.*restore")
    with pytest.raises(DohyoError, match="is missing or empty"):
        RunFolder.open(run_folder)
    assert not (run_folder / "league.sqlite").exists()


def test_an_emptied_record_is_refused(run_folder: Path):
    """The file is not written, so that restoring the log beside it still works."""
    record = run_folder / "league.sqlite"
    record.write_bytes(b"")
    refuse(run_folder, "league.sqlite.*is missing or empty.*restore")
    with pytest.raises(DohyoError, match="is missing or empty"):
        RunFolder.open(run_folder)
    assert record.read_bytes() == b""


def test_a_record_without_tables_is_refused(run_folder: Path):
    """So is what a copy of the file alone holds where all rows lie in the log."""
    (run_folder / "league.sqlite").unlink()
    with closing(sqlite3.connect(run_folder / "league.sqlite")) as db:
        db.execute("pragma journal_mode=wal")
    before = (run_folder / "league.sqlite").read_bytes()
    refuse(run_folder, "league.sqlite.*is missing or empty.*restore")
    assert (run_folder / "league.sqlite").read_bytes() == before


def test_without_its_settings_a_run_is_refused(run_folder: Path):
    (run_folder / "config.json").unlink()
    refuse(run_folder, "config.json.*is missing.*restore")
    (run_folder / "league.sqlite").unlink()
    refuse(run_folder, "config.json.*is missing.*restore")
    assert not (run_folder / "league.sqlite").exists()


def test_a_record_that_lost_rows_is_refused(run_folder: Path):
    with closing(sqlite3.connect(run_folder / "league.sqlite")) as db, db:
        db.execute("delete from generations where generation > 0")
    refuse(run_folder, "generation 3, but.*ends at 0")


def test_a_copy_without_the_log_is_whole(run_folder: Path, tmp_path: Path):
    """Also while the run is open, when its newest rows would lie in the log alone."""
    with closing(RunFolder.open(run_folder)) as folder:
        chain = folder.record.generations()
        folder.record.add_generation(chain[-1].__class__("sumo", 4, "s4", 400, 9.0, {}))
        log = run_folder / "league.sqlite-wal"
        assert not log.exists() or log.stat().st_size == 0
        shutil.copytree(run_folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*-wal", "*-shm", "lock"))
        with closing(RunFolder.open(tmp_path / "copy")) as copy:
            assert len(copy.record.generations()) == len(chain) + 1


def test_a_run_on_read_only_storage_is_read(run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Where nothing can be written not even the log's index is made."""
    before = files(run_folder)
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with closing(RunFolder.open(run_folder)) as folder:
        assert [link.generation for link in folder.record.generations()] == [0, 1, 2, 3]
        assert files(run_folder) == before
    (run_folder / "league.sqlite-wal").write_bytes(b"rows")
    with pytest.raises(DohyoError, match="copy the run"):
        RunFolder.open(run_folder)
