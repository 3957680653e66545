"""Live progress of training on a terminal, or plain lines without one."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich.progress
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from dohyo.curricula.ratings.warning_signs import stalled

if TYPE_CHECKING:
    from dohyo.agents.snapshot import Snapshot
    from dohyo.curricula.evaluation.crossplay import Crossplay, Pair
    from dohyo.curricula.run.config import TrainConfig
    from dohyo.curricula.run.folder import RunFolder
    from dohyo.curricula.training.training import Progress, Training

LINE_EVERY = 30.0
"""Least seconds between two lines without a terminal."""


def bar(quiet: bool) -> rich.progress.Progress:
    """Return a progress bar on standard error that disappears at its end; it shows nothing if `quiet`."""
    return rich.progress.Progress(transient=True, console=Console(stderr=True), disable=quiet)


@contextmanager
def show_progress(title: str, quiet: bool) -> Iterator[Callable[["Progress"], None]]:
    """Yield a function that shows the progress given to it on standard error; it shows nothing if `quiet`."""
    console = Console(stderr=True)
    if quiet:
        yield lambda progress: None
    elif console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            yield lambda progress: live.update(_panel(title, progress))
    else:
        typer.echo(title, err=True)
        yield _Lines()


class _Lines:
    """Prints a line for a new generation, at most every `LINE_EVERY` seconds."""

    def __init__(self) -> None:
        self._last, self._generation = 0.0, -2

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        if progress.generation != self._generation and now - self._last >= LINE_EVERY:
            self._last, self._generation = now, progress.generation
            typer.echo("  ".join(f"{key} {value}" for key, value in _figures(progress)), err=True)


def _panel(title: str, progress: "Progress") -> Group:
    head = Table.grid(padding=(0, 2))
    head.add_row(f"[bold]{title}", ProgressBar(total=1.0, completed=progress.share, width=40), f"{progress.share:.0%}")
    body = Table.grid(padding=(0, 2))
    for key, value in _figures(progress):
        body.add_row(f"[dim]{key}", value)
    return Group(head, body)


def _figures(progress: "Progress") -> list[tuple[str, str]]:
    """Return the figures to show, as pairs of name and text."""
    left = progress.seconds * (1 - progress.share) / progress.share / 60 if progress.share > 0 else None
    rows = [
        ("learner", progress.learner),
        ("generation", f"{progress.generation}" if progress.generation >= 0 else "none yet"),
        ("samples", f"{progress.samples:,}"),
        ("speed", f"{progress.samples_per_s:,.0f} samples/s"),
        ("time left", "not known yet" if left is None else f"{left:.1f} min"),
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


def play_all(crossplay: "Crossplay", matches: "Sequence[tuple[Pair, int]]", quiet: bool) -> None:
    """Play the missing bouts of each pair, with a progress bar unless `quiet`; `matches` has each pair's number."""
    with bar(quiet) as progress:
        task = progress.add_task("playing", total=sum(crossplay.left(*match) for match in matches))
        for match in matches:
            crossplay.play(*match, lambda bout: progress.advance(task))


def train_in(
    out: Path,
    config: "TrainConfig",
    named: Sequence["Snapshot"],
    quiet: bool,
    *,
    restart_schedules: bool = False,
    tracker: str = "",
) -> "Training":
    """Train in the run folder `out` to the end of the budget, with live progress unless `quiet`.

    `named` are the snapshots that the settings name, which are copied to the run. A new run that fails before its first
    generation leaves no folder behind.
    """
    from dohyo.curricula.run.folder import RunFolder
    from dohyo.curricula.training.training import Training

    with (
        closing(RunFolder.create_or_resume(out, config, restart_schedules=restart_schedules)) as folder,
        show_progress(f"{config.arena}, {config.body}, {config.engine}", quiet=quiet) as watch,
    ):
        if not quiet and (said := _describe_schedules(folder)):
            typer.echo(said, err=True)
        try:
            for snapshot in named:
                folder.save_snapshot(snapshot)
            training = Training(folder, watch, tracker)
            training.run()
        except Exception:
            folder.undo()
            raise
    return training


def _describe_schedules(folder: "RunFolder") -> str:
    """Return a sentence on how a changed budget affects the schedules of a resumed run; empty if it does not."""
    from dohyo.curricula.run.budget import schedules_at

    before, now = folder.before, folder.config
    if before is None or not folder.samples or before.schedule_basis == now.schedule_basis:
        return ""
    stood, stands = (schedules_at(config, folder.minutes, folder.samples) for config in (before, now))
    if stood == stands:
        return f"Schedules continue from {stands:.0%}; --restart-schedules makes them follow the whole budget."
    return f"Schedules follow the share of the whole budget again: from {stood:.0%} to {stands:.0%}."
