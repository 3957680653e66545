"""The output of `dohyo bench --sweep`."""

import json
from dataclasses import asdict

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from dohyo.cli.progress import bar
from dohyo.curricula.bench.sweep import COUNTS, Sweep, sweep
from dohyo.curricula.run.config import TrainConfig


def measure_worlds(config: TrainConfig, generations: int, as_json: bool) -> None:
    """Measure the warp engine over numbers of worlds, and training unless `generations` is 0, and print the result."""
    with bar(as_json) as progress:
        task = progress.add_task("measuring", total=max(map(len, COUNTS.values())))
        measured = sweep(config, generations, lambda: progress.advance(task))
    if as_json:
        typer.echo(json.dumps(asdict(measured)))
        return
    _print(measured, config.worlds)


def _print(measured: Sweep, worlds: int) -> None:
    caption = f"{measured.arena}, {measured.body} on {measured.device}; steps are control steps of one world."
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0), caption=caption)
    for name in ("worlds", "bare engine steps/s", "batch steps/s", "MB/world"):
        table.add_column(name, justify="right")
    for row in measured.rows:
        figures = (f"{row.worlds:,}", f"{row.engine_steps_per_s:,.0f}", f"{row.batch_steps_per_s:,.0f}")
        table.add_row(*figures, f"{row.mb_per_world:.3f}")
    console = Console()
    console.print(table)
    lines = [
        f"First batch ready after {measured.first_step_s:.1f} s, compilation included unless cached.",
        f"Largest difference from MuJoCo in C after a control step: {measured.agreement:.1e}.",
        f"Repeats bit for bit: {'yes' if measured.repeats else 'no'}.",
    ]
    if measured.training_worlds:
        lines.append(
            f"Training: {measured.training:,.0f} samples/s with {measured.training_worlds:,} worlds on "
            f"{measured.device} (rollouts alone {measured.rollouts:,.0f}, updates alone {measured.updates:,.0f}), "
            f"{measured.training_on_cores:,.0f} with {worlds} worlds of engine mujoco on all cores."
        )
    for line in lines:
        console.print(line, soft_wrap=True)
