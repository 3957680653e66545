"""The study of widths from its runs: the bouts that it needs, and its report, table and plots."""

import csv
import io
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dohyo.agents.files import write_atomically
from dohyo.agents.learning.config import PARAMETRIZATIONS, PpoConfig
from dohyo.agents.learning.coordinates import LAYERS, changes
from dohyo.arenas.arrays import Array
from dohyo.arenas.batch import make_batch
from dohyo.curricula.evaluation.crossplay import Crossplay, Entrant
from dohyo.curricula.evaluation.plots import save_figure
from dohyo.curricula.matches.match import share_out
from dohyo.curricula.matches.score import Score
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.studies import alone
from dohyo.curricula.studies.arms import width_arm
from dohyo.curricula.studies.estimate import Estimate, over_seeds, student
from dohyo.curricula.studies.findings import payoffs
from dohyo.curricula.studies.layout import heading, markdown_table, spread
from dohyo.curricula.studies.statement import Statement, claims_table
from dohyo.curricula.studies.study_folder import Match, StudyFolder
from dohyo.curricula.studies.width import Rule, statements

FILES = REPORT, TABLE, RATES_PLOT, COORDINATES_PLOT = "report.md", "runs.csv", "rates.png", "coordinates.png"
STANDARD, MUP = PARAMETRIZATIONS
CHECKED = (64, 128, 256, 512, 1024)
"""Widths of the coordinate check."""
UPDATES, CHECK_WORLDS = 4, 16
"""Updates and worlds of the coordinate check."""
LATEST = 0.1
"""Share of a run's generations, from the end, over which its training return is averaged."""


