"""Curves of a run: statistics of training bouts, and the CSV file with all curves."""

import csv
import io
from collections.abc import Sequence

import numpy as np

from dohyo.agents.files import write_atomically
from dohyo.agents.learning.bouts import EndedBouts
from dohyo.arenas.errors import DohyoError
from dohyo.curricula.opponents.payoffs import WIN
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation


class BoutCounts:
    """Counts training bouts: lengths, draws, rewards, endings, and wins against opponents."""

    def __init__(self, endings: Sequence[str]) -> None:
        self._names = endings
        self.clear()

    def clear(self) -> None:
        """Reset all counts."""
        self._steps: list[int] = []
        self._draws: list[bool] = []
        self._wins: list[bool] = []
        self._dense: list[float] = []
        self._endings = np.zeros(len(self._names), int)

    def add(self, bouts: EndedBouts) -> None:
        """Count bouts that have ended."""
        self._steps += bouts.steps.tolist()
        self._draws += bouts.drawn.tolist()
        self._dense += bouts.dense.tolist()
        self._wins += (bouts.against_opponents().results == WIN).tolist()
        np.add.at(self._endings, bouts.ending, 1)

    def curves(self) -> dict[str, float]:
        """Return means over the bouts since `clear`; a curve without bouts is left out."""
        curves = {"bouts": float(len(self._steps))}
        if self._steps:
            curves |= {
                "bout_steps": float(np.mean(self._steps)),
                "draws": float(np.mean(self._draws)),
                "dense_return": float(np.mean(self._dense)),
            }
            shares = self._endings / len(self._steps)
            curves |= {f"ending/{name}": float(x) for name, x in zip(self._names, shares, strict=True)}
        if self._wins:
            curves["wins_against_past"] = float(np.mean(self._wins))
        return curves


class CurvesFile:
    """The file `curves.csv`: a row per generation, from the run's record.

    A session first writes the whole file, which repairs what a kill left, and then appends. A new curve needs a new
    column, so the whole file is written again.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._path, self._record = folder.path / "curves.csv", folder.record
        self._keys: list[str] = []
        self._rows = 0

    def update(self) -> None:
        """Update the file; raises `DohyoError` if it cannot be written."""
        links = self._record.generations()
        new = links[self._rows :]
        if (
            not self._rows
            or not self._path.exists()
            or not {key for link in new for key in link.curves} <= {*self._keys}
        ):
            self._keys = list(dict.fromkeys(key for link in links for key in link.curves))
            write_atomically(self._path, self._text(links, head=True))
        elif new:
            self._append(self._text(new, head=False))
        self._rows = len(links)

    def _append(self, content: bytes) -> None:
        rows, self._rows = self._rows, 0  # the next write repairs a line cut off by a failed write
        try:
            with self._path.open("ab") as file:
                file.write(content)
        except OSError as error:
            raise DohyoError(
                f"cannot write {self._path}: {error.strerror}; make room, then resume: nothing is lost"
            ) from error
        self._rows = rows

    def _text(self, links: Sequence[Generation], *, head: bool) -> bytes:
        text = io.StringIO()
        writer = csv.DictWriter(text, ["learner", "generation", "snapshot", "samples", "seconds", *self._keys])
        if head:
            writer.writeheader()
        for g in links:
            row = {"learner": g.learner, "generation": g.generation, "snapshot": g.snapshot, "samples": g.samples}
            writer.writerow(row | {"seconds": round(g.seconds, 1)} | g.curves)
        return text.getvalue().encode()
