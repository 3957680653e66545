"""Seating: which side each player of a match takes, by the roles that they play."""

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

    Who can take any side changes sides from bout to bout; who can take one keeps it. Of more than two sides the second
    player takes all that are left. Otherwise as `play_match`.
    """
    if role.mirrored:
        return play_match(batch, players, bouts, seed, watch)
    if role.sides[0] == 0:
        return play_match(batch, players, bouts, seed, watch, swap=False)
    return [bout.turned() for bout in play_match(batch, players[::-1], bouts, seed, watch, swap=False)]
