"""Probe: a training run with its ratings. Argument: a JSON object of `samples` and other settings of `TrainConfig`.

Figures: processor time of the process tree per sample, us; samples per second of wall time; the ratings' share of the
processor time. Building the run is not part of them, generation 0 and all ratings are.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from probing import first, tell, tree_seconds

TrainConfig = first("dohyo.curricula.run.config:TrainConfig", "dohyo.curricula.run:TrainConfig")
RunFolder = first("dohyo.curricula.run.folder:RunFolder", "dohyo.curricula.run:RunFolder")
Training = first("dohyo.curricula.training.training:Training", "dohyo.curricula.train:Training")
Referee = first("dohyo.curricula.ratings.referee:Referee", "dohyo.curricula.rated:Referee")


class Meter:
    """Processor time in rated bouts."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._play = Referee.play

    def install(self) -> None:
        """Measure every call of `Referee.play`, by which all rated bouts are played."""

        def play(referee: Any, *args: Any, **keywords: Any) -> Any:
            start = tree_seconds()
            try:
                return self._play(referee, *args, **keywords)
            finally:
                self.seconds += tree_seconds() - start

        Referee.play = play


def main() -> None:
    """Train and print the figures."""
    settings = {"engine": "mujoco", "minutes": None} | json.loads(sys.argv[1])
    meter, samples = Meter(), list[int]()
    meter.install()
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.create_or_resume(Path(scratch) / "run", TrainConfig(**settings))
        training = Training(folder, lambda progress: samples.append(progress.samples))
        wall, cpu = time.perf_counter(), tree_seconds()
        training.run()
        wall, cpu = time.perf_counter() - wall, tree_seconds() - cpu
        folder.close()
    tell(
        cpu_us_per_sample=cpu / samples[-1] * 1e6,
        samples_per_s=samples[-1] / wall,
        ratings_share=meter.seconds / cpu,
        samples=samples[-1],
    )


if __name__ == "__main__":
    main()
