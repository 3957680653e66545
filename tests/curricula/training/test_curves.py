"""Curves: how training bouts ended, counted by hand."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from doubles import Constant, FloatArray, StubBatch

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.arenas.arrays import IntArray
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation
from dohyo.curricula.training.curves import BoutCounts, CurvesFile


class Strong(Constant):
    """Opponents that push with 0.5."""

    def __init__(self) -> None:
        super().__init__(0.5)

    def assign(self, worlds: IntArray) -> None:
        pass

    def note(self, bouts: EndedBouts) -> None:
        pass

    def act(self, observation: FloatArray, worlds: IntArray | None = None) -> FloatArray:
        return super().act(observation)


def test_bouts_are_counted_for_the_learner_whatever_its_side():
    # World 0 is mirrored (a draw every 2 steps), worlds 1 and 2 meet opponents: bouts of 1 and of 2 steps.
    vec = SeatVec(StubBatch([[2], [1], [2]]), Strong(), mirrored=1, reward_scale=1)
    watch = BoutCounts(vec.batch.endings)
    vec.report_to(watch.add)
    vec.reset()
    for last in (0, 0, 1, 1):  # slots: world 0 twice, then 1 and 2; a push of 1 beats 0.5, none does not
        vec.step(np.repeat(np.array([[0], [0], [1], [last]], np.float32), 2, axis=1))
    curves = watch.curves()
    # World 0: 2 draws. World 1: 4 wins, on alternating sides. World 2: a loss at step 1, a win at step 3.
    assert curves["bouts"] == 8
    assert curves["draws"] == pytest.approx(2 / 8)
    assert curves["wins_against_past"] == pytest.approx(5 / 6)
    assert curves["bout_steps"] == pytest.approx((2 + 2 + 4 * 1 + 2 + 2) / 8)
    assert curves["ending/pushed"] == pytest.approx(6 / 8)
    assert curves["ending/even"] == pytest.approx(2 / 8)
    watch.clear()
    assert watch.curves() == {"bouts": 0}


def test_ended_bouts_are_told_once_with_the_seat_in_which_they_were_played():
    """Worlds as above; in world 1, which begins in seat 1, the learner changes sides after every step."""
    told: list[EndedBouts] = []
    vec = SeatVec(StubBatch([[2], [1], [2]]), Strong(), mirrored=1, reward_scale=1)
    vec.report_to(told.append)
    vec.reset()
    for _ in range(2):
        vec.step(np.repeat(np.array([[0], [0], [1], [0]], np.float32), 2, axis=1))
    first, second = told
    assert (first.worlds.tolist(), first.side.tolist(), first.winner.tolist()) == ([1], [1], [1])
    assert (second.worlds.tolist(), second.side.tolist()) == ([0, 1, 2], [-1, 0, 0])
    assert (second.winner.tolist(), second.steps.tolist()) == ([-1, 0, 1], [2, 1, 2])
    assert second.against_opponents().results.tolist() == [1, -1]


HEAD = "learner,generation,snapshot,samples,seconds,alpha"
ROWS = ["sumo,0,a,0,0.0,1.0", "sumo,1,b,96,2.0,0.5"]


def test_the_csv_file_mirrors_the_record(tmp_path: Path):
    with closing(RunFolder.create_or_resume(tmp_path / "run", TrainConfig())) as folder:
        path = folder.path / "curves.csv"
        first, second = CurvesFile(folder), CurvesFile(folder)
        folder.record.add_generation(Generation("sumo", 0, "a", 0, 0.04, {"alpha": 1.0}))
        for curves in (first, first, second):  # writing again, or in another session, doubles nothing
            curves.update()
            assert path.read_text().splitlines() == [HEAD, ROWS[0]]
        folder.record.add_generation(Generation("sumo", 1, "b", 96, 2.0, {"alpha": 0.5}))
        before = path.stat().st_ino
        first.update()
        assert path.read_text().splitlines() == [HEAD, *ROWS]
        assert path.stat().st_ino == before  # a row was appended
        folder.record.add_generation(Generation("sumo", 2, "c", 192, 3.0, {"draws": 0.25, "alpha": 0.5}))
        first.update()
        rows = [f"{HEAD},draws", *(f"{row}," for row in ROWS), "sumo,2,c,192,3.0,0.5,0.25"]
        assert path.read_text().splitlines() == rows


@pytest.mark.parametrize("torn", [None, b"", b"learner,gen", b"learner,generation\nsumo,0,a,0,0.", b"\xff\x00"])
def test_a_session_mends_what_a_kill_has_left(tmp_path: Path, torn: bytes | None):
    with closing(RunFolder.create_or_resume(tmp_path / "run", TrainConfig())) as folder:
        folder.record.add_generation(Generation("sumo", 0, "a", 0, 0.04, {"alpha": 1.0}))
        path = folder.path / "curves.csv"
        if torn is not None:
            path.write_bytes(torn)
        curves = CurvesFile(folder)
        curves.update()
        assert path.read_text().splitlines() == [HEAD, ROWS[0]]
        path.unlink()
        curves.update()
        assert path.read_text().splitlines() == [HEAD, ROWS[0]]


def test_a_full_disk_tears_a_line_that_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with closing(RunFolder.create_or_resume(tmp_path / "run", TrainConfig())) as folder:
        curves, path = CurvesFile(folder), folder.path / "curves.csv"
        folder.record.add_generation(Generation("sumo", 0, "a", 0, 0.04, {"alpha": 1.0}))
        curves.update()
        folder.record.add_generation(Generation("sumo", 1, "b", 96, 2.0, {"alpha": 0.5}))
        with monkeypatch.context() as full:

            def fail(self: Path, mode: str) -> None:
                with open(self, mode) as file:
                    file.write(b"sumo,1,b")
                raise OSError(28, "No space left on device")

            full.setattr(Path, "open", fail)
            with pytest.raises(DohyoError, match="make room"):
                curves.update()
        assert path.read_text().splitlines() == [HEAD, ROWS[0], "sumo,1,b"]
        curves.update()
        assert path.read_text().splitlines() == [HEAD, *ROWS]