class WidthReport:
    """The report of a study of widths, after the matches of `alone.schedule`."""

    files = FILES

    def __init__(self, folder: StudyFolder, matches: Crossplay) -> None:
        self._folder, self._matches = folder, matches
        self.widths, self.rates = folder.config.widths, folder.config.rates
        self.rules = {rule: Rule(self.widths, self.rates, self._scores(rule)) for rule in PARAMETRIZATIONS}

    def _scores(self, rule: str) -> Array:
        """Return the payoffs of a rule's runs against the built-in policies together, `[S, W, R]`."""
        return np.array(
            [
                [
                    [self._score(width_arm(rule, width, rate), seed).payoff for rate in self.rates]
                    for width in self.widths
                ]
                for seed in range(self._folder.config.seeds)
            ]
        )

    def _score(self, name: str, seed: int) -> Score:
        one, *others = (alone.score(self._folder, self._matches, name, seed, rival) for rival in alone.OPPONENTS)
        return sum(others, start=one)

    def carried_matches(self) -> list[Match]:
        """Return the matches of `carried_pairs`, `bouts` in all, without which the report cannot be written."""
        bouts, pairs = self._folder.config.bouts, [pair for row in self.carried_pairs() for pair in row]
        return [
            match
            for k, pair in enumerate(pairs)
            for match in self._folder.both_seats(self._matches, pair, share_out(bouts, len(pairs), k))
        ]

    def carried_pairs(self) -> list[list[tuple[Entrant, Entrant]]]:
        """Return the widest runs of muP against those of the standard rule, each at its carried rate, by seeds."""
        chosen = {rule: width_arm(rule, self.widths[-1], found.carried) for rule, found in self.rules.items()}
        seeds = range(self._folder.config.seeds)
        entrant = self._folder.entrant
        return [[(entrant(chosen[MUP], s), entrant(chosen[STANDARD], t)) for t in seeds] for s in seeds]

    @cached_property
    def carried(self) -> Estimate:
        """MuP's payoff against the standard rule at the largest width."""
        table = [[self._matches.both_ways(pair) for pair in row] for row in self.carried_pairs()]
        return over_seeds([payoffs(table)])

    @cached_property
    def statements(self) -> list[Statement]:
        """The claims and their verdicts."""
        return statements(self.rules[STANDARD], self.rules[MUP], self.carried)

    @cached_property
    def coordinates(self) -> dict[str, Array]:
        """The coordinate check by rule, `[widths, updates, layers]`."""
        return {rule: np.array([self._check(rule, width) for width in CHECKED]) for rule in PARAMETRIZATIONS}

    def _check(self, rule: str, width: int) -> Array:
        c = self._folder.config
        batch = make_batch(c.arena, c.body, c.engine, CHECK_WORLDS, workers=c.workers, drive=c.drive, physics=c.physics)
        with closing(batch):
            return changes(batch, PpoConfig(parametrization=rule, width=width), UPDATES)

    def markdown(self) -> str:
        """Return the report as Markdown."""
        ends = ", ".join(f"{rule.at_an_end} under {name}" for name, rule in self.rules.items())
        total = self._folder.config.seeds * len(self.widths)
        lines = [
            *heading(self._folder),
            "",
            "## Claims",
            "",
            *claims_table(self.statements),
            "",
            "A movement is the rise of a line through the widths. A best rate is the peak of a parabola through the",
            f"best rate that was tried and the two beside it. Of {total} seeds and widths, that is the lowest or",
            f"highest in {ends}; the true one may lie beyond.",
            "",
            "## Best rate by width",
            "",
            *self._rates_table(),
            "",
            f"![Payoff by rate]({RATES_PLOT})",
            "",
            "## Coordinate check",
            "",
            f"Root mean square change of each layer's outputs after {UPDATES} updates of {CHECK_WORLDS} worlds:",
            "",
            *self._check_table(),
            "",
            f"![Coordinate check]({COORDINATES_PLOT})",
        ]
        return "\n".join(lines) + "\n"

    def _rates_table(self) -> list[str]:
        rows = []
        for name, rule in self.rules.items():
            for k, width in enumerate(self.widths):
                best = 2 ** float(rule.peaks[:, k].mean())
                rows.append((name, f"{width}", f"{best:.2g}", spread(student(rule.scores[:, k].max(axis=1)))))
        return markdown_table(("rule", "width", "best rate", "payoff at the best rate"), rows)

    def _check_table(self) -> list[str]:
        rows = [
            (rule, f"{width}", *(f"{x:.3f}" for x in found[k, -1]))
            for rule, found in self.coordinates.items()
            for k, width in enumerate(CHECKED)
        ]
        return markdown_table(("rule", "width", *LAYERS), rows)

    def record(self) -> dict[str, Any]:
        """Return the findings for JSON."""
        rules = {
            name: {"peaks": rule.peaks.tolist(), "scores": rule.scores.tolist(), "carried": rule.carried}
            for name, rule in self.rules.items()
        }
        check = {rule: found.tolist() for rule, found in self.coordinates.items()}
        return {
            "widths": self.widths,
            "rates": self.rates,
            "rules": rules,
            "claims": [asdict(s) for s in self.statements],
            "coordinates": {"widths": CHECKED, "layers": LAYERS, "changes": check},
        }

    def write(self) -> None:
        """Write report, table and plots into the study's folder."""
        path = self._folder.path
        write_atomically(path / TABLE, self._table().encode())
        self._plot_rates(path / RATES_PLOT)
        self._plot_coordinates(path / COORDINATES_PLOT)
        write_atomically(path / REPORT, self.markdown().encode())

    def _table(self) -> str:
        """Return the CSV table with one row per run."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("rule", "width", "rate", "seed", "bouts", "wins", "draws", "losses", "training_return"))
        for run in self._folder.runs:
            ppo, score = run.config.ppo, self._score(run.arm, run.seed)
            figures = score.bouts, score.wins, score.draws, score.losses
            returned = _training_return(run.path)
            writer.writerow((ppo.parametrization, ppo.width, ppo.learning_rate, run.seed, *figures, f"{returned:.4g}"))
        return text.getvalue()

    def _plot_rates(self, path: Path) -> None:
        """Draw payoff by rate, a line per width, a panel per rule."""
        figure = Figure(figsize=(9, 4), layout="constrained")
        panels: Sequence[Axes] = figure.subplots(1, 2, sharey=True)
        for axes, (name, rule) in zip(panels, self.rules.items(), strict=True):
            for k, width in enumerate(self.widths):
                axes.plot(self.rates, rule.scores[:, k].mean(axis=0), "o-", label=f"{width}")
            axes.set_xscale("log", base=2)
            axes.set_xticks(self.rates, [f"{rate:g}" for rate in self.rates])
            axes.set_title(name)
            axes.set_xlabel("learning rate")
        panels[0].set_ylabel(f"payoff against {' and '.join(alone.OPPONENTS)}")
        panels[1].legend(title="width")
        save_figure(figure, path)

    def _plot_coordinates(self, path: Path) -> None:
        """Draw the change of every layer by width, a line per update, a row per rule."""
        figure = Figure(figsize=(2.2 * len(LAYERS), 5), layout="constrained")
        grid = figure.subplots(2, len(LAYERS), sharex=True, sharey="col")
        for row, (rule, found) in zip(grid, self.coordinates.items(), strict=True):
            for k, axes in enumerate(row):
                for update in range(UPDATES):
                    axes.plot(CHECKED, found[:, update, k], ".-", label=f"{update + 1}")
                axes.set_xscale("log", base=2)
                axes.set_yscale("log")
                axes.set_title(f"{rule}: {LAYERS[k]}", fontsize=9)
        grid[0][0].legend(title="update", fontsize=7)
        figure.supxlabel("width")
        figure.supylabel("root mean square change")
        save_figure(figure, path)


def _training_return(run: Path) -> float:
    """Return a run's mean dense return in the last tenth of its generations; NaN if no bout has ended in it."""
    with closing(RunFolder.open(run)) as folder:
        paid = [g.curves["dense_return"] for g in folder.record.generations() if "dense_return" in g.curves]
    return mean(paid[-max(1, round(LATEST * len(paid))) :]) if paid else float("nan")
