"""Pictures of results, drawn without a display."""

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from dohyo.arenas.errors import DohyoError

if TYPE_CHECKING:
    from dohyo.curricula.evaluation.crosstable import CrossTable

PER_CELL = 0.9
"""Inches of a heat map's side per player."""


def draw_heat_map(table: "CrossTable", path: Path) -> None:
    """Draw the payoffs of a cross-play into a file: blue where the row's player wins, red where it loses."""
    payoff = table.payoff
    rows, columns = payoff.shape
    figure = Figure(figsize=(3.5 + PER_CELL * columns, 2.0 + PER_CELL * rows), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(payoff, cmap="RdBu", vmin=-1, vmax=1)
    axes.set_xticks(range(columns), table.columns, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(rows), table.rows)
    for i in range(rows):
        for j in range(columns):
            if not (table.symmetric and i == j):
                colour = "white" if abs(payoff[i, j]) > 0.6 else "black"
                axes.text(j, i, f"{payoff[i, j]:+.2f}", ha="center", va="center", color=colour)
    axes.set_title("payoff of the row's player: share of wins minus share of losses", fontsize=10)
    figure.colorbar(image, ax=axes, shrink=0.8)
    save_figure(figure, path)


def save_figure(figure: Figure, path: Path, dpi: int = 120) -> None:
    """Write a figure to `path` with `dpi` dots per inch; raises `DohyoError` if it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=dpi)
    except OSError as error:
        raise DohyoError(f"cannot write {path}: {error.strerror}") from error
