"""Probe: where the processor time of training goes. Argument: a JSON object of `samples` and settings of `TrainConfig`.

Figures: processor time per sample, us, of physics, rules and observations, opponents, the update, ratings, the rest of
playing (acting, slots and buffers), and the rest of the run (snapshots, record, curves); `total_us` is their sum. One
worker, so that all of it is in this process.
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probing import first, tell

TrainConfig = first("dohyo.curricula.run.config:TrainConfig", "dohyo.curricula.run:TrainConfig")
RunFolder = first("dohyo.curricula.run.folder:RunFolder", "dohyo.curricula.run:RunFolder")
Training = first("dohyo.curricula.training.training:Training", "dohyo.curricula.train:Training")


class Stopwatch:
    """Processor time by part; while a part calls another one, only the inner one's time runs."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._stack = ["rest_us"]
        self._last = time.process_time()

    def lap(self) -> None:
        """Add the time since the last lap to the running part."""
        now = time.process_time()
        self.seconds[self._stack[-1]] += now - self._last
        self._last = now

    def watch(self, part: str, owner: Any, *names: str) -> None:
        """Let every call of methods of `owner` count for a part."""
        for name in names:
            setattr(owner, name, self._timed(part, getattr(owner, name)))

    def _timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **keywords: Any) -> Any:
            self.lap()
            self._stack.append(part)
            try:
                return call(*args, **keywords)
            finally:
                self.lap()
                self._stack.pop()

        return timed


def install(watch: Stopwatch, training: Any) -> None:
    """Watch the parts of a training."""
    batch = training._batch
    watch.watch("physics_us", batch.engine, "step", "reset")
    watch.watch("rules_us", batch.arena, "judge", "observe", "spawn")
    rated = "play" if hasattr(training._referee, "play") else "rate"
    watch.watch("ratings_us", training._referee, rated)
    for lineage in training.lineages:
        pool = lineage.collector.pool if hasattr(lineage, "collector") else lineage._pool
        watch.watch("opponents_us", pool, "act", "assign")
        watch.watch("playing_us", lineage.learner, "collect")
        watch.watch("update_us", lineage.learner, "learn")


def main() -> None:
    """Train and print the figures."""
    settings = {"engine": "mujoco", "minutes": None, "workers": 1} | json.loads(sys.argv[1])
    samples = list[int]()
    with tempfile.TemporaryDirectory() as scratch:
        folder = RunFolder.create_or_resume(Path(scratch) / "run", TrainConfig(**settings))
        training = Training(folder, lambda progress: samples.append(progress.samples))
        watch = Stopwatch()
        install(watch, training)
        training.run()
        watch.lap()
        folder.close()
    parts = {part: seconds / samples[-1] * 1e6 for part, seconds in sorted(watch.seconds.items())}
    tell(**parts, total_us=sum(parts.values()))


if __name__ == "__main__":
    main()
