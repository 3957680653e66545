"""Live progress of a training on the terminal; plain lines where there is no terminal."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from dohyo.curricula.signs import stalled
from dohyo.curricula.train import Progress

LINE_EVERY = 30.0
"""Seconds between lines where nobody looks at a terminal."""


@contextmanager
def show_progress(title: str, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Yield a watcher that shows what it is told on standard error; nothing if `quiet`."""
    console = Console(stderr=True)
    if quiet:
        yield lambda progress: None
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda progress: live.update(_panel(title, progress))
    else:
        yield _Lines()


class _Lines:
    """Prints a line now and then."""

    def __init__(self) -> None:
        self._last, self._generation = 0.0, -2

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.generation != self._generation and now - self._last >= LINE_EVERY:
            self._last, self._generation = now, progress.generation
            typer.echo("  ".join(f"{key} {value}" for key, value in _figures(progress)), err=True)


def _panel(title: str, progress: Progress) -> Group:
    head = Table.grid(padding=(0, 2))
    head.add_row(f"[bold]{title}", ProgressBar(total=1.0, completed=progress.share, width=40), f"{progress.share:.0%}")
    body = Table.grid(padding=(0, 2))
    for key, value in _figures(progress):
        body.add_row(f"[dim]{key}", value)
    return Group(head, body)


def _figures(progress: Progress) -> list[tuple[str, str]]:
    """What is worth knowing while it runs, in order."""
    left = progress.seconds * (1 - progress.share) / progress.share if progress.share > 0 else 0.0
    rows = [
        ("learner", progress.learner),
        ("generation", f"{progress.generation}" if progress.generation >= 0 else "none yet"),
        ("samples", f"{progress.samples:,}"),
        ("speed", f"{progress.samples_per_s:,.0f} samples/s"),
        ("time left", f"{left / 60:.1f} min"),
        ("dense share", f"{progress.alpha:.2f}"),
    ]
    if "draws" in progress.curves:
        draws = progress.curves["draws"]
        rows.append(("draws in training", f"{draws:.0%}{', stalled: bouts are not decided' if stalled(draws) else ''}"))
    if progress.curves.get("diverged"):
        rows.append(("diverged worlds", f"{progress.curves['diverged']:.0f}"))
    if progress.rating is not None:
        rating = progress.rating
        rows.append(("rating", f"{rating.mu:.1f} [{rating.low:.1f}, {rating.high:.1f}]"))
        rows += [(f"wins against {name}", f"{share:.0%}") for name, share in progress.win_rates.items()]
    return rows
