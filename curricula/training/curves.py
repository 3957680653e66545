"""Curves of a run: what the training bouts were like, and the CSV file that mirrors the league's record."""

import csv
import io

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from dohyo.agents.files import write_atomically
from dohyo.agents.learning.vec_env import SeatVec
from dohyo.curricula.run.folder import RunFolder


class BoutWatch(BaseCallback):
    """Counts how training bouts end, apart for mirror bouts and for bouts against the past."""

    def __init__(self, vec: SeatVec) -> None:
        super().__init__()
        self._vec = vec
        self.clear()

    def clear(self) -> None:
        """Forget what was counted."""
        self._steps: list[int] = []
        self._draws: list[bool] = []
        self._wins: list[bool] = []
        self._dense: list[float] = []
        self._endings = np.zeros(len(self._vec.batch.endings), int)

    def _on_step(self) -> bool:
        step = self._vec.last
        if step is not None and len(step.finished.ids):
            finished = step.finished
            self._steps += finished.steps.tolist()
            self._draws += (finished.winner < 0).tolist()
            np.add.at(self._endings, finished.ending, 1)
            past = finished.ids >= self._vec.mirrored
            seat = self._vec.seat_before(finished.ids[past])
            self._wins += (finished.winner[past] == seat).tolist()
            own = finished.dense[past, seat]  # against itself the learner earns what both seats do
            self._dense += [*finished.dense[~past].mean(axis=1).tolist(), *own.tolist()]
        return True

    def curves(self) -> dict[str, float]:
        """Return means over the bouts since `clear`; what no bout has shown is left out."""
        curves = {"bouts": float(len(self._steps)), "diverged": float(self._vec.batch.diverged)}
        if self._steps:
            curves |= {
                "bout_steps": float(np.mean(self._steps)),
                "draws": float(np.mean(self._draws)),
                "dense_return": float(np.mean(self._dense)),
            }
            shares = self._endings / len(self._steps)
            curves |= {f"ending/{name}": float(x) for name, x in zip(self._vec.batch.endings, shares, strict=True)}
        if self._wins:
            curves["wins_against_past"] = float(np.mean(self._wins))
        return curves


def write_csv(folder: RunFolder) -> None:
    """Write `curves.csv`, a row per generation, from the league's record: nothing lost or doubled by a resume."""
    generations = folder.record.generations()
    keys = list(dict.fromkeys(key for g in generations for key in g.curves))
    text = io.StringIO()
    writer = csv.DictWriter(text, ["learner", "generation", "snapshot", "samples", "seconds", *keys])
    writer.writeheader()
    for g in generations:
        row = {"learner": g.learner, "generation": g.generation, "snapshot": g.snapshot, "samples": g.samples}
        writer.writerow(row | {"seconds": round(g.seconds, 1)} | g.curves)
    write_atomically(folder.path / "curves.csv", text.getvalue().encode())
