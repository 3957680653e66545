"""Two sides in turn, A B A B …: figures of every round, their medians, spreads and ratios, as a table."""

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Figures = Mapping[str, float]
Run = Callable[[], Figures]


@dataclass(frozen=True)
class Row:
    """One figure of both sides over all rounds."""

    case: str
    figure: str
    first: tuple[float, ...]
    second: tuple[float, ...]

    @property
    def ratios(self) -> list[float]:
        """The first side's figure over the second's, round by round."""
        return [a / b if b else float("nan") for a, b in zip(self.first, self.second, strict=True)]


def measure(
    case: str, sides: tuple[Run, Run], rounds: int, kept: Path, tell: Callable[[str], None] = lambda text: None
) -> list[Row]:
    """Run both sides in turn until there are `rounds` rounds; those in the file `kept` count, and new ones go there."""
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    while len(done) < rounds:
        row = [dict(side()) for side in sides]
        done.append(row)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with kept.open("a") as file:
            file.write(f"{json.dumps(row)}\n")
        tell(f"{case}, round {len(done)} of {rounds}")
    done = done[:rounds]
    shared = [name for name in done[0][0] if name in done[0][1]]
    return [Row(case, name, *(tuple(row[side][name] for row in done) for side in (0, 1))) for name in shared]


def table(rows: Sequence[Row], names: tuple[str, str]) -> str:
    """Return a Markdown table: medians, in brackets least and greatest, and the median of the ratios."""
    lines = [f"| case | figure | {names[0]} | {names[1]} | ratio |", "|---|---|---|---|---|"]
    for row in rows:
        cells = [row.case, row.figure, *map(spread, (row.first, row.second, row.ratios))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Return median, least and greatest of values with three digits, such as `1.2 [1.1, 1.3]`."""
    middle, low, high = (_digits(value) for value in (median(values), min(values), max(values)))
    return middle if len(values) == 1 else f"{middle} [{low}, {high}]"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def probe(command: Sequence[str]) -> Figures:
    """Run a probe in a single-threaded environment and return the figures of its last line."""
    done = subprocess.run(command, env=single(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def whole(command: Sequence[str]) -> Figures:
    """Run a command to its end; return processor and wall time of the process, s."""
    wall, before = time.perf_counter(), os.times()
    done = subprocess.run(command, env=single(), capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - wall, os.times()
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip().splitlines()[-1:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {"cpu_s": used, "wall_s": wall}


def single() -> dict[str, str]:
    """Return an environment in which numerical libraries use one thread."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
