"""The charts that compare runs: a line per run, the k-th in the k-th colour, and panels for each learner."""

from collections.abc import Callable, Iterable

from matplotlib.axes import Axes

from dohyo.cli.chart_style import colour
from dohyo.cli.page.charts import BOUT_CURVES, UPDATE_CURVES, along
from dohyo.cli.page.comparison import Comparison, against, met
from dohyo.cli.page.panels import MILLIONS, Chart, band, chart, ends, grid, line, name
from dohyo.curricula.matches.intervals import wilson


def ratings(comparison: Comparison) -> Chart | None:
    """Draw the ratings over samples and over minutes, with 95 % intervals."""
    learners, runs = comparison.learners, comparison.runs
    if not any(any(story.rated.values()) for story in runs.values()):
        return None
    series = []
    with grid(2 * len(learners)) as (figure, panels):
        for learner, over_samples, over_time in zip(learners, panels[::2], panels[1::2], strict=True):
            for k, (run, story) in enumerate(runs.items()):
                rows = story.rated.get(learner, [])
                y, low, high = ([row[key] for row in rows] for key in ("rating", "low", "high"))
                for panel, key in ((over_samples, "samples"), (over_time, "minutes")):
                    x = along(story, rows, key)
                    line(panel, x, y, run)  # also an empty line takes the colour of its run
                    band(panel, x, low, high, colour(k))
                series.append((_called(comparison, learner, run), y))
            name(over_samples, _called(comparison, learner, "over samples"), MILLIONS, "rating")
            name(over_time, _called(comparison, learner, "over time"), "minutes of training", "rating")
    caption = "A passive opponent anchors the scale of every run at 25. Bands: 95 % intervals."
    return chart(figure, "ratings", f"Ratings over samples and over minutes: {ends(series)}", caption)


def win_rates(comparison: Comparison) -> Chart | None:
    """Draw the share of wins in rated bouts against each built-in reference."""
    references, learners = met(comparison), comparison.learners
    if not references:
        return None
    series = []
    with grid(len(references) * len(learners)) as (figure, panels):
        places = ((learner, reference) for learner in learners for reference in references)
        for panel, (learner, reference) in zip(panels, places, strict=True):
            for k, (run, story) in enumerate(comparison.runs.items()):
                pairs = [(row, who) for row in story.rated.get(learner, []) if (who := against(row, reference))]
                x, y = [row["samples"] / 1e6 for row, _ in pairs], [row["win_rate"][who] for row, who in pairs]
                spans = [
                    wilson(round(share * row["bouts"][who]), row["bouts"][who])
                    for share, (row, who) in zip(y, pairs, strict=True)
                ]
                line(panel, x, y, run)
                band(panel, x, [low for low, _ in spans], [high for _, high in spans], colour(k))
                series.append((_called(comparison, learner, f"{run} against {reference}"), [100 * s for s in y]))
            name(panel, _called(comparison, learner, f"against {reference}"), MILLIONS, "share of wins", share=True)
    caption = "Rated bouts, always with whole ranges; draws are not wins. Bands: 95 % intervals of the shares (Wilson)."
    return chart(figure, "wins", f"Share of wins over samples: {ends(series, ' %')}", caption)


def dense_share(comparison: Comparison) -> Chart | None:
    """Draw the share of the dense reward."""
    return _curves(comparison, {"alpha": ("dense reward", "its share")}, "curriculum", "The share of the dense reward.")


def training_bouts(comparison: Comparison) -> Chart | None:
    """Draw draws, lengths and dense returns of training bouts."""
    caption = "Means over the training bouts of a generation. Every run trains against its own opponents."
    return _curves(comparison, BOUT_CURVES, "bouts", caption)


def updates(comparison: Comparison) -> Chart | None:
    """Draw the throughput, the noise of the actions and the divergence of updates."""
    return _curves(comparison, UPDATE_CURVES, "updates", "Throughput depends on the machine and on what else it does.")


def _curves(comparison: Comparison, kinds: dict[str, tuple[str, str]], called: str, caption: str) -> Chart | None:
    """Draw the curves of `kinds` that any run has recorded: a panel for each, and for each learner."""
    runs, learners = comparison.runs, comparison.learners
    kinds = {key: words for key, words in kinds.items() if any(story.keys(key) for story in runs.values())}
    if not kinds:
        return None
    series = []
    with grid(len(kinds) * len(learners), columns=max(2, len(kinds)), height=2.6) as (figure, panels):
        places = ((learner, key) for learner in learners for key in kinds)
        for panel, (learner, key) in zip(panels, places, strict=True):
            title, unit = kinds[key]
            for run, y in _draw(panel, comparison, learner, key):
                series.append((_called(comparison, learner, f"{title} of {run}"), y))
            name(panel, _called(comparison, learner, title), MILLIONS, unit, share=key in ("draws", "alpha"))
    return chart(figure, called, f"Over samples: {ends(series)}", caption)


def _draw(panel: Axes, comparison: Comparison, learner: str, key: str) -> Iterable[tuple[str, list[float]]]:
    """Draw a curve of a learner in all runs, and return its values by run."""
    drawn = []
    for run, story in comparison.runs.items():
        x, y = story.series(learner, key) if learner in story.chains else ([], [])
        line(panel, x, y, run)
        drawn.append((run, y))
    return drawn


def _called(comparison: Comparison, learner: str, title: str) -> str:
    """Return a title with the learner's name, if the runs have several learners."""
    return f"{learner}: {title}" if len(comparison.learners) > 1 else title


CHARTS: dict[str, Callable[[Comparison], Chart | None]] = {
    "Ratings": ratings,
    "Wins against built-in players": win_rates,
    "Curriculum": dense_share,
    "Training bouts": training_bouts,
    "Speed and updates": updates,
}
"""Charts by heading, in the order of the page."""
