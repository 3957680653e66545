"""Settings of a run that trains a best response against one snapshot, the victim."""

from typing import Any

from dohyo.agents.snapshot import Part, Snapshot
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.registry import build_arena
from dohyo.curricula.matches.roles import Role, check_roles, roles_of
from dohyo.curricula.players import find_snapshot, roles_played

BEGUN = {"rollout": 512, "minibatch": 4096}
"""Settings of a learner that starts as a snapshot and so wins about half of its bouts. With the usual rollouts, some
thirty bouts an update, it got worse against `sumo-ants-v1`; with four times as many it did not
(docs/results/best_response.md)."""
ALONE = {"mirror": 0.0, "guest_share": 1.0}
"""Settings of a learner that meets only the victim."""


def begun(options: dict[str, Any]) -> dict[str, Any]:
    """Return the learner's settings, with `BEGUN` as defaults if it starts as a snapshot."""
    return {"ppo": (BEGUN if "start" in options else {}) | options.get("ppo", {})}


def against(victim: str, body: str | None, role: str | None) -> dict[str, Any]:
    """Return the settings of a run against the victim alone."""
    snapshot = find_snapshot(victim)
    part = snapshot.origin.part
    bodies = body or part.body
    setup = {"arena": part.arena, "body": bodies, "engine": snapshot.origin.engine}
    setup |= {"drive": part.drive, "physics": snapshot.origin.physics}
    return {**setup, **ALONE, "roles": _attackers(snapshot, bodies, role), "guests": (victim,)}


def _attackers(victim: Snapshot, body: str, role: str | None) -> tuple[str, ...]:
    """Return the names of the roles that can meet the victim in its role."""
    arena = build_arena(victim.origin.part.arena, body, drive=victim.origin.part.drive)
    roles = roles_of(arena)
    check_roles(arena, roles)
    played = {r.name: r for r in roles_played(victim, arena)}
    if role is not None:
        lookup(played, role, "role of this victim")
    elif len(played) > 1:
        raise UnknownName(f"the victim plays several roles: choose one with --role: {', '.join(played)}")
    if not played:
        victim.check_plays(Part.of(arena, 0))
    chosen: Role = played[role] if role is not None else next(iter(played.values()))
    return tuple(r.name for r in roles if r.meets(chosen))
