"""Checks of the rows of a run's record: types, ranges, and digests that reveal changed rows."""

import hashlib
import json
import math
from collections.abc import Sequence
from typing import Any

from dohyo.agents.files import parse_json

DIGITS = 16
"""Number of hexadecimal digits of a row's SHA-256 that are kept."""


def digest(values: Sequence[Any]) -> str:
    """Return the digest of one or several rows; raises `ValueError` for values that no row can hold."""
    try:
        text = json.dumps(values)
    except TypeError as error:
        raise ValueError("a row holds bytes") from error
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def check_generation(row: Sequence[Any], expected: int) -> dict[str, float]:
    """Return the curves of a row (learner, generation, snapshot, samples, seconds, curves, …).

    Raises `ValueError` unless the values are possible and the generation is `expected`.
    """
    learner, generation, snapshot, samples, seconds, text = row[:6]
    if not (isinstance(learner, str) and isinstance(snapshot, str) and isinstance(text, str)):
        raise ValueError("a generation's row holds values of the wrong type")
    if generation != expected:
        raise ValueError(f"{learner} lacks generation {expected}, the next row is of {generation!r}")
    if not _whole(samples) or not _number(seconds) or seconds < 0:
        raise ValueError(f"{learner}'s generation {generation} has {samples!r} samples in {seconds!r} seconds")
    curves = parse_json(text)
    if not isinstance(curves, dict) or not all(isinstance(value, int | float) for value in curves.values()):
        raise ValueError(f"the curves of {learner}'s generation {generation} are not numbers by name")
    return curves


def check_payoffs(rows: Sequence[Sequence[Any]]) -> None:
    """Raise `ValueError` unless the values of rows (snapshot, games, score, quality) are possible."""
    for snapshot, games, score, quality in rows:
        if not isinstance(snapshot, str) or not all(map(_number, (games, score, quality))) or not 0 <= score <= games:
            raise ValueError(f"the payoffs against {snapshot!r} are {games!r}, {score!r}, {quality!r}")


def check_round(match: Sequence[Any], bouts: Sequence[Sequence[Any]]) -> None:
    """Raise `ValueError` unless the bouts of a round are possible and complete.

    `match` is player, opponent, engine and round; a bout index, seat, winner, steps, ending and perhaps teams.
    """
    *names, round_ = match
    if not all(isinstance(name, str) for name in names) or not _whole(round_):
        raise ValueError("a bout's row holds values of the wrong type")
    what = f"round {round_} of {names[0]} against {names[1]}"
    for index, seat, winner, steps, ending, *teams in bouts:
        if not (_whole(index) and _whole(seat) and _whole(steps) and isinstance(ending, str)):
            raise ValueError(f"{what} holds values of the wrong type")
        if winner not in (-1, 0, 1):
            raise ValueError(f"{what} has the winner {winner!r}")
        for text in teams:
            read_teams(text)
    if sorted(bout[0] for bout in bouts) != list(range(len(bouts))):
        raise ValueError(f"{what} lacks bouts")


def read_teams(text: Any) -> tuple[tuple[int, int], ...]:
    """Return the side and place of every team in the text of a `teams` column; raises `ValueError` for other texts."""
    teams = parse_json(text) if isinstance(text, str) else None
    if not isinstance(teams, list) or not all(
        isinstance(team, list) and list(map(_whole, team)) == [True] * 2 for team in teams
    ):
        raise ValueError(f"teams {text!r} are not pairs of side and place")
    sides, numbers = [side for side, _ in teams], range(len(teams))
    if len(teams) < 3 or sorted(sides) != list(numbers) or not all(place in numbers for _, place in teams):
        raise ValueError(f"teams {text!r} cannot have met in a bout")
    return tuple((side, place) for side, place in teams)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
