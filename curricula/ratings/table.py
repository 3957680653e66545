"""The ratings of a run as one dict, for tables and for `--json`."""

from collections import defaultdict
from typing import Any

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import Rating, rate
from dohyo.curricula.ratings.references import references, titles
from dohyo.curricula.ratings.warning_signs import against_itself_alone
from dohyo.curricula.run.folder import RunFolder


def collect(folder: RunFolder) -> dict[str, Any]:
    """Return the content of `rate --json`: references and rated snapshots with their ratings and win rates."""
    roles = references(folder)
    chain = folder.record.generations()  # after the references, because a run in training may add a generation
    known, matches = list(roles), folder.record.matches(folder.config.engine)
    ratings, sides = rate(known, matches), max((match.sides for match in matches), default=2)
    scores: defaultdict[str, dict[str, Score]] = defaultdict(dict)
    for match in matches:
        scores[match.player][match.opponent] = match.score
    snapshots = []
    before: dict[str, str] = {}
    for link in chain:
        met = scores[link.snapshot]
        played = {name: score for name, score in met.items() if name in roles}
        if not played:
            continue
        rating, draws = ratings[link.snapshot], sum(score.draws for score in played.values())
        previous = before.get(link.learner)
        before[link.learner] = link.snapshot
        snapshots.append(
            {
                "snapshot": link.snapshot,
                "learner": link.learner,
                "generation": link.generation,
                "samples": link.samples,
                "rating": rating.mu,
                "low": rating.low,
                "high": rating.high,
                "win_rate": {name: score.win_rate for name, score in played.items()},
                "bouts": {name: score.bouts for name, score in played.items()},
                "draws": draws / sum(score.bouts for score in played.values()),
                "previous": _against(previous, met[previous], rating, ratings[previous], sides)
                if previous in met
                else None,
            }
        )
    born = {link.snapshot: {"generation": link.generation, "learner": link.learner} for link in chain}
    unborn = {"generation": None, "learner": None}
    anchors = {
        name: {"title": called, **born.get(name, unborn), "role": roles[name].name}
        | {"rating": ratings[name].mu, "low": ratings[name].low, "high": ratings[name].high}
        for name, called in titles(roles, chain).items()
    }
    return {
        "engine": folder.config.engine,
        "sides": sides,
        "references": known,
        "reference_ratings": anchors,
        "snapshots": snapshots,
    }


def _against(previous: str, score: Score, rating: Rating, before: Rating, sides: int) -> dict[str, Any]:
    """Return the result of a snapshot against its learner's previous one."""
    share = {"snapshot": previous, "win_rate": score.win_rate, "bouts": score.bouts}
    return share | {"against_itself_alone": against_itself_alone(score, rating, before, sides)}
