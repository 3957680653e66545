"""The style of all charts, for picture files and for SVG inside a light or dark page."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cycler import cycler
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dohyo.arenas.views.colours import SERIES
from dohyo.curricula.evaluation.plots import save_figure

INK, MUTED, GRID = "#202932", "#66727f", "#dfe4e9"
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.5), (2, 1.2), (6, 1.5, 1.5, 1.5))
"""Dash patterns of lines, so that lines do not differ in colour alone."""
VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--grid"} | {c: f"--series-{k}" for k, c in enumerate(SERIES)}
"""The page's CSS variable for each colour."""

TIP = "tip:"
"""Beginning of the address of a spot that shows the rest of the address as a text under the mouse, see `to_svg`."""

STYLE = {
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=SERIES) + cycler(linestyle=[(0, dash) if dash else "-" for dash in DASHES * 2]),
    "grid.color": GRID,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "legend.frameon": False,
    "legend.handlelength": 3,
    "lines.linewidth": 1.6,
    "svg.fonttype": "none",
    "svg.hashsalt": "dohyo",
}


def colour(k: int) -> str:
    """Return the colour of the k-th series; colours repeat after the last."""
    return SERIES[k % len(SERIES)]


@contextmanager
def drawing(
    rows: int = 1, columns: int = 1, *, height: float = 3.0, width: float = 9.0
) -> Iterator[tuple[Figure, list[Axes]]]:
    """Yield a new figure of `width` by `height` inches and its panels, row by row, in the style of all charts."""
    with style.context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def save(figure: Figure, path: Path) -> None:
    """Write a figure to a file with one of the suffixes `dohyo.cli.options.CHARTS`."""
    with style.context(STYLE):
        save_figure(figure, path, dpi=150)


def to_svg(figure: Figure, name: str) -> str:
    """Return a figure as SVG for a page.

    Its colours are the page's CSS variables (`VARIABLES`), its texts are text elements, and its ids begin with `name`,
    so that they are unique on the page. Spots with an address that begins with `TIP` get the rest as a title.
    """
    text = io.StringIO()
    with style.context(STYLE):
        figure.savefig(
            text, format="svg", transparent=True, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type"))
        )
    svg = text.getvalue()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
    svg = re.sub(
        rf'<a xlink:href="{TIP}([^"]*)"[^>]*>(.*?)</a>', r'<g class="tip"><title>\1</title>\2</g>', svg, flags=re.DOTALL
    )
    for known, variable in VARIABLES.items():
        svg = svg.replace(known, f"var({variable})")
    return svg
