"""The contents of the page that compares runs of one arena."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dohyo.arenas.errors import UnknownName
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.views.colours import SERIES
from dohyo.cli.page.contents import Row, Story, read_story
from dohyo.cli.page.settings import listed
from dohyo.curricula.run.folder import RunFolder

MOST = len(SERIES)
"""Most runs on a page: more lines cannot be told apart."""
SAME = ("body", "engine", "drive", "physics")
"""Settings in which runs must agree, so that their built-in references are equally strong."""


@dataclass(frozen=True)
class Comparison:
    """Two or more runs of one arena, by their names on the page."""

    runs: dict[str, Story]

    @property
    def arena(self) -> str:
        """Arena of all runs."""
        return next(iter(self.runs.values())).config.arena

    @property
    def learners(self) -> list[str]:
        """Names of the learners of all runs."""
        return list(dict.fromkeys(learner for story in self.runs.values() for learner in story.chains))

    @property
    def share(self) -> float:
        """Smallest share of a run's budget that is used up, 0 to 1."""
        return min(story.share for story in self.runs.values())

    def newest(self) -> list[tuple[str, str, Row | None]]:
        """Return the newest rated snapshot of each learner of each run, or None: (run, learner, row)."""
        return [
            (run, learner, rows[-1] if rows else None)
            for run, story in self.runs.items()
            for learner, rows in story.rated.items()
        ]

    def settings(self) -> dict[str, list[str]]:
        """Return the settings that differ by name, with a text per run."""
        return _differing([listed(story.config) for story in self.runs.values()])

    def versions(self) -> dict[str, list[str]]:
        """Return the software versions of the runs' last sessions that differ by name, with a text per run."""
        last = [story.sessions[-1:] for story in self.runs.values()]
        return _differing([session.versions for [session] in last]) if all(last) else {}

    def unlike(self) -> list[str]:
        """Return which settings make ratings of these runs incomparable."""
        return [key for key in SAME if key in self.settings()]


def against(row: Row, built_in: str) -> str | None:
    """Return the name of a built-in reference in the row of a rated snapshot, None if they have not met."""
    return next((name for name in row["win_rate"] if name.partition("@")[0] == built_in), None)


def met(comparison: Comparison) -> list[str]:
    """Return the built-in references that any snapshot has met."""
    rows = [row for story in comparison.runs.values() for rated in story.rated.values() for row in rated]
    return [name for name in BUILT_IN if any(against(row, name) for row in rows)]


def read_comparison(paths: Sequence[Path]) -> Comparison:
    """Read runs; raises `UnknownName` for runs that cannot be compared, `DohyoError` for one without a generation."""
    if len(paths) > MOST:
        raise UnknownName(f"{len(paths)} runs: give {MOST} at most, more lines cannot be told apart")
    places = [path.resolve() for path in paths]
    if twice := [str(path) for path, place in zip(paths, places, strict=True) if places.count(place) > 1]:
        raise UnknownName(f"{twice[0]} is given twice: give different runs")
    stories = []
    for path in paths:
        with closing(RunFolder.open(path)) as folder:
            stories.append(read_story(folder))
    first = stories[0]
    for story in stories[1:]:
        if story.config.arena != first.config.arena:
            raise UnknownName(
                f"{first.path} trains in {first.config.arena}, {story.path} in {story.config.arena}: "
                "give runs of one arena"
            )
    return Comparison(dict(zip(_names(paths), stories, strict=True)))


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the folders' names, or their paths where names repeat."""
    count = Counter(path.resolve().name for path in paths)
    return [name if count[name := path.resolve().name] == 1 else str(path) for path in paths]


def _differing(texts: Sequence[dict[str, str]]) -> dict[str, list[str]]:
    """Return the entries that differ by name, in the order of their first appearance; a missing one is empty."""
    names = dict.fromkeys(name for known in texts for name in known)
    columns = {name: [known.get(name, "") for known in texts] for name in names}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}
