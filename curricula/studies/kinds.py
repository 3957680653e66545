"""The kinds of studies: what is played once the runs are trained, and how it is reported."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, Protocol

from dohyo.curricula.evaluation.crossplay import Crossplay
from dohyo.curricula.studies import alone, transfer_report, width_report
from dohyo.curricula.studies.report import StudyReport
from dohyo.curricula.studies.study_folder import Match, StudyFolder
from dohyo.curricula.studies.transfer import OTHER


class Report(Protocol):
    """The report of a study."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that `write` writes."""

    def markdown(self) -> str:
        """Return the report as Markdown."""

    def record(self) -> dict[str, Any]:
        """Return the findings for JSON."""

    def write(self) -> None:
        """Write the files into the study's folder."""


Play = Callable[[Crossplay, Sequence[Match]], None]
"""Plays the missing bouts of matches."""
Kind = Callable[[StudyFolder, Play], Report]
"""Plays what a study plays once its runs are trained, writes the report and returns it."""


def arms(folder: StudyFolder, play: Play) -> Report:
    """Let every pair of arms play."""
    with closing(folder.open_matches()) as matches:
        play(matches, folder.schedule(matches))
        report = StudyReport(folder, folder.scores(matches))
    report.write()
    return report


def width(folder: StudyFolder, play: Play) -> Report:
    """Let every run play built-in policies, and then the best of the widest each other."""
    with closing(folder.open_matches()) as matches:
        play(matches, alone.schedule(folder, matches))
        report = width_report.WidthReport(folder, matches)
        play(matches, report.carried_matches())
        report.write()
    return report


def transfer(folder: StudyFolder, play: Play) -> Report:
    """Let every run play built-in policies on both engines, and every pair of arms on the other one."""
    with closing(folder.open_matches()) as here, closing(folder.open_matches(OTHER[folder.config.engine])) as there:
        play(here, alone.schedule(folder, here))
        play(there, [*alone.schedule(folder, there), *folder.schedule(there)])
        report = transfer_report.TransferReport(folder, here, there)
        report.write()
    return report


KINDS: dict[str, Kind] = {"arms": arms, "width": width, "transfer": transfer}
"""Kinds of studies, by `Study.kind`."""
