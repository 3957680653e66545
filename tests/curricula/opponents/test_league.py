"""Kinds of a league's learners: their opponents, when a copy joins and when they start anew, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dohyo.curricula.matches.roles import Role
from dohyo.curricula.opponents.league import KINDS, LEAGUE_EXPLOITER, MAIN, MAIN_EXPLOITER, Standings
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.run.learners import LearnerSpec, by_name, plan_learners, rivals

BOTH, KICKER, KEEPER = Role("sumo", (0, 1), (0, 1)), Role("kicker", (0,), (0,)), Role("keeper", (1,), (1,))


def chain(rates: Sequence[float], games: float = 20) -> Payoffs:
    """Payoffs of a chain from the bouts against each version and the shares of wins."""
    count = len(rates)
    return Payoffs(np.full(count, float(games)), games * np.array(rates, float), np.zeros(count))


def standings(*chains: tuple[str, Sequence[float]]) -> Standings:
    return Standings.of([kind for kind, _ in chains], [chain(rates) for _, rates in chains])


def chances(kind: str, known: Standings, mirrored: bool = False) -> list[float]:
    listed: list[float] = KINDS[kind].chances(known, mirrored).tolist()
    assert sum(listed) == pytest.approx(1)
    return listed


def test_a_main_agent_with_nothing_forgotten_meets_the_hard_and_itself():
    """Weights 0.1^2 and 0.5^2 of 0.26 for half; win rates fall as opponents get newer, so the rest is self-play."""
    known = standings((MAIN, [0.9, 0.5]), (MAIN_EXPLOITER, []), (LEAGUE_EXPLOITER, []))
    assert chances(MAIN, known) == pytest.approx([0.5 / 26, 0.5 * 25 / 26 + 0.5])
    # 50 and 15 % of what is left once mirror bouts have taken 35.
    assert chances(MAIN, known, mirrored=True) == pytest.approx([0.5 / 26 / 0.65, (0.5 * 25 / 26 + 0.15) / 0.65])


def test_a_main_agent_goes_back_to_a_main_exploiter_that_beats_it():
    """The exploiters' weights are 0.64 and 0.16 of 0.8; of all, with 0.25 for itself and 0.04, 1.09."""
    known = standings((MAIN, [0.5]), (MAIN_EXPLOITER, [0.2, 0.6]), (LEAGUE_EXPLOITER, [0.8]))
    expected = [0.5 * 0.25 / 1.09 + 0.35, 0.5 * 0.64 / 1.09 + 0.12, 0.5 * 0.16 / 1.09 + 0.03, 0.5 * 0.04 / 1.09]
    assert chances(MAIN, known) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("rates", "verification"),
    [
        (
            [0.6, 0.8, 0.5, 0.5],
            [0.8, 0.2, 0, 0],
        ),  # 0.16 and 0.04; after the last rise nothing is forgotten
        ([0.7, 0.8, 0.5], [0, 0, 1]),  # beaten in 70 %: not forgotten
        ([0.9, 0.2, 0.4], [1 / 101, 64 / 101, 36 / 101]),  # 0.01, 0.64, 0.36
    ],
)
def test_a_main_agent_meets_forgotten_opponents_again(rates: list[float], verification: list[float]):
    weights = (1 - np.array(rates)) ** 2
    rest = np.array(chances(MAIN, standings((MAIN, rates)), mirrored=True)) * 0.65 - 0.5 * weights / weights.sum()
    assert (rest / 0.15).tolist() == pytest.approx(verification, abs=1e-9)


def test_who_was_never_met_is_not_forgotten():
    known = Standings.of([MAIN], [Payoffs(np.array([9.0, 0]), np.array([1.8, 0]), np.zeros(2))])  # 0.2, then unmet: 0.5
    # Weights 0.64 and 0.25 of 0.89; verification is self-play.
    assert chances(MAIN, known, mirrored=True) == pytest.approx([0.32 / 0.89 / 0.65, (0.125 / 0.89 + 0.15) / 0.65])


def test_self_play_against_one_too_strong_falls_back_on_its_past():
    """Two keepers: the first wins 70 % now, and its past has weights 0.25 and 0.21; the second is met as it is."""
    known = standings((MAIN, [0.5, 0.3]), (MAIN, [0.9, 0.31]))
    weights = np.array([0.25, 0.49, 0.01, 0.69**2])
    own = np.array([0.25 / 0.46, 0.21 / 0.46, 0, 1]) / 2
    assert chances(MAIN, known) == pytest.approx(0.5 * weights / weights.sum() + 0.5 * own)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([0.8, 0.5, 0.2], [0, 0, 1]),
        ([0.8, 0.5, 0.1], [0.16, 0.25, 0.09 + 0.5]),  # weights 0.16, 0.25 and 0.09 make a half
    ],
)
def test_a_main_exploiter_meets_the_agent_as_it_is_unless_it_is_hopeless(rates: list[float], expected: list[float]):
    known = standings((MAIN, rates), (MAIN_EXPLOITER, [0.1]), (LEAGUE_EXPLOITER, [0.2]))
    assert chances(MAIN_EXPLOITER, known) == pytest.approx([*expected, 0, 0])


def test_a_main_exploiter_meets_every_main_agent_alike():
    assert chances(MAIN_EXPLOITER, standings((MAIN, [0.5, 0.5]), (MAIN, [0.3]))) == [0, 0.5, 0.5]


