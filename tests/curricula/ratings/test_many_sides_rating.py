"""Ratings of bouts with more than two sides go by rank."""

import pytest

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.ranking import Ranking, of_match
from dohyo.curricula.ratings.rating import rate
from dohyo.curricula.run.record import Match


def test_a_match_of_three_sides_is_its_ranks():
    match = Match("a", "zero", Score(2, 1, 3), {(0, 1, 2): 2, (1, 0, 2): 3, (0, 0, 2): 1})
    assert match.sides == 3
    assert of_match(match) == [
        Ranking("a", ("zero", "zero"), (0, 1, 2), 2),
        Ranking("a", ("zero", "zero"), (1, 0, 2), 3),
        Ranking("a", ("zero", "zero"), (0, 0, 2), 1),
    ]
    assert Match("a", "zero", Score(2, 1, 3)).sides == 2


@pytest.mark.parametrize("sides", [3, 4])
def test_equals_are_rated_alike_and_who_is_placed_higher_is_rated_higher(sides: int):
    """An equal has every place as often, so that it is rated as its opponent, the anchor, at 25."""
    others = tuple(range(1, sides))

    def ranks(place: int) -> tuple[int, ...]:
        rest = [k for k in (0, *others) if k != place]
        return (place, *rest)

    def rated(counts: dict[int, int]) -> float:
        match = Match("a", "zero", Score(0, 0, 0), {ranks(place): count for place, count in counts.items()})
        return rate(["zero"], [match])["a"].mu

    assert rated(dict.fromkeys(range(sides), 50)) == pytest.approx(25, abs=1e-6)
    second, last = rated({1: 100}), rated({sides - 1: 100})
    assert last < second < rated({0: 100})
