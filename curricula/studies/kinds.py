"""The kinds of studies: what is played once the runs are trained, and how it is reported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from dohyo.curricula.evaluation.crossplay import Crossplay
from dohyo.curricula.studies import width_report
from dohyo.curricula.studies.report import StudyReport
from dohyo.curricula.studies.study_folder import Match, StudyFolder


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


@dataclass(frozen=True)
class Kind:
    """What a study plays and how it reports."""

    phases: Callable[[StudyFolder, Crossplay], Iterable[list[Match]]]
    """Yields matches to play; those of one phase are played before the next is asked for."""
    report: Callable[[StudyFolder, Crossplay], Report]


KINDS = {
    "arms": Kind(
        lambda folder, matches: [folder.schedule(matches)],
        lambda folder, matches: StudyReport(folder, folder.scores(matches)),
    ),
    "width": Kind(width_report.phases, width_report.WidthReport),
}
"""Kinds of studies, by `Study.kind`."""
