"""The report of a study: Markdown, a CSV table and a plot."""

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from dohyo.agents.files import write_atomically
from dohyo.curricula.evaluation.plots import save_figure
from dohyo.curricula.studies.findings import Finding, Result, Scores, findings, results
from dohyo.curricula.studies.layout import heading, markdown_table, spread
from dohyo.curricula.studies.study_folder import StudyFolder

FILES = REPORT, TABLE, PLOT = "report.md", "matches.csv", "payoffs.png"


class StudyReport:
    """The report of a study, computed from the scores of its matches."""

    files = FILES

    def __init__(self, folder: StudyFolder, scores: Scores) -> None:
        self._folder, self._scores = folder, scores
        self.results: list[Result] = results(scores)
        claimed = folder.study.claimed(folder.config.arena, folder.config.body)
        self.findings: list[Finding] = findings(claimed, self.results)

    def write(self) -> None:
        """Write report, table and plot into the study's folder."""
        path = self._folder.path
        write_atomically(path / TABLE, self._table().encode())
        self._plot(path / PLOT)
        write_atomically(path / REPORT, self.markdown().encode())

    def markdown(self) -> str:
        """Return the report as Markdown."""
        field = [result for result in self.results if result.against is None]
        pairs = [result for result in self.results if result.against is not None]
        lines = [
            *heading(self._folder),
            "",
            f"All pairs of seeds played each other. {self._decided()} of the bouts were decided.",
            "",
            "## Each arm against all others",
            "",
            *markdown_table(("arm", *_HEAD, "each seed's payoff", "the paper"), [self._field_row(r) for r in field]),
            "",
            "## Pair by pair",
            "",
            *markdown_table(("arm", "against", *_HEAD), [(r.arm, str(r.against), *_figures(r)) for r in pairs]),
            "",
            "## Claims",
            "",
            *self._claims(),
            "",
            "A payoff is the share of wins minus the share of losses. Its 95 % interval is over seeds, not over bouts:",
            "it shows how far other seeds may lie. If all pairs of seeds have one payoff, it is that of the bouts.",
            "A claim is open while the interval contains zero.",
            "",
            f"![Payoffs]({PLOT})",
        ]
        return "\n".join(lines) + "\n"

    def record(self) -> dict[str, Any]:
        """Return the findings for JSON."""
        return {
            "results": [
                {"arm": r.arm, "against": r.against, **asdict(r.score), "bouts": r.score.bouts}
                | {"payoff": r.payoff.mean, "low": r.payoff.low, "high": r.payoff.high, "by_seed": r.by_seed}
                for r in self.results
            ],
            "claims": [asdict(f.claim) | {"payoff": f.result.payoff.mean, "verdict": f.verdict} for f in self.findings],
        }

    def _field_row(self, result: Result) -> tuple[str, ...]:
        config = self._folder.config
        figures = self._folder.study.published.get((config.arena, config.body), {})
        wins, losses = figures.get(result.arm, (None, None))
        paper = "" if wins is None else f"{wins:.0%} / {losses:.0%}"
        return (result.arm, *_figures(result), ", ".join(f"{x:+.2f}" for x in result.by_seed), paper)

    def _decided(self) -> str:
        scores = [result.score for result in self.results if result.against is None]
        return f"{1 - sum(s.draws for s in scores) / sum(s.bouts for s in scores):.1%}"

    def _claims(self) -> list[str]:
        config = self._folder.config
        if not self.findings:
            return [f"The paper has no figures for {config.arena} with {config.body}, so there are no claims."]
        rows = []
        for finding in self.findings:
            claim, more = finding.claim, "more" if finding.claim.sign > 0 else "less"
            said = f"{claim.arm} wins {more} than it loses against {claim.against or 'the others'}"
            rows.append((said, claim.source, spread(finding.result.payoff), f"**{finding.verdict}**"))
        return markdown_table(("claim", "source", "payoff found", "verdict"), rows)

    def _table(self) -> str:
        """Return the CSV table with one row per pair of runs."""
        text, seen = io.StringIO(), set()
        writer = csv.writer(text)
        writer.writerow(("arm", "seed", "against", "against_seed", "bouts", "wins", "draws", "losses"))
        for (one, two), table in self._scores.items():
            if (two, one) in seen:
                continue
            seen.add((one, two))
            for s, row in enumerate(table):
                for t, score in enumerate(row):
                    writer.writerow((one, s, two, t, score.bouts, score.wins, score.draws, score.losses))
        return text.getvalue()

    def _plot(self, path: Path) -> None:
        """Draw every arm's payoff against all others: interval, mean, and a dot per seed."""
        field = [result for result in self.results if result.against is None]
        figure = Figure(figsize=(2.5 + 1.2 * len(field), 4), layout="constrained")
        axes = figure.subplots()
        axes.axhline(0, color="grey", linewidth=0.8)
        for k, result in enumerate(field):
            payoff = result.payoff
            axes.vlines(k, payoff.low, payoff.high, color="tab:blue")
            axes.plot([k], [payoff.mean], "o", color="tab:blue")
            axes.plot([k + 0.15] * len(result.by_seed), result.by_seed, ".", color="tab:orange")
        axes.set_xticks(range(len(field)), [result.arm for result in field])
        axes.set_xlabel(f"arm of the study {self._folder.config.study!r}")
        axes.set_ylabel("payoff against the other arms")
        save_figure(figure, path)


_HEAD = ("bouts", "wins", "draws", "losses", "payoff, 95 % interval over seeds")


def _figures(result: Result) -> tuple[str, ...]:
    score = result.score
    shares = (f"{count / score.bouts:.1%}" for count in (score.wins, score.draws, score.losses))
    return (f"{score.bouts}", *shares, spread(result.payoff))
