"""Marks at the ends of a peer's iterations, and the figures between the first and the last."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "probes"))

from probing import tell, tree_seconds


class Marks:
    """Wall time, processor time and samples at the end of each iteration."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, int]] = []

    def mark(self, samples: int) -> None:
        """Note the end of an iteration after `samples` samples in all."""
        self._rows.append((time.perf_counter(), tree_seconds(), samples))

    def tell(self) -> None:
        """Print the figures of all iterations but the first."""
        (wall, cpu, samples), *_, (wall_end, cpu_end, samples_end) = self._rows
        done = samples_end - samples
        tell(cpu_us_per_sample=(cpu_end - cpu) / done * 1e6, samples_per_s=done / (wall_end - wall))
