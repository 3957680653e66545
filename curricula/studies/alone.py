"""Matches of a study's runs against built-in policies."""

from dohyo.curricula.evaluation.crossplay import Crossplay, Entrant
from dohyo.curricula.matches.score import Score
from dohyo.curricula.studies.study_folder import Match, StudyFolder

OPPONENTS = ("zero", "random")
"""The built-in policies."""
SHARE = 4
"""A run plays the study's `bouts` divided by this against each of them."""


def schedule(folder: StudyFolder, matches: Crossplay) -> list[Match]:
    """Return the matches of every run against each built-in policy."""
    bouts = max(1, folder.config.bouts // SHARE)
    return [
        match
        for run in folder.runs
        for name in OPPONENTS
        for match in folder.both_seats(matches, (folder.entrant(run.arm, run.seed), _built_in(name)), bouts)
    ]


def score(folder: StudyFolder, matches: Crossplay, arm: str, seed: int, opponent: str) -> Score:
    """Return the score of an arm's run against a built-in policy."""
    return matches.both_ways((folder.entrant(arm, seed), _built_in(opponent)))


def _built_in(name: str) -> Entrant:
    return Entrant(name, (name, name))
