"""Rankings: the results of bouts of two or more sides, and the comparisons of one player that follow from them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, permutations, product

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.run.record import Match


@dataclass(frozen=True)
class Ranking:
    """Bouts of one player against others with the same result; a side of several seats counts as one.

    Raises `DohyoError` unless there is one rank per side.
    """

    player: str
    others: tuple[str, ...]
    """The player of each other side; a name may occur more than once."""
    ranks: tuple[int, ...]
    """The rank of `player`, then those of the others. The smallest is best; equal ranks are a draw."""
    bouts: int = 1
    """Number of bouts with this result."""

    def __post_init__(self) -> None:
        if len(self.ranks) != 1 + len(self.others):
            raise DohyoError(f"{len(self.ranks)} ranks for {1 + len(self.others)} sides: give one rank per side")


@dataclass(frozen=True)
class Comparison:
    """A player against several others at once: in `wins` of `bouts` bouts the player was the best of all."""

    others: tuple[str, ...]
    wins: float
    bouts: float


def of_match(match: Match) -> list[Ranking]:
    """Return the bouts of a match as rankings: with two sides its wins, draws and losses."""
    if match.ranks:
        others = (match.opponent,) * (match.sides - 1)
        return [Ranking(match.player, others, ranks, bouts) for ranks, bouts in match.ranks.items()]
    score = match.score
    ends = ((0, 1), score.wins), ((0, 0), score.draws), ((1, 0), score.losses)
    return [Ranking(match.player, (match.opponent,), ranks, bouts) for ranks, bouts in ends]


def comparisons(rankings: Sequence[Ranking]) -> list[Comparison]:
    """Return the comparisons of the player in rankings by the Plackett-Luce model (Luce 1959, Plackett 1975).

    The best of all sides is chosen first, then the best of the rest, and so on. The player is compared with the
    remaining sides until it is chosen. A draw counts as all orders of the drawn sides, equally: between two sides,
    half a win and half a loss.
    """
    wins: defaultdict[tuple[str, ...], float] = defaultdict(float)
    bouts: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for ranking in rankings:
        orders = list(_orders(ranking.ranks))
        weight = ranking.bouts / len(orders)
        for order in orders:
            place = order.index(0)
            for stage in range(min(place + 1, len(order) - 1)):
                left = tuple(sorted(ranking.others[side - 1] for side in order[stage:] if side))
                bouts[left] += weight
                wins[left] += weight * (stage == place)
    return [Comparison(others, wins[others], count) for others, count in bouts.items()]


def _orders(ranks: tuple[int, ...]) -> Iterator[list[int]]:
    """Yield all orders of the sides, best first, that agree with their ranks; draws are broken in every way."""
    groups = [[side for side, rank in enumerate(ranks) if rank == best] for best in sorted(set(ranks))]
    for order in product(*map(permutations, groups)):
        yield list(chain.from_iterable(order))
