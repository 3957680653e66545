"""A run whose files or rows were changed is refused: changed snapshots never play, are rated or are trained."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dohyo.arenas import DohyoError
from dohyo.curricula.ratings.table import collect
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

OLD_RUN = Path(__file__).parents[2] / "data" / "runs_0_1" / "mlp"


def read(run: Path) -> None:
    with closing(RunFolder.open(run)) as folder:
        folder.latest()
        folder.record.payoffs("sumo")
        collect(folder)


def go_on(run: Path) -> None:
    with closing(RunFolder.create_or_resume(run, tiny_config(samples=289))) as folder:
        training = Training(folder)
        training.close()


def refused(call: Callable[[Path], None], run: Path, match: str) -> None:
    with pytest.raises(DohyoError, match=match) as caught:
        call(run)
    assert "\n" not in str(caught.value)


def names(run: Path) -> list[str]:
    with closing(RunFolder.open(run)) as folder:
        return [link.snapshot for link in folder.record.chain("sumo")]


def test_the_first_snapshot_under_the_newest_ones_name(run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    first, *_, newest = names(run_folder)
    snapshots = run_folder / "snapshots"
    shutil.copy(snapshots / f"{first}.safetensors", snapshots / f"{newest}.safetensors")
    refused(read, run_folder, f"holds the snapshot {first}: restore the file of {newest}")


def test_rows_that_name_other_snapshots(tmp_path: Path):
    """In a run of Dohyo 0.1, whose rows have no digests."""
    run = shutil.copytree(OLD_RUN, tmp_path / "run")
    first = names(run)[0]
    for name, match in ((first, "it is generation 0 with 0: restore"), ("../../secret", "is not a snapshot's name")):
        execute(run, "update generations set snapshot = ? where generation = 2", name)
        refused(read, run, match)


def test_a_flipped_bit_in_a_checkpoint(run_folder: Path):
    go_on(run_folder)
    [checkpoint] = (run_folder / "checkpoints").iterdir()
    content = bytearray(checkpoint.read_bytes())
    content[-1] ^= 1
    checkpoint.write_bytes(content)
    refused(go_on, run_folder, "sumo.000003.safetensors: it was changed after it was saved")
    checkpoint.unlink()
    refused(go_on, run_folder, "cannot resume from .*sumo.000003.safetensors: No such file")


@pytest.mark.parametrize("samples", ["77", "-5", "many", "9" * 400])
def test_a_checkpoint_of_another_count(run_folder: Path, samples: str):
    """Also where no digest is known, as in a run of Dohyo 0.1."""
    [checkpoint] = (run_folder / "checkpoints").iterdir()
    with safe_open(checkpoint, "pt") as file:
        metadata = file.metadata()
    save_file(load_file(checkpoint), checkpoint, metadata | {"samples": samples})
    refused(go_on, run_folder, "was changed after it was saved")
    reseal(run_folder)
    refused(go_on, run_folder, "samples|cannot resume")


@pytest.mark.parametrize(
    "change",
    [
        "update generations set samples = 95 where generation = 1",
        "update generations set snapshot = '0123456789abcdef' where generation = 1",
        "update generations set seconds = seconds + 1 where generation = 1",
        """update generations set curves = '{"alpha": 0.5}' where generation = 1""",
        "update generations set checkpoint = '' where generation = 3",
        "update generations set generation = 5 where generation = 3",
        "delete from generations where generation = 1",
        "update payoffs set games = games + 1",
        "delete from payoffs",
        "update bouts set winner = 7 where rowid = 1",
        "update bouts set winner = 0",
        "update bouts set steps = steps + 1 where rowid = 1",
        "update bouts set player = 'somebody' where rowid = 1",
        "update bouts set ending = x'ff' where rowid = 1",
        """delete from bouts where "index" = 3""",
    ],
)
def test_changed_rows(run_folder: Path, change: str):
    read(run_folder)
    execute(run_folder, change)
    refused(read, run_folder, "cannot read the record .*: restore it")


@pytest.mark.parametrize(
    "change",
    [
        "update generations set samples = -5 where generation = 2",
        "update generations set samples = 'many' where generation = 2",
        "update generations set seconds = 'long' where generation = 2",
        "update generations set curves = '[' where generation = 2",
        "update generations set curves = '[1]' where generation = 2",
        """update generations set curves = '{"alpha": "half"}' where generation = 2""",
        "delete from generations where generation = 1",
        "update payoffs set games = -1",
        "update payoffs set quality = 'poor'",
        "update bouts set winner = 7 where rowid = 1",
        "update bouts set seat = -1 where rowid = 1",
        "update bouts set steps = 'few' where rowid = 1",
        """delete from bouts where "index" = 3""",
    ],
)
def test_impossible_rows_of_an_old_run(tmp_path: Path, change: str):
    """They have no digests, but values of a type and in a range."""
    run = shutil.copytree(OLD_RUN, tmp_path / "run")
    read(run)
    execute(run, change)
    refused(read, run, "cannot read the record .*: restore it")


def test_reading_an_old_run_leaves_its_record_as_it_is(tmp_path: Path):
    run = shutil.copytree(OLD_RUN, tmp_path / "run")
    before = (run / "league.sqlite").read_bytes()
    read(run)
    assert (run / "league.sqlite").read_bytes() == before


def test_the_first_row_that_is_written_seals_an_old_run(tmp_path: Path):
    run = shutil.copytree(OLD_RUN, tmp_path / "run")
    with closing(RunFolder.open(run)) as folder:
        before = folder.record.generations(), folder.record.matches("mujoco")
        link = before[0][-1]
        folder.record.add_generation(link.__class__("sumo", 3, link.snapshot, 2880, 9.0, {}, "abc"))
        folder.record.payoffs("sumo")
    with closing(RunFolder.open(run)) as folder:
        *old, new = folder.record.generations()
        assert (old, folder.record.matches("mujoco")) == before
        assert new.checkpoint == "abc"
    execute(run, "update generations set samples = 961 where generation = 1")
    refused(read, run, "the row of sumo's generation 1 was changed")


def execute(run: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(run / "league.sqlite")) as db, db:
        assert db.execute(statement, values).rowcount > 0


def reseal(run: Path) -> None:
    """Make the record one of Dohyo 0.1, without digests."""
    with closing(sqlite3.connect(run / "league.sqlite")) as db, db:
        for table, column in [*(("generations", c) for c in ("checkpoint", "payoffs", "digest")), ("bouts", "digest")]:
            db.execute(f"alter table {table} drop column {column}")
        db.execute("pragma user_version=2")
