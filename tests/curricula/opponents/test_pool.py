"""The pool of opponents: the versions that it draws, and the worlds in which each acts."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import doubles
import numpy as np
import pytest
from doubles import ORIGIN, FloatArray, lstm, pool_of, snapshot
from hypothesis import given
from hypothesis import strategies as st

from dohyo.agents.policies.cache import PolicyCache
from dohyo.agents.snapshot import Snapshot, SnapshotError, make_snapshot, save_snapshot
from dohyo.arenas.arrays import IntArray
from dohyo.arenas.errors import UnknownName
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.payoffs import Payoffs
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.opponents.samplers import latest, parse_sampler


def unmet(count: int) -> Payoffs:
    payoffs = Payoffs()
    payoffs.grow(count)
    return payoffs


def drawn(name: str, count: int, n: int = 400) -> set[int]:
    return set(parse_sampler(name)(unmet(count), np.random.default_rng(0), n).tolist())


@pytest.mark.parametrize(
    ("name", "count", "support"),
    [
        ("uniform(0.5)", 1, {0}),
        ("uniform(0.5)", 5, {2, 3, 4}),
        ("uniform(0.5)", 4, {2, 3}),  # from 1.5
        ("uniform(0)", 5, {0, 1, 2, 3, 4}),
        ("uniform(0.0)", 2, {0, 1}),
        ("uniform(1)", 5, {4}),
        ("uniform(1.0)", 1, {0}),
        ("uniform(.8)", 11, {8, 9, 10}),
        ("uniform(0.07)", 101, set(range(7, 101))),  # in floats 0.07 * 100 is above 7
        ("latest", 1, {0}),
        ("latest", 9, {8}),
        ("window(3)", 9, {6, 7, 8}),
        ("window(20)", 3, {0, 1, 2}),
        ("quality", 4, {0, 1, 2, 3}),
        ("pfsp(variance)", 3, {0, 1, 2}),
    ],
)
def test_the_versions_that_can_be_met(name: str, count: int, support: set[int]):
    assert drawn(name, count, 4000) == support


@given(count=st.integers(1, 300), twentieths=st.integers(0, 20), seed=st.integers(0, 99))
def test_uniform_keeps_to_its_range(count: int, twentieths: int, seed: int):
    oldest = Fraction(twentieths, 20) * (count - 1)
    versions = parse_sampler(f"uniform({twentieths / 20})")(unmet(count), np.random.default_rng(seed), 50)
    assert versions.shape == (50,)
    assert all(oldest <= int(v) <= count - 1 for v in versions)


def test_uniform_is_uniform():
    versions = parse_sampler("uniform(0.5)")(unmet(19), np.random.default_rng(0), 10_000)  # 9 .. 18
    counts = np.bincount(versions, minlength=19)[9:]
    chi_square = float(np.sum((counts - 1000.0) ** 2 / 1000.0))
    assert chi_square < 27.88  # the 99.9 % quantile for 9 degrees of freedom


def test_latest_by_name():
    assert parse_sampler("latest") is latest


WRONG = ["", "oldest", "uniform", "uniform()", "uniform(2)", "uniform(-0.5)", "uniform(1.2.3)", "uniform(.)"]
WRONG += ["window", "window(0)", "window(1.5)", "window(3", "quality()", "pfsp()", "pfsp(hard)", "pfsp(linear"]
WRONG += ["uniform(0.5", "uniform(nan)", "uniform(\N{ARABIC-INDIC DIGIT ZERO})", "LATEST", "latest "]


@pytest.mark.parametrize("name", WRONG)
def test_other_names_are_refused(name: str):
    with pytest.raises(
        UnknownName, match=r"choose one of: latest, uniform\(DELTA\), window\(N\), quality, pfsp"
    ) as caught:
        parse_sampler(name)
    assert "\n" not in str(caught.value)


class Scaled:
    """A policy whose action is a multiple of the observation; it counts its calls."""

    memory = 0

    def __init__(self, factor: float) -> None:
        self.factor, self.calls = factor, 0

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        self.calls += 1
        return (self.factor * observation[:, :2]).astype(np.float32)


class Scripted:
    """A sampler that returns the versions of a list."""

    def __init__(self, versions: list[int]) -> None:
        self.versions = versions

    def __call__(self, payoffs: Payoffs, rng: np.random.Generator, n: int) -> IntArray:
        taken, self.versions = self.versions[:n], self.versions[n:]
        return np.array(taken, np.intp)


@pytest.fixture
def players(monkeypatch: pytest.MonkeyPatch) -> list[Scaled]:
    """Three snapshots on disk, by name a, b and c, which multiply by 1, 10 and 100."""
    players = [Scaled(1), Scaled(10), Scaled(100)]

    class Loaded:
        def __init__(self, folder: Path, name: str) -> None:
            assert folder == Path("snapshots")
            self.version = ["a", "b", "c"].index(name)

        def policy(self, *, stochastic: bool, seed: np.random.Generator) -> Scaled:
            assert stochastic
            return players[self.version]

    monkeypatch.setattr(doubles, "load_named", Loaded)
    return players


def pool(versions: list[int]) -> Pool:
    return pool_of(Path("snapshots"), [["a", "b", "c"]], Evenly(Scripted(versions)), worlds=6, seed=0)


def test_everyone_is_met_by_the_opponent_drawn_for_it(players: list[Scaled]):
    crowd = pool([2, 0, 1, 0, 2])
    worlds = np.array([1, 2, 3, 4, 5])
    crowd.assign(worlds)
    seen = np.arange(15, dtype=np.float32).reshape(5, 3)
    factors = np.array([[100], [1], [10], [1], [100]])
    np.testing.assert_array_equal(crowd.act(seen, worlds), factors * seen[:, :2])
    assert [player.calls for player in players] == [1, 1, 1]
    np.testing.assert_array_equal(crowd.act(seen[[4, 0]], np.array([5, 1])), 100 * seen[[4, 0], :2])
    assert [player.calls for player in players] == [1, 1, 2]


def test_the_same_one_by_one(players: list[Scaled]):
    crowd = pool([1, 2, 0, 1, 2, 0])
    worlds = np.arange(6)
    crowd.assign(worlds)
    seen = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    single = [crowd.act(seen[[w]], np.array([w])) for w in worlds]
    np.testing.assert_array_equal(crowd.act(seen, worlds), np.concatenate(single))


def test_only_the_worlds_asked_for_change_opponents(players: list[Scaled]):
    crowd, worlds, ones = pool([1, 1, 1, 1, 1, 1, 2, 0]), np.arange(6), np.ones((6, 3), np.float32)
    crowd.assign(worlds)
    crowd.assign(np.array([4, 2]))
    np.testing.assert_array_equal(crowd.act(ones, worlds)[:, 0], [10, 10, 1, 10, 100, 10])
    crowd.assign(np.array([], np.intp))
    np.testing.assert_array_equal(crowd.act(ones, worlds)[:, 0], [10, 10, 1, 10, 100, 10])


def stored(tmp_path: Path) -> list[Snapshot]:
    snapshots = [snapshot(seed=s) for s in range(3)]
    for taken in snapshots:
        save_snapshot(taken, tmp_path)
    return snapshots


def test_opponents_draw_their_actions_and_repeat_with_the_seed(tmp_path: Path):
    snapshots = stored(tmp_path)
    names = [taken.name for taken in snapshots]
    seen, worlds = snapshots[2].tensors["mean"][None].repeat(4, axis=0), np.arange(4)
    actions = []
    for seed in (7, 7, 8):
        crowd = pool_of(tmp_path, [names], Evenly(latest), worlds=4, seed=seed)
        crowd.assign(worlds)
        actions.append(crowd.act(seen, worlds))
    np.testing.assert_array_equal(actions[0], actions[1])
    assert not np.array_equal(actions[0], actions[2])
    assert len(np.unique(actions[0][:, 0])) > 1  # the same observation, yet different draws


def test_a_snapshot_taken_later_is_met_from_then_on(tmp_path: Path):
    snapshots = stored(tmp_path)
    names = [snapshots[0].name]
    crowd = pool_of(tmp_path, [names], Evenly(latest), worlds=1, seed=0)
    crowd.assign(np.array([0]))
    names.append("a list of others")  # the pool keeps its own
    crowd.assign(np.array([0]))
    crowd.act(np.ones((1, 3), np.float32), np.array([0]))
    crowd.ledger.add(0, "gone")
    crowd.act(np.ones((1, 3), np.float32), np.array([0]))  # the bout goes on against the first
    crowd.assign(np.array([0]))
    with pytest.raises(SnapshotError, match="gone"):
        crowd.act(np.ones((1, 3), np.float32), np.array([0]))


def test_a_share_of_the_opponents_is_the_oldest_snapshot():
    """Of 6,000 draws of version 2, 30 % become version 0: 1,800 with a standard deviation of 35."""
    worlds = np.arange(6000)
    crowd = pool_of(
        Path("snapshots"), [["a", "b", "c"]], Evenly(lambda payoffs, rng, n: np.full(n, 2), first=0.3), 6000, seed=0
    )
    crowd.assign(worlds)
    versions, counts = np.unique(crowd._version, return_counts=True)
    assert versions.tolist() == [0, 2]
    assert abs(counts[0] - 1800) < 4 * 35


def test_a_gathered_crowd_is_all_that_is_met():
    """Of three the sampler draws two; guests are met as ever, in a quarter of 6,000 with a deviation of 34."""
    sampler = lambda payoffs, rng, n: rng.integers(1, 3, size=n)  # noqa: E731
    crowd = pool_of(Path(), [["a", "b", "c"]], Evenly(sampler), 6000, seed=0, guests=["x"], guest_share=0.25)
    met = []
    for count, found in ((1, 1), (2, 2), (3, 2)):
        assert crowd.gather(count) == found
        crowd.assign(np.arange(6000))
        assert abs((crowd._chain == 1).sum() - 1500) < 4 * 34
        met.append(set(crowd._version[crowd._chain == 0].tolist()))
    assert met[0] in ({1}, {2})
    assert met[1:] == [{1, 2}, {1, 2}]


def test_a_crowd_is_drawn_anew():
    crowd = pool_of(Path(), [["a", "b", "c"]], Evenly(parse_sampler("uniform(0)")), 2, seed=0)
    first = {int(version) for _ in range(30) if crowd.gather(1) for version in [crowd._gathered[1, 0]]}
    assert first == {0, 1, 2}


def test_where_there_are_guests_alone_nobody_is_gathered():
    crowd = pool_of(Path(), [], Evenly(latest), 4, seed=0, guests=["x"])
    assert crowd.gather(3) == 0
    crowd.assign(np.arange(4))
    assert crowd._chain.tolist() == [0, 0, 0, 0]


def test_what_is_held_of_the_policies_changes_no_action(tmp_path: Path):
    """Three recurrent snapshots, met in turn by bouts that go on; one pool can hold a single one of them."""
    origin = replace(ORIGIN, observation=4)
    names = [save_snapshot(make_snapshot(replace(origin, seed=k), lstm()), tmp_path).stem for k in range(3)]
    plays = []
    for most in (1, 10**9):
        pool = pool_of(tmp_path, [names], Evenly(Scripted([0, 1, 2, 1, 2, 0])), worlds=3, seed=0)
        pool._policies = PolicyCache(pool._find, most=most)
        worlds, played = np.arange(3), []
        for _ in range(2):
            pool.assign(worlds)
            played += [pool.act(np.full((3, 4), step, np.float32), worlds) for step in range(3)]
        plays.append(np.stack(played))
    np.testing.assert_array_equal(*plays)
