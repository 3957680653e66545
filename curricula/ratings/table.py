"""The ratings of a run as one record, for tables and for `--json`."""

from typing import Any

from dohyo.curricula.ratings.rating import Rating, rate
from dohyo.curricula.ratings.references import references, titles
from dohyo.curricula.ratings.warning_signs import against_itself_alone
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Match


def collect(folder: RunFolder) -> dict[str, Any]:
    """Return what `--json` prints: references and rated snapshots, with all that rated bouts say of them."""
    roles = references(folder)
    chain = folder.record.generations()  # after the references: a run that goes on may bring forth another
    known, matches = list(roles), folder.record.matches(folder.config.engine)
    ratings = rate(known, matches)
    snapshots = []
    before: dict[str, str] = {}
    for link in chain:
        met = {m.opponent: m for m in matches if m.player == link.snapshot}
        played = {name: m for name, m in met.items() if name in roles}
        if not played:
            continue
        rating, draws = ratings[link.snapshot], sum(m.draws for m in played.values())
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
                "win_rate": {name: m.wins / m.bouts for name, m in played.items()},
                "bouts": {name: m.bouts for name, m in played.items()},
                "draws": draws / sum(m.bouts for m in played.values()),
                "previous": _against(met[previous], ratings) if previous in met else None,
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
        "references": known,
        "reference_ratings": anchors,
        "snapshots": snapshots,
    }


def _against(match: Match, ratings: dict[str, Rating]) -> dict[str, Any]:
    """Return how a snapshot did against its learner's previous one."""
    rating, before = ratings[match.player], ratings[match.opponent]
    share = {"snapshot": match.opponent, "win_rate": match.wins / match.bouts, "bouts": match.bouts}
    return share | {"against_itself_alone": against_itself_alone(match, rating, before)}
