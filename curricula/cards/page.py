"""A card as Markdown, with the front matter of a Hugging Face model card."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from dohyo.curricula.cards.cases import CHANGES
from dohyo.curricula.cards.limits import Row, engine_name, share

Table = tuple[Sequence[str], list[list[str]]]
"""Heads and rows."""
SCORE = ("as", "won", "drawn", "lost", "share won")


def render(card: Mapping[str, Any]) -> str:
    """Return a card as Markdown."""
    from jinja2 import Environment, StrictUndefined

    template = files("dohyo.curricula.cards").joinpath("card.md").read_text(encoding="utf-8")
    page = Environment(undefined=StrictUndefined, keep_trailing_newline=True).from_string(template)
    text = page.render(
        card=card,
        title=f"{card['arena']}, {card['body']}: {card['snapshot'][:6]}",
        lead=_lead(card),
        index=[_indexed(row) for row in card["matches"] if not row["past"]],
        use=card["use"],
        again=_again(card),
        origin=list(_origin(card)),
        matches=_matches(card),
        ways=_ways(card),
        breakers=list(_breakers(card)),
        speed=_speed(card),
        made=_made(card),
    )
    return re.sub(r"\n{3,}", "\n\n", text)


def _lead(card: Row) -> str:
    training = card["training"]
    how = "imported from the agents of 2017" if training["source"] else f"trained on {training['samples']:,} samples"
    return (
        f"A policy for the Dohyo arena `{card['id']}` with {card['body']}{_roles(card)}; {how}. "
        f"It takes an observation of {card['observation']} numbers and returns an action of {card['action']}."
    )


def _roles(card: Row) -> str:
    """Return the roles that it plays as words; empty where all seats have the same role."""
    return "" if all(row["sides"] for row in card["matches"]) else f", as {' and '.join(card['roles'])}"


def _indexed(row: Row) -> dict[str, Any]:
    place = f"{row['opponent']} on {engine_name(row)}"
    name = f"share of {row['bouts']} bouts won{'' if row['sides'] else ' as ' + row['role']}"
    return {"place": place, "name": name, "win_rate": row["win_rate"]}


def _again(card: Row) -> str:
    imports = "".join(f" --import {name}" for name in card["training"]["imports"])
    return f"dohyo train --config settings.toml{imports} --out runs/again"


def _origin(card: Row) -> Iterator[list[str]]:
    """Yield name and value of what is known about the training."""
    training = card["training"]
    yield ["snapshot", f"`{card['snapshot']}`"]
    if training["source"]:
        yield ["imported from", f"the file with SHA-256 `{training['source']}`"]
    yield ["network", f"{training['policy']}, width {training['width']}"]
    yield ["engine", engine_name(training)]
    yield ["drive", card["drive"]]
    minutes = "" if training["minutes"] is None else f", in {training['minutes']:.0f} minutes of the run"
    yield ["samples", f"{training['samples']:,}{minutes}"]
    yield ["generation", f"{training['generation']}{' of ' + training['learner'] if training['learner'] else ''}"]
    yield ["seed", f"{training['seed']}"]
    for session in training["sessions"]:
        place = session["machine"] or "not recorded"
        yield [f"hardware, from sample {session['samples']:,}", place]
        versions = ", ".join(f"{name} {version}" for name, version in session["versions"].items())
        yield [f"versions, from sample {session['samples']:,}", versions]


def _matches(card: Row) -> Table:
    """Return the table of all matches: a row for each match, and one for each side where sides are swapped."""
    rows = []
    for row in card["matches"]:
        head = [row["opponent"], engine_name(row)]
        rows.append([*head, *_score(row)])
        rows += [["", "", *_score(side | {"role": side["side"], "sides": []})] for side in row["sides"]]
    return ("against", "engine", *SCORE), rows


def _score(row: Row) -> list[str]:
    place = "both sides" if row["sides"] else row["role"]
    return [place, str(row["wins"]), str(row["draws"]), str(row["losses"]), share(row)]


def _ways(card: Row) -> Table:
    """Return the table of lengths and endings."""
    rows = [
        [row["opponent"], engine_name(row), row["role"], f"{row['mean_steps']:.0f}", _endings(row["endings"])]
        for row in card["matches"]
    ]
    return ("against", "engine", "as", "steps of a bout, mean", "endings"), rows


def _endings(endings: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in endings.items())


def _breakers(card: Row) -> Iterator[tuple[str, str, Table | None]]:
    """Yield heading, text and table of everything that may break the agent."""
    left = {name: f"Left out: {why}." for name, why in card["left_out"].items()}
    first = f"On {engine_name(card['measured'])}."
    heads = ("against", *SCORE)
    attacks = "A policy that was trained to beat it. Its wins are this agent's losses."
    yield "A best response", left.get("exploit", attacks), _attacks(card)
    pushes = f"{first} It is pushed again and again (arXiv 1710.03748), alone and without sight of an opponent."
    yield "Pushes", left.get("wind", pushes), _pushes(card)
    factors = ", ".join(f"{name}: {quantity} times {factor:g}" for name, (quantity, factor) in CHANGES.items())
    changed = f"{first} For both players: {factors}."
    worlds = [[row["change"], row["opponent"], *_score(row)] for row in _with_base(card)]
    yield "Other worlds", left.get("worlds", changed), (("world", *heads), worlds) if card["worlds"] else None
    unseen = f"{first} It sees the mean of its training in place of its opponent."
    blind = [[row["opponent"], *_score(row)] for row in card["blind"]]
    yield "A masked view", left.get("blind", unseen), (heads, blind) if blind else None
    past = [row for row in card["matches"] if row["past"] and engine_name(row) == engine_name(card["measured"])]
    text = f"{first} Also in the table of all matches." if past else "No earlier snapshot of its run is at hand."
    table = heads, [[row["opponent"], *_score(row)] for row in past]
    yield "Its own past", text, table if past else None


def _with_base(card: Row) -> list[Row]:
    """Return the matches in changed worlds, after the same match in the unchanged world."""
    rows: list[Row] = []
    for row in card["worlds"]:
        alike = [one for one in card["matches"] if (one["role"], one["player"]) == (row["role"], row["player"])]
        base = [one | {"change": "unchanged"} for one in alike[:1]]
        rows += [*(base if not any(known["role"] == row["role"] for known in rows) else []), row]
    return rows


def _attacks(card: Row) -> Table | None:
    rows = [
        [row["attacker"], f"{row['samples']:,}", f"{row['minutes']:.1f}", *map(share, (row["attack"], row["blind"]))]
        for row in card["exploit"]
    ]
    heads = ("attacker", "its samples", "its minutes", "it wins", "it wins if this agent cannot see it")
    return (heads, rows) if rows else None


def _pushes(card: Row) -> Table | None:
    players = {"it": "this agent", "zero": "zero"}
    rows = [
        [players[row["player"]], f"{row['force']:g}", f"{row['mean_steps']:.0f}", f"{row['fell']} of {row['bouts']}"]
        for row in card["wind"]
    ]
    return (("player", "force, N", "steps until it fell, mean", "fell"), rows) if rows else None


def _speed(card: Row) -> str:
    speed = card["speed"]
    if speed is None:
        return f"Left out: {card['left_out']['speed']}."
    median, slow = (1e6 * speed[name] for name in ("median_s", "slowest_percent_s"))
    return (
        f"One action takes {median:.0f} µs (median) and {slow:.0f} µs (99th percentile): one observation at a time, "
        f"one core, {speed['actions']:,} actions. {speed['machine']}."
    )


def _made(card: Row) -> str:
    measured = card["measured"]
    versions = ", ".join(f"{name} {version}" for name, version in measured["versions"].items())
    return (
        f"Every figure is of {measured['bouts']} bouts, seed {measured['seed']}; the agent acts with its own noise. "
        f"Measured on {measured['machine']}; {versions}."
    )
