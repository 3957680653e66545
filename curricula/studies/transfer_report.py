"""The study of transfer from its runs: the bouts that it needs on both engines, its report, table and plot."""

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dohyo.agents.files import write_atomically
from dohyo.arenas.arrays import Array
from dohyo.curricula.evaluation.crossplay import Crossplay
from dohyo.curricula.evaluation.plots import save_figure
from dohyo.curricula.studies import alone
from dohyo.curricula.studies.arms import EVERYTHING, NOTHING
from dohyo.curricula.studies.estimate import over_seeds
from dohyo.curricula.studies.findings import Result, payoffs, results
from dohyo.curricula.studies.layout import heading, markdown_table, spread
from dohyo.curricula.studies.statement import Statement, claims_table
from dohyo.curricula.studies.study_folder import StudyFolder
from dohyo.curricula.studies.transfer import Kept, statements

FILES = REPORT, TABLE, PLOT = "report.md", "transfer.csv", "kept.png"


class TransferReport:
    """The report of a study of transfer: matches on the engine of the training (`here`) and on the other (`there`)."""

    files = FILES

    def __init__(self, folder: StudyFolder, here: Crossplay, there: Crossplay) -> None:
        self._folder, self._here, self._there = folder, here, there
        self.arms = list(folder.arms)

    @cached_property
    def kept(self) -> dict[tuple[str, str], Kept]:
        """The win rates of every arm against each built-in policy on both engines, by arm and opponent."""
        return {
            (arm, name): Kept(self._rates(self._here, arm, name), self._rates(self._there, arm, name))
            for arm in self.arms
            for name in alone.OPPONENTS
        }

    def _rates(self, matches: Crossplay, arm: str, opponent: str) -> Array:
        return np.array([alone.score(self._folder, matches, arm, seed, opponent).win_rate for seed in self._seeds])

    @property
    def _engines(self) -> list[str]:
        return [matches.config.engine for matches in (self._here, self._there)]

    @property
    def _seeds(self) -> range:
        return range(self._folder.config.seeds)

    @cached_property
    def duels(self) -> list[Result]:
        """Each arm's result against each other arm and against all, on the other engine."""
        return results(self._folder.scores(self._there))

    @cached_property
    def statements(self) -> list[Statement]:
        """The claims and their verdicts."""
        scores = self._folder.scores(self._there)
        return statements(self.kept, over_seeds([payoffs(scores[EVERYTHING, NOTHING])]))

    def markdown(self) -> str:
        """Return the report as Markdown."""
        engines = f"{self._here.config.engine}, on which every run was trained, and on {self._there.config.engine}"
        lines = [
            *heading(self._folder),
            "",
            f"Win rates are compared between {engines}.",
            "",
            "## Claims",
            "",
            *claims_table(self.statements),
            "",
            "## What is kept",
            "",
            *markdown_table(
                (
                    "arm",
                    "against",
                    *(m.config.engine for m in (self._here, self._there)),
                    "share kept, 95 % over seeds",
                ),
                list(self._kept_rows()),
            ),
            "",
            f"![Share of the win rate that is kept]({PLOT})",
            "",
            f"## Arm against arm on {self._there.config.engine}",
            "",
            *markdown_table(
                ("arm", "bouts", "wins", "draws", "losses", "payoff against all others, 95 % over seeds"),
                [self._duel_row(result) for result in self.duels if result.against is None],
            ),
        ]
        return "\n".join(lines) + "\n"

    def _kept_rows(self) -> Iterator[tuple[str, ...]]:
        for (arm, opponent), kept in self.kept.items():
            rates = (f"{rate.mean():.1%}" for rate in (kept.own, kept.other))
            yield (arm, opponent, *rates, spread(kept.share))

    @staticmethod
    def _duel_row(result: Result) -> tuple[str, ...]:
        score = result.score
        return (result.arm, *map(str, (score.bouts, score.wins, score.draws, score.losses)), spread(result.payoff))

    def record(self) -> dict[str, Any]:
        """Return the findings for JSON."""
        return {
            "engines": self._engines,
            "kept": [
                {"arm": arm, "against": name, "own": kept.own.tolist(), "other": kept.other.tolist()}
                for (arm, name), kept in self.kept.items()
            ],
            "claims": [asdict(statement) for statement in self.statements],
        }

    def write(self) -> None:
        """Write report, table and plot into the study's folder."""
        path = self._folder.path
        write_atomically(path / TABLE, self._table().encode())
        self._plot(path / PLOT)
        write_atomically(path / REPORT, self.markdown().encode())

    def _table(self) -> str:
        """Return the CSV table with one row per run, opponent and engine."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("arm", "seed", "against", "engine", "bouts", "wins", "draws", "losses"))
        for run in self._folder.runs:
            for name in alone.OPPONENTS:
                for matches in (self._here, self._there):
                    score = alone.score(self._folder, matches, run.arm, run.seed, name)
                    counts = score.bouts, score.wins, score.draws, score.losses
                    writer.writerow((run.arm, run.seed, name, matches.config.engine, *counts))
        return text.getvalue()

    def _plot(self, path: Path) -> None:
        """Draw the share that each arm keeps: a dot per seed, and the mean as a line."""
        figure = Figure(figsize=(2.5 + 1.2 * len(self.arms), 4), layout="constrained")
        axes = figure.subplots()
        axes.axhline(1, color="grey", linewidth=0.8)
        for k, name in enumerate(alone.OPPONENTS):
            for x, arm in enumerate(self.arms):
                kept, at = self.kept[arm, name], x + 0.2 * (k - 0.5)
                axes.plot([at] * len(kept.shares), kept.shares, ".", color=f"C{k}", label=name if x == 0 else None)
                axes.plot([at], [kept.share.mean], "_", markersize=16, color=f"C{k}")
        axes.set_xticks(range(len(self.arms)), self.arms)
        axes.set_ylabel(f"share of the win rate kept on {self._there.config.engine}")
        axes.legend(title="against")
        save_figure(figure, path)
