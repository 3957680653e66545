"""Drawing of chart panels: grids, thinned lines, bands, axis labels and legends."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from dohyo.cli.chart_style import TIP, drawing, to_svg

POINTS = 400
"""Most points of a line: more cannot be told apart, and fewer keep the page small."""
FEW = 30
"""Most points of a line that are marked with dots."""
TIPS = 50
"""Most points of a line that show their values under the mouse."""
MILLIONS = "samples, millions"


@dataclass(frozen=True)
class Chart:
    """A finished chart of a page."""

    svg: str
    alt: str
    """Description of the chart in words."""
    caption: str


def chart(figure: Figure, name: str, alt: str, caption: str) -> Chart:
    """Return a finished figure as a chart; `name` is its unique name on the page."""
    return Chart(to_svg(figure, name), alt, caption)


@contextmanager
def grid(count: int, *, columns: int = 2, height: float = 2.8) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a figure with `count` panels, at most `columns` in a row; rows are `height` inches high."""
    columns = min(count, columns)
    rows = -(-count // columns)
    with drawing(rows, columns, height=height * rows) as (figure, panels):
        for spare in panels[count:]:
            spare.remove()
        yield figure, panels[:count]


def line(panel: Axes, x: Sequence[float], y: Sequence[float], label: str, colour: str | None = None) -> None:
    """Draw one line with at most `POINTS` points."""
    keep = chosen(len(x))
    [drawn] = panel.plot(np.asarray(x)[keep], np.asarray(y)[keep], label=label, marker="." if len(keep) <= FEW else "")
    if colour is not None:
        drawn.set_color(colour)
    add_tips(
        panel, [(x[k], y[k], f"{label}: {y[k]:.4g} at {x[k]:.4g}") for k in _thinned(keep, TIPS)], drawn.get_color()
    )


def add_tips(panel: Axes, tips: Sequence[tuple[float, float, str]], colour: Any) -> None:
    """Add spots that are seen only under the mouse, with a text each: (x, y, text)."""
    x, y, texts = zip(*tips, strict=True) if tips else ((), (), ())
    panel.scatter(x, y, s=80, color=colour, alpha=0, zorder=3).set_urls([f"{TIP}{text}" for text in texts])


def _thinned(indices: list[int], count: int) -> list[int]:
    """Return at most `count` of the indices, evenly spread, including the first and the last."""
    return [indices[k] for k in np.unique(np.linspace(0, len(indices) - 1, min(count, len(indices))).astype(int))]


def band(panel: Axes, x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> None:
    """Shade the band between two lines."""
    keep = chosen(len(x))
    at, bottom, top = (np.asarray(values)[keep] for values in (x, low, high))
    panel.fill_between(at, bottom, top, color=colour, alpha=0.15, linewidth=0)


def chosen(count: int) -> list[int]:
    """Return the indices of at most `POINTS` of `count` points, evenly spread, including the first and the last."""
    return _thinned(list(range(count)), POINTS)


def name(panel: Axes, title: str, x: str, y: str, *, share: bool = False) -> None:
    """Set title and axis labels of a panel; x starts at 0, and the y axis of a `share` goes from 0 to 100 %."""
    panel.set(title=title, xlabel=x, ylabel=y)
    panel.set_xlim(left=0)
    if share:
        panel.set_ylim(-0.03, 1.03)
        panel.yaxis.set_major_formatter(PercentFormatter(1.0))


def legend(panel: Axes, wanted: bool = True, columns: int = 1) -> None:
    """Add a legend if it is wanted and the panel has labels."""
    if wanted and panel.get_legend_handles_labels()[0]:
        panel.legend(ncols=columns, fontsize=8)


def ends(series: Iterable[tuple[str, Sequence[float]]], unit: str = "") -> str:
    """Return a sentence with the first and the last value of each series."""
    parts = [f"{label} from {y[0]:.3g}{unit} to {y[-1]:.3g}{unit}" for label, y in series if len(y)]
    return "; ".join(parts) + "." if parts else "Nothing was recorded."
