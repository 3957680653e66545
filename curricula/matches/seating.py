"""Seating: which seat each player of a match takes, by the roles that they play."""

from collections.abc import Callable

from dohyo.agents.policies.policy import Policy
from dohyo.arenas.batch import Batch
from dohyo.curricula.matches.match import Bout, play_match
from dohyo.curricula.matches.roles import Role


def play_roles(
    batch: Batch,
    players: tuple[Policy, Policy],
    role: Role,
    bouts: int,
    seed: int,
    watch: Callable[[Bout], None] | None = None,
) -> list[Bout]:
    """Play `bouts` bouts between two policies, the first of which plays `role`; return them from its side.

    Who plays both seats changes sides from bout to bout; who plays one seat keeps it. Otherwise as `play_match`.
    """
    if len(role.seats) == 2:
        return play_match(batch, players, bouts, seed, watch)
    if role.seats[0] == 0:
        return play_match(batch, players, bouts, seed, watch, swap=False)
    return [bout.turned() for bout in play_match(batch, players[::-1], bouts, seed, watch, swap=False)]
