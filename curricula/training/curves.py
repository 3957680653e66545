"""Curves of a run: what the training bouts were like, and the CSV file that mirrors the run's record."""

import csv
import io

import numpy as np

from dohyo.agents.files import write_atomically
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.curricula.opponents.payoffs import WIN
from dohyo.curricula.run.folder import RunFolder


class BoutWatch:
    """Counts how a vector's training bouts end, apart for mirror bouts and for bouts against the past."""

    def __init__(self, vec: SeatVec) -> None:
        self._batch = vec.batch
        self.clear()
        vec.report_to(self.note)

    def clear(self) -> None:
        """Forget what was counted."""
        self._steps: list[int] = []
        self._draws: list[bool] = []
        self._wins: list[bool] = []
        self._dense: list[float] = []
        self._endings = np.zeros(len(self._batch.endings), int)

    def note(self, bouts: EndedBouts) -> None:
        """Count bouts that have ended."""
        self._steps += bouts.steps.tolist()
        self._draws += bouts.drawn.tolist()
        self._dense += bouts.dense.tolist()
        self._wins += (bouts.against_opponents().results == WIN).tolist()
        np.add.at(self._endings, bouts.ending, 1)

    def curves(self) -> dict[str, float]:
        """Return means over the bouts since `clear`; what no bout has shown is left out."""
        curves = {"bouts": float(len(self._steps)), "diverged": float(self._batch.diverged)}
        if self._steps:
            curves |= {
                "bout_steps": float(np.mean(self._steps)),
                "draws": float(np.mean(self._draws)),
                "dense_return": float(np.mean(self._dense)),
            }
            shares = self._endings / len(self._steps)
            curves |= {f"ending/{name}": float(x) for name, x in zip(self._batch.endings, shares, strict=True)}
        if self._wins:
            curves["wins_against_past"] = float(np.mean(self._wins))
        return curves


def write_csv(folder: RunFolder) -> None:
    """Write `curves.csv`, a row per generation, from the run's record: nothing lost or doubled by a resume."""
    generations = folder.record.generations()
    keys = list(dict.fromkeys(key for g in generations for key in g.curves))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["learner", "generation", "snapshot", "samples", "seconds", *keys])
    writer.writeheader()
    for g in generations:
        row = {"learner": g.learner, "generation": g.generation, "snapshot": g.snapshot, "samples": g.samples}
        writer.writerow(row | {"seconds": round(g.seconds, 1)} | g.curves)
    write_atomically(folder.path / "curves.csv", text.getvalue().encode())
