"""What an agent is not for, as far as the figures of its card show it."""

from collections.abc import Iterator, Mapping
from typing import Any

from dohyo.arenas.physics.presets import ACCURATE, CONTROL_STEP
from dohyo.curricula.matches.score import Score

Row = Mapping[str, Any]
EVEN = 0.5


def limits(card: Row) -> list[str]:
    """Return sentences about uses for which a card's figures give no support."""
    found = [*_losses(card), *_engines(card), *_changes(card), *_wind(card), *_responses(card), *_speed(card)]
    return [
        *found,
        f"Other arenas, bodies or observations than {card['arena']} with {card['body']}: Dohyo refuses them.",
        "Robots: it was trained and measured in simulation alone, with exact observations and no delay.",
    ]


def share(row: Row) -> str:
    """Return a share of wins with its 95 % interval."""
    return f"{row['win_rate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"


def engine_name(row: Row) -> str:
    """Return the name of an engine, with the preset of its physics unless that is `accurate`."""
    return str(row["engine"]) + ("" if row["physics"] == ACCURATE else f" ({row['physics']} physics)")


def _losses(card: Row) -> Iterator[str]:
    """Yield the opponents on the first engine that it does not beat in half of the bouts."""
    for row in card["matches"]:
        if _first(card, row) and row["win_rate"] < EVEN and not row["past"]:
            yield f"Winning{_as(card, row)} against {row['opponent']}: {share(row)} of the bouts are won."
        if _first(card, row) and row["past"] and Score(row["losses"], row["draws"], row["wins"]).better:
            lost = f"{row['losses']} bouts lost, {row['wins']} won"
            yield f"Showing progress{_as(card, row)}: {row['opponent']} beats it ({lost})."


def _engines(card: Row) -> Iterator[str]:
    """Yield the engines on which it is worse than on the first."""
    engines = {(row["engine"], row["physics"]) for row in card["matches"]}
    if len(engines) == 1:
        yield "Other engines: only one was measured."
    for row in card["matches"]:
        if not _first(card, row) and (base := _base(card, row)) and row["high"] < base["low"]:
            yield (
                f"The engine {engine_name(row)}{_as(card, row)}: against {row['opponent']} it wins {share(row)} there, "
                f"on {engine_name(base)} {share(base)}."
            )


def _changes(card: Row) -> Iterator[str]:
    """Yield the changed worlds, and blindness, that cost wins."""
    for row in (*card["worlds"], *card["blind"]):
        if (base := _base(card, row)) and row["high"] < base["low"]:
            what = f"A {row['change']} world" if row["change"] else "Play without sight of the opponent"
            yield f"{what}{_as(card, row)}: against {row['opponent']} it wins {share(row)} instead of {share(base)}."


def _wind(card: Row) -> Iterator[str]:
    """Yield the least push that it does not withstand in most bouts."""
    fallen = [row for row in card["wind"] if row["player"] != "zero" and row["fell"] > EVEN * row["bouts"]]
    if fallen:
        least = min(fallen, key=lambda row: float(row["force"]))
        yield f"Pushes of {least['force']:g} N or more: it fell in {least['fell']} of {least['bouts']} bouts."


def _responses(card: Row) -> Iterator[str]:
    """Yield what is known about opponents that train against it."""
    if not card["exploit"]:
        yield "Opponents that train against it: no best response was measured."
    for row in card["exploit"]:
        if row["attack"]["win_rate"] >= EVEN:
            won = share(row["attack"])
            yield f"Opponents that train against it: one of {row['samples']:,} samples wins {won} of the bouts."


def _speed(card: Row) -> Iterator[str]:
    """Yield a note if an action may take longer than a control step."""
    if card["speed"] and card["speed"]["slowest_percent_s"] > CONTROL_STEP:
        yield f"Real time on this machine: one action in a hundred takes longer than a control step, {CONTROL_STEP} s."


def _first(card: Row, row: Row) -> bool:
    return (row["engine"], row["physics"]) == (card["measured"]["engine"], card["measured"]["physics"])


def _base(card: Row, row: Row) -> Row | None:
    """Return the match on the first engine, in the unchanged world, with the same role and opponent."""
    alike = [one for one in card["matches"] if (one["role"], one["player"]) == (row["role"], row["player"])]
    return next((one for one in alike if _first(card, one)), None)


def _as(card: Row, row: Row) -> str:
    """Return the role of a row as words, if the card has several."""
    return f" as {row['role']}" if len({one["role"] for one in card["matches"]}) > 1 else ""
