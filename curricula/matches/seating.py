"""Seating: the sides of a match's players, by the role of the first."""

from collections.abc import Callable
from dataclasses import replace

from dohyo.agents.policies.policy import Policy
from dohyo.arenas.batch import Batch
from dohyo.arenas.rules.arena import NOBODY
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


def play_evenly(
    batch: Batch,
    players: tuple[Policy, Policy],
    bouts: int,
    seed: int,
    watch: Callable[[Bout], None] | None = None,
) -> list[Bout]:
    """Play `bouts` bouts in which two policies share out the sides evenly, in turn; return them from the first's side.

    Of an odd number of sides the first policy has one more in half of the bouts. A player wins with any of its sides.
    Otherwise like `play_match`.
    """
    count = max(batch.arena.sides) + 1
    if count == 2:
        return play_match(batch, players, bouts, seed, watch)
    more = bouts if count % 2 == 0 else bouts - bouts // 2
    teams = [players[k % 2] for k in range(count + 1)]
    first = play_match(batch, teams[:count], more, seed, watch)
    # The seeds of a match's halves are far from those of other matches, which are drawn from 32 bits.
    second = play_match(batch, teams[1:], bouts - more, seed + 2, watch) if bouts > more else []
    turned = [replace(_of_two(bout).turned(), index=more + bout.index) for bout in second]
    return [*map(_of_two, first), *turned]


def _of_two(bout: Bout) -> Bout:
    """Return a bout of teams that belong to two players in turn, with the number of the player who won."""
    return replace(bout, winner=NOBODY if bout.winner == NOBODY else bout.winner % 2)
