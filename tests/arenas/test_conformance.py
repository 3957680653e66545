"""The guarantees of every arena, on every engine and with every body."""

import hashlib
import subprocess
import sys
import types
from collections.abc import Callable
from functools import partial
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pettingzoo
import pytest
from pettingzoo.test import (
    api_test,
    max_cycles_test,
    parallel_api_test,
    parallel_seed_test,
    render_test,
    seed_test,
)
from states import ENGINES, play

from dohyo.arenas import ARENAS, make_batch
from dohyo.arenas.registry import build_arena
from dohyo.arenas.views.parallel_env import entry_points


def lineups(arena: str) -> list[str]:
    """The bodies to test: one for all seats, and for two seats every pair, in both orders if roles differ."""
    spec = ARENAS[arena]
    if spec.seats != 2:
        return list(spec.bodies)
    alike = len(set(build_arena(arena).roles)) == 1
    pairs = combinations(spec.bodies, 2) if alike else permutations(spec.bodies, 2)
    return [*spec.bodies, *map(",".join, pairs)]


CASES = [
    (arena, bodies, engine)
    for arena in ARENAS
    for bodies in lineups(arena)
    for engine in ENGINES
    if engine in ARENAS[arena].engines
]
FAST = {
    "sumo": ["ant", "humanoid", "ant,spider"],
    "sumo_3": [],
    "sumo_2v2": [],
    "paper/sumo-ants": ["paper_ant"],
    "paper/robosumo": ["robosumo_ant,robosumo_bug"],
}
"""Line-ups in the fast set: of other arenas the ant's alone."""


def cases(bodies: Callable[[str], bool]) -> pytest.MarkDecorator:
    """Parametrise over the line-ups that `bodies` takes; those that are not in the fast set are slow."""
    parameters = [
        pytest.param(*case, marks=[] if case[1] in FAST.get(case[0], ["ant"]) else pytest.mark.slow)
        for case in CASES
        if bodies(case[1])
    ]
    return pytest.mark.parametrize(("arena", "body", "engine"), parameters)


every = cases(lambda bodies: True)
one_body = cases(lambda bodies: bodies == "ant")


def makers(arena: str, body: str, engine: str) -> types.SimpleNamespace:
    """The two constructors in PettingZoo's registry; before version 1.26 there was no registry."""
    if hasattr(pettingzoo, "make"):
        name = f"dohyo/{ARENAS[arena].id}"
        env, parallel_env = (partial(pettingzoo.make, form, name) for form in ("aec", "parallel"))
    else:
        env, parallel_env = entry_points(arena)
    return types.SimpleNamespace(
        parallel_env=partial(parallel_env, body=body, engine=engine), env=partial(env, body=body, engine=engine)
    )


@every
def test_parallel_api(arena, body, engine):
    parallel_api_test(makers(arena, body, engine).parallel_env(), num_cycles=300)


@every
@pytest.mark.filterwarnings("ignore:Agent's m.*imum observation space value:UserWarning")  # speeds have no bound
@pytest.mark.filterwarnings(
    "ignore:.* different (observation|action)? *(space sizes|shapes):UserWarning"
)  # bodies differ
def test_aec_api(arena, body, engine):
    api_test(makers(arena, body, engine).env(), num_cycles=300)


@every
def test_seeds(arena, body, engine):
    parallel_seed_test(makers(arena, body, engine).parallel_env, num_cycles=200)
    seed_test(makers(arena, body, engine).env, num_cycles=100)


@one_body  # three seconds each, and what PettingZoo asks of pictures does not depend on who is in them
def test_rendering(arena, body, engine):
    render_test(makers(arena, body, engine).env)


@every
def test_max_cycles(arena, body, engine):
    max_cycles_test(makers(arena, body, engine))


