"""Probe: what a generation costs besides training, at generation 10 and at 2,000 of a run without physics.

Figures: processor time of writing a generation's row with payoffs and curves, and of rating a snapshot, ms.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from probing import first, tell

TrainConfig = first("dohyo.curricula.run.config:TrainConfig", "dohyo.curricula.run:TrainConfig")
RunFolder = first("dohyo.curricula.run.folder:RunFolder", "dohyo.curricula.run:RunFolder")
Generation = first("dohyo.curricula.run.record:Generation", "dohyo.curricula.league:Generation")
Bout = first("dohyo.curricula.matches.match:Bout", "dohyo.curricula.match:Bout")
rate = first("dohyo.curricula.ratings.rating:rate", "dohyo.curricula.ratings:rate")
REFERENCES = (1, 10, 30, 100, 300, 1000, 3000)
CURVES = {f"curve/{k}": 0.123456789 for k in range(24)}
AT = (10, 2000)


def name(generation: int) -> str:
    """Return the name of a generation's snapshot."""
    return f"{generation:016x}"


def curves_writer(folder: Any) -> Callable[[], Any]:
    """Return the function that brings the file of curves up to date."""
    try:
        return first("dohyo.curricula.training.curves:CurvesFile")(folder).update  # type: ignore[no-any-return]
    except ImportError:
        write = first("dohyo.curricula.curves:write_csv")
        return lambda: write(folder)


def main() -> None:
    """Add the generations and print the figures."""
    figures, rng = dict[str, float](), np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as scratch:
        config = TrainConfig(arena="sumo", body="ant", engine="mujoco", minutes=None, samples=10**12)
        folder = RunFolder.create_or_resume(Path(scratch) / "run", config)
        record = getattr(folder, "record", None) or folder.league
        update = curves_writer(folder)
        for generation in range(AT[-1] + 6):
            met = {name(k): (10.0, 5.0, 0.1) for k in range(max(0, generation - 40), generation)}
            row = Generation("sumo", generation, name(generation), generation * 61440, generation * 6.0, CURVES)
            start = time.process_time()
            record.add_generation(row, met)
            update()
            spent = time.process_time() - start
            note(figures, "commit_ms", generation, spent)
            if generation % 10 == 0 or generation in REFERENCES or generation + 5 in AT:
                known = ["zero", "random", *(name(k) for k in REFERENCES if k < generation)]
                for opponent in known:
                    bouts = [Bout(k, k % 2, int(rng.integers(-1, 2)), 100, "fell") for k in range(20)]
                    record.add_match(name(generation), opponent, "mujoco", 0, bouts)
                start = time.process_time()
                played = record.matches("mujoco")
                kept = [m for m in played if m.player == name(generation) or m.player in known]
                rate(known, kept)
                note(figures, "rating_ms", generation, time.process_time() - start)
        folder.close()
    tell(**figures)


def note(figures: dict[str, float], what: str, generation: int, seconds: float) -> None:
    """Keep the least of the times near each of the generations `AT`, ms."""
    for at in AT:
        if at - 5 <= generation <= at + 5:
            key = f"{what}_at_{at}"
            figures[key] = min(figures.get(key, float("inf")), seconds * 1000)


if __name__ == "__main__":
    main()
