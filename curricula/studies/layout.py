"""What the reports of all studies share: their head, tables and intervals in Markdown."""

import platform
import shlex
from collections.abc import Sequence

from dohyo.arenas.physics import cores
from dohyo.curricula.studies.estimate import Estimate
from dohyo.curricula.studies.study_folder import StudyFolder


def heading(folder: StudyFolder) -> list[str]:
    """Return the lines that say what a study is, and with which command it repeats."""
    study, config = folder.study, folder.config
    budget = f"{config.samples:,} samples" if config.samples is not None else f"{config.minutes:g} minutes"
    seeds = "one seed" if config.seeds == 1 else f"seeds 0 to {config.seeds - 1}"
    return [
        f"# {study.title}",
        "",
        f"{config.arena}, {config.body}, {config.engine}, {config.physics} physics.",
        f"Every arm was trained for {budget}, {seeds}.",
        study.because,
        "",
        f"`{command(folder)}`, on {platform.machine()}, {cores()} cores.",
    ]


def command(folder: StudyFolder) -> str:
    """Return the command that repeats a study."""
    c = folder.config
    budget = ["--samples", f"{c.samples}"] if c.samples is not None else ["--minutes", f"{c.minutes:g}"]
    scene = ["--arena", c.arena, "--body", c.body, "--engine", c.engine, "--physics", c.physics]
    grid = [f"--{name}={','.join(f'{x:g}' for x in given)}" for name, given in folder.grid.items()]
    amount = ["--worlds", f"{c.worlds}", *budget, "--seeds", f"{c.seeds}", "--bouts", f"{c.bouts}"]
    return shlex.join(["dohyo", "study", c.study, *scene, *grid, *amount, "--out", f"{folder.path}"])


def spread(estimate: Estimate) -> str:
    """Return a mean and its interval as text."""
    return f"{estimate.mean:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
