"""The log of a run's page: what happened in its generations, and notices about what went wrong."""

from dataclasses import dataclass
from itertools import pairwise

from dohyo.cli.page.contents import Story
from dohyo.curricula.ratings.warning_signs import stalled
from dohyo.curricula.run.record import Generation

LINES = 40
"""Most generations that the log shows of each learner."""


@dataclass(frozen=True)
class Line:
    """A generation in the log."""

    link: Generation
    notice: str
    """What went wrong since the line before; empty if nothing did."""


def log_of(story: Story) -> dict[str, list[Line]]:
    """Return the log of each learner, newest first: evenly spread generations, the first and the newest included."""
    return {learner: _lines(chain) for learner, chain in story.chains.items()}


def _lines(chain: list[Generation]) -> list[Line]:
    every = -(-len(chain) // LINES)
    ends = [*range(len(chain) - 1, 0, -every), 0]
    lines = [Line(chain[late], _notice(chain[early : late + 1])) for late, early in pairwise(ends)]
    return [*lines, Line(chain[0], "")]


def _notice(links: list[Generation]) -> str:
    """Return what went wrong after the first of some generations."""
    still = [link.generation for link in links[1:] if stalled(link.curves.get("draws", 0.0))]
    lost = int(links[-1].curves.get("diverged", 0) - links[0].curves.get("diverged", 0))
    words = []
    if still:
        words.append("stalled" if len(links) == 2 else f"stalled in {len(still)} of {len(links) - 1} generations")
    if lost > 0:
        words.append(f"physics diverged in {lost} bout{'s' if lost > 1 else ''}")
    return "; ".join(words)


def notices(story: Story) -> list[str]:
    """Return sentences about what is wrong with the run now."""
    said = []
    for learner, chain in story.chains.items():
        if len(chain) > 1 and stalled(chain[-1].curves.get("draws", 0.0)):
            share = chain[-1].curves["draws"]
            said.append(f"{learner} has stalled: {share:.0%} of its last bouts are draws, so nothing is decided.")
    lost = max(chain[-1].curves.get("diverged", 0.0) for chain in story.chains.values())
    if lost:
        said.append(f"The physics diverged in {lost:.0f} bouts so far; they count as draws that pay nothing.")
    return said
