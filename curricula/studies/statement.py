"""Statements of a study: claims about one figure each, with their verdicts."""

from collections.abc import Sequence
from dataclasses import dataclass

from dohyo.curricula.studies.estimate import VERDICTS, Estimate
from dohyo.curricula.studies.layout import markdown_table, spread


@dataclass(frozen=True)
class Statement:
    """A claim, the figure that it is about, and the verdict: supported, open or contradicted."""

    claim: str
    measured: str
    estimate: Estimate
    verdict: str


def above(claim: str, measured: str, estimate: Estimate, bound: float = 0.0) -> Statement:
    """Return the statement of a claim that a figure is above `bound`."""
    return Statement(claim, measured, estimate, VERDICTS[estimate.side_of(bound)])


def within(claim: str, measured: str, estimate: Estimate, bound: float) -> Statement:
    """Return the statement of a claim that a figure is within `bound` of zero."""
    inside, outside = (
        max(abs(estimate.low), abs(estimate.high)) <= bound,
        estimate.low > bound or estimate.high < -bound,
    )
    return Statement(claim, measured, estimate, "supported" if inside else "contradicted" if outside else "open")


def claims_table(statements: Sequence[Statement]) -> list[str]:
    """Return the lines of a table of statements in Markdown."""
    return markdown_table(
        ("claim", "measured", "mean and 95 % interval over seeds", "verdict"),
        [(s.claim, s.measured, spread(s.estimate), f"**{s.verdict}**") for s in statements],
    )
