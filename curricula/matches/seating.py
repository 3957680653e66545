"""Seating: the sides of a match's players, by the role of the first."""

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

    If the role can fill every side, players swap sides from bout to bout; otherwise they keep them. With more than two
    sides, the second player fills all the others. Else as `play_match`.
    """
    if role.mirrored:
        return play_match(batch, players, bouts, seed, watch)
    if role.sides[0] == 0:
        return play_match(batch, players, bouts, seed, watch, swap=False)
    return [bout.turned() for bout in play_match(batch, players[::-1], bouts, seed, watch, swap=False)]
