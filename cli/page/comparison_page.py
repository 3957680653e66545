"""Render the page that compares runs from its template."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dohyo.cli.page.comparison import Comparison, against, met

if TYPE_CHECKING:
    from dohyo.arenas.views.replay import Replay

TEMPLATE = "comparison.html"
NEWEST, SETTINGS, VERSIONS = "Newest snapshots", "Settings that differ", "Versions that differ"


def render(comparison: Comparison, bouts: Sequence[tuple[str, "Replay"]] = (), refresh: int | None = None) -> str:
    """Return the page as HTML; everything that comes from the runs is escaped. See `dohyo.cli.page.page.render`."""
    from dohyo.cli.chart_style import DASHES
    from dohyo.cli.page.comparison_charts import CHARTS
    from dohyo.cli.page.page import common
    from dohyo.cli.page.template import fill

    runs = list(comparison.runs)
    return fill(
        TEMPLATE,
        title=f"{comparison.arena}: {len(runs)} runs",
        lead=f"{', '.join(runs[:-1])} and {runs[-1]}, all in {comparison.arena}.",
        notices=_notices(comparison),
        headings=[*(["Bouts"] if bouts else []), NEWEST, *CHARTS, SETTINGS, VERSIONS],
        charts=[(heading, draw(comparison)) for heading, draw in CHARTS.items()],
        runs=[(run, k, " ".join(f"{2 * part:g}" for part in DASHES[k % len(DASHES)])) for k, run in enumerate(runs)],
        several=len(comparison.learners) > 1,
        references=met(comparison),
        newest=_newest(comparison),
        tables=[(SETTINGS, "setting", comparison.settings()), (VERSIONS, "software", comparison.versions())],
        **common(bouts, refresh),
    )


def _notices(comparison: Comparison) -> list[str]:
    from dohyo.cli.page.log import notices

    said = [f"{run}: {notice}" for run, story in comparison.runs.items() for notice in notices(story)]
    if unlike := comparison.unlike():
        said.insert(
            0,
            f"The runs differ in {' and '.join(unlike)}, so zero and random are not equally strong opponents in all of "
            "them: compare ratings and win rates with care.",
        )
    return said


def _newest(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the rows of the table of newest snapshots, as texts; shares of wins also as numbers."""
    rows = []
    for run, learner, row in comparison.newest():
        story = comparison.runs[run]
        link = story.chains[learner][-1 if row is None else row["generation"]]
        names = [row and against(row, reference) for reference in met(comparison)]
        rows.append(
            {
                "run": run,
                "k": list(comparison.runs).index(run),
                "learner": learner,
                "generation": link.generation,
                "samples": f"{link.samples:,}",
                "minutes": f"{link.seconds / 60:.1f}",
                "used": f"{100 * min(1.0, story.share):.0f} %",
                "rating": "not rated yet" if row is None else f"{row['rating']:.1f}",
                "interval": "" if row is None else f"{row['low']:.1f} to {row['high']:.1f}",
                "wins": [row["win_rate"][name] if row and name else None for name in names],
                "bouts": [row["bouts"][name] if row and name else 0 for name in names],
            }
        )
    return rows