def test_a_league_exploiter_meets_all_and_the_hard_more():
    """Weights 0.1, 0.5, 0.5 (0.8 at most 0.5) and 0.4 of 1.5."""
    known = standings((MAIN, [0.9, 0.2]), (MAIN_EXPLOITER, [0.5]), (LEAGUE_EXPLOITER, [0.6]))
    assert chances(LEAGUE_EXPLOITER, known) == pytest.approx([1 / 15, 1 / 3, 1 / 3, 4 / 15])


def test_draws_name_chain_and_version():
    """Weights 0.1, 0.5 and 0.5 of 1.1; 11,000 draws have a standard deviation of 30 and 52."""
    draw = KINDS[LEAGUE_EXPLOITER].matchmaker([MAIN, MAIN_EXPLOITER, LEAGUE_EXPLOITER], mirrored=False)
    drawn = draw([chain([0.9, 0.2]), chain([]), chain([0.5])], np.random.default_rng(0), 11_000)
    pairs, counts = np.unique(np.array(drawn), axis=1, return_counts=True)
    assert pairs.T.tolist() == [[0, 0], [0, 1], [2, 0]]
    assert np.abs(counts - [1000, 5000, 5000]).max() < 4 * 52


@pytest.mark.parametrize(
    ("kind", "rates", "games", "generations", "joins"),
    [
        (MAIN, [0.0], 0, 0, True),
        (MAIN_EXPLOITER, [0.1, 0.71], 10, 1, True),  # the agent as it is counts, not its past
        (MAIN_EXPLOITER, [0.9, 0.70], 10, 1, False),
        (MAIN_EXPLOITER, [0.9, 0.9], 9.9, 1, False),  # too few bouts to tell
        (MAIN_EXPLOITER, [0.0, 0.0], 10, 39, False),
        (MAIN_EXPLOITER, [0.0, 0.0], 10, 40, True),  # two time-outs
        (LEAGUE_EXPLOITER, [0.71, 0.71], 10, 1, True),
        (LEAGUE_EXPLOITER, [0.70, 0.9], 10, 1, False),
        (LEAGUE_EXPLOITER, [0.0, 0.0], 10, 19, False),
        (LEAGUE_EXPLOITER, [0.0, 0.0], 10, 20, True),  # one
    ],
)
def test_when_a_copy_joins(kind: str, rates: list[float], games: float, generations: int, joins: bool):
    known = Standings.of([MAIN], [chain(rates, games)])
    assert KINDS[kind].joins(known, generations, timeout=20) is joins


def test_where_guests_alone_are_met_time_decides():
    nobody = Standings.of([], [])
    assert [KINDS[LEAGUE_EXPLOITER].joins(nobody, k, timeout=20) for k in (19, 20)] == [False, True]


def test_a_league_exploiter_must_beat_all_kinds_and_a_main_exploiter_the_main_agents_alone():
    known = standings((MAIN, [0.8]), (MAIN_EXPLOITER, [0.6]))
    assert not KINDS[LEAGUE_EXPLOITER].joins(known, 1, timeout=20)
    assert KINDS[MAIN_EXPLOITER].joins(known, 1, timeout=20)
    assert not KINDS[MAIN_EXPLOITER].joins(standings((MAIN, [0.8]), (MAIN, [0.7])), 1, timeout=20)


@pytest.mark.parametrize(("kind", "share"), [(MAIN, 0.0), (MAIN_EXPLOITER, 1.0), (LEAGUE_EXPLOITER, 0.25)])
def test_who_begins_anew(kind: str, share: float):
    """Of 4,000 a quarter is 1,000 with a standard deviation of 27."""
    fates = [KINDS[kind].resets(7, generation) for generation in range(4000)]
    assert abs(sum(fates) - 4000 * share) <= (4 * 27 if 0 < share < 1 else 0)
    assert fates[:50] == [KINDS[kind].resets(7, generation) for generation in range(50)]


def test_names_say_the_kind():
    learners = by_name(plan_learners([KICKER, KEEPER], 1, tuple(KINDS)))
    assert list(learners) == [
        *("kicker", "keeper", "kicker-main-exploiter", "keeper-main-exploiter"),
        *("kicker-league-exploiter", "keeper-league-exploiter"),
    ]
    assert [spec.kind for spec in learners.values()] == [MAIN] * 2 + [MAIN_EXPLOITER] * 2 + [LEAGUE_EXPLOITER] * 2
    roles = {name: spec.role for name, spec in learners.items()}
    assert rivals(roles, "kicker-main-exploiter") == [name for name in learners if name.startswith("keeper")]
    several = by_name(plan_learners([BOTH], 2, (MAIN, MAIN_EXPLOITER)))
    assert list(several) == ["sumo-1", "sumo-2", "sumo-1-main-exploiter", "sumo-2-main-exploiter"]
    assert several["sumo-2-main-exploiter"] == LearnerSpec(BOTH, MAIN_EXPLOITER, 2)


def test_a_kind_does_not_come_from_the_name():
    """A role can end in the name of a kind: the learner is a main agent all the same."""
    (learner,) = plan_learners([replace(BOTH, name="my-league-exploiter")], 1)
    assert (learner.name, learner.kind) == ("my-league-exploiter", MAIN)
