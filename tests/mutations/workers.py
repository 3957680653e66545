"""Worker processes that read mutated files, within limits of time and memory, and report each result."""

import multiprocessing
import resource
import signal
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from targets import Target, targets

from dohyo.arenas.errors import DohyoError

SECONDS = 2.0
"""Processor time that one file may take."""
MEGABYTES = 500
"""Memory that reading may take, above what the process has before."""
SILENCE = 60.0
"""Wall-clock seconds without a finished file after which a worker hangs outside of Python."""


class TooLong(BaseException):
    """A file took too much processor time; no handler of errors catches it."""


@dataclass
class Figures:
    """Counts of the results."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By target, and `refused`, `accepted` or what went wrong."""
    faults: list[str] = field(default_factory=list)
    """Each with the number of its case, from which it can be made again."""
    seconds: float = 0.0
    """The most processor time that a file took."""
    megabytes: float = 0.0
    """The most memory that reading took, above what a process had before."""

    def add(self, other: "Figures") -> None:
        """Add the counts of another worker."""
        self.outcomes += other.outcomes
        self.faults += other.faults
        self.seconds, self.megabytes = max(self.seconds, other.seconds), max(self.megabytes, other.megabytes)

    def __str__(self) -> str:
        lines = [f"{count:7,} {target}: {outcome}" for (target, outcome), count in sorted(self.outcomes.items())]
        total = f"{self.outcomes.total():7,} files, at most {self.seconds:.2f} s and {self.megabytes:.0f} MB each"
        return "\n".join([*lines, total, *self.faults[:20]])


def read_mutated(run: Path, count: int, seed: int, tell: Callable[[Figures], None] | None = None) -> Figures:
    """Return the results of mutations 0 to `count` - 1 of this seed; a worker that dies is replaced.

    `tell` is called with the figures so far now and then.
    """
    context, figures, first = multiprocessing.get_context("spawn"), Figures(), 0
    while first < count:
        reached = context.Value("q", first - 1)
        inbox, outbox = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(run, first, count, seed, reached, outbox), daemon=True)
        worker.start()
        outbox.close()
        for part in _received(worker, inbox, reached):
            figures.add(part)
            if tell is not None:
                tell(figures)
        worker.join()
        if reached.value < first:
            raise RuntimeError("a worker ended before it read a file")
        if worker.exitcode:
            figures.faults.append(f"case {reached.value}: the process ended with {worker.exitcode}")
            figures.outcomes["any", "crash or hang"] += 1
        first = reached.value + 1
    return figures


def _received(worker: Any, inbox: Any, reached: Any) -> Iterator[Figures]:
    """Yield what a worker sends until it ends; kill one that hangs."""
    last, since = reached.value, time.monotonic()
    while True:
        if inbox.poll(1):
            try:
                yield inbox.recv()
            except EOFError:
                return
        if reached.value != last:
            last, since = reached.value, time.monotonic()
        elif time.monotonic() - since > SILENCE:
            worker.kill()


def _work(run: Path, first: int, count: int, seed: int, reached: Any, outbox: Any) -> None:
    """Read the mutations from `first` on."""
    warnings.simplefilter("error")
    signal.signal(signal.SIGPROF, _stop)
    with tempfile.TemporaryDirectory() as folder:
        found = targets(run, Path(folder))
        for target in found:
            target.read(target.content)
        held = _virtual_memory() + MEGABYTES * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (held, held))
        figures = Figures()
        for number in range(first, count):
            reached.value = number
            _read(found, seed, number, figures)
            if number % 500 == 499 or number == count - 1:
                outbox.send(figures)
                figures = Figures()


def _read(found: list[Target], seed: int, number: int, figures: Figures) -> None:
    rng = np.random.default_rng([seed, number])
    target = found[rng.integers(len(found))]
    content = target.mutated(rng)
    target.path.write_bytes(content)
    memory, began = _peak(), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(content)
        outcome = "accepted"
    except DohyoError as error:
        outcome = "refused" if "\n" not in str(error) else "refused in several lines"
        if outcome != "refused":
            figures.faults.append(f"case {number}, {target.name}: {str(error)[:700]}")
    except (Exception, TooLong) as error:
        outcome = type(error).__name__
        figures.faults.append(f"case {number}, {target.name}: {traceback.format_exc()[-700:]}")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.path.write_bytes(target.content)
    figures.outcomes[target.name, outcome] += 1
    figures.seconds = max(figures.seconds, time.process_time() - began)
    figures.megabytes = max(figures.megabytes, _peak() - memory)


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLong


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _virtual_memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