def random_play(arena, body, engine, steps):
    """Observations in their spaces, finite; rewards finite, bounded, and the sum of what the step says they are."""
    batch, rng = make_batch(arena, body, engine, worlds=2, alpha=0.25), np.random.default_rng(1)
    batch.reset(11)
    bouts = 0
    for _ in range(steps // 2):
        step = batch.step([rng.uniform(-1, 1, (2, *space.shape)) for space in batch.action_spaces])
        for space, observation in zip(batch.observation_spaces, step.observation, strict=True):
            assert all(space.contains(row) for row in observation)
            assert np.isfinite(observation).all()
        assert step.reward == pytest.approx(0.25 * sum(step.terms.values()) + 0.75 * step.outcome)
        assert np.abs(step.outcome).max() <= 2000  # a keeper that touched the ball and stands
        assert np.abs(step.dense).max() <= 1000
        assert (step.outcome[~step.done[:, None] & ~step.out] == 0).all()
        bouts += len(step.finished.ids)
    assert batch.diverged == 0
    batch.close()
    return bouts


@every
def test_random_play_stays_in_bounds(arena, body, engine):
    random_play(arena, body, engine, 300)


@every
@pytest.mark.slow
def test_long_random_play_stays_in_bounds(arena, body, engine):
    assert random_play(arena, body, engine, 10_000) >= 10


@every
def test_one_world_plays_what_it_plays_among_many(arena, body, engine):
    """World w of `reset(seed)` is world 0 of `reset(seed + w)`, bit for bit, from one bout to the next."""
    make = partial(make_batch, arena, body, engine, max_cycles=30)
    many = make(worlds=3)
    together = play(many, seed=20, steps=100)
    for w in range(3):
        one = make(worlds=1)
        assert np.array_equal(play(one, seed=20 + w, steps=100)[:, 0], together[:, w])
        one.close()
    many.close()


@every
def test_a_seed_repeats_whatever_came_before(arena, body, engine):
    batch = make_batch(arena, body, engine, worlds=2, max_cycles=40)
    first = play(batch, seed=3, steps=120)
    other = play(batch, seed=99, steps=150, actions_seed=5)
    assert not np.array_equal(first[:100], other[:100])
    assert np.array_equal(play(batch, seed=3, steps=120), first)
    batch.close()


HERE = Path(__file__).parent
FINGERPRINT = """
import sys; sys.path[:0] = {folders!r}
from test_conformance import fingerprint
print(fingerprint(*{case!r}))
"""


def fingerprint(arena: str, body: str, engine: str) -> str:
    """Digest of three short bouts in two worlds."""
    batch = make_batch(arena, body, engine, worlds=2, max_cycles=20)
    digest = hashlib.sha256(play(batch, seed=8, steps=60).tobytes()).hexdigest()
    batch.close()
    return digest


@every
def test_a_seed_repeats_in_a_new_process(arena, body, engine):
    code = FINGERPRINT.format(folders=[str(HERE), str(HERE.parent)], case=(arena, body, engine))
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == fingerprint(arena, body, engine)


@every
def test_without_a_seed_bouts_differ(arena, body, engine):
    batch = make_batch(arena, body, engine, worlds=2)
    first = batch.reset()[0].copy()
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(batch.reset()[0], first)
    batch.close()


@every
def test_entries_describe_the_whole_observation(arena, body, engine):
    batch = make_batch(arena, body, engine, worlds=1)
    for seat, space in enumerate(batch.observation_spaces):
        entries = batch.arena.entries(seat)
        assert sum(entry.size for entry in entries) == space.shape[0]
        assert len({entry.name for entry in entries}) == len(entries)
        assert all(entry.unit and entry.frame and entry.meaning for entry in entries)
    batch.close()


@every
def test_every_term_is_in_the_table(arena, body, engine):
    batch = make_batch(arena, body, engine, worlds=1)
    batch.reset(0)
    step = batch.step([np.zeros((1, *space.shape)) for space in batch.action_spaces])
    assert list(step.terms) == [term.name for term in batch.arena.terms]
    batch.close()


@every
def test_the_final_observation_is_kept(arena, body, engine):
    """With worlds reset in place, `finished` holds what a batch without resets sees last."""
    resetting, plain = (make_batch(arena, body, engine, 2, max_cycles=5, autoreset=on) for on in (True, False))
    play(resetting, 1, 4)
    play(plain, 1, 4)
    still = [np.zeros((2, *space.shape)) for space in plain.action_spaces]
    ours, theirs = resetting.step(still), plain.step(still)
    assert ours.done.all()
    assert ours.finished.steps.tolist() == [5, 5]
    for seat in range(len(plain.seats)):
        assert np.array_equal(ours.finished.observation[seat], theirs.observation[seat])
        assert not np.array_equal(ours.observation[seat], theirs.observation[seat])
    resetting.close()
    plain.close()
