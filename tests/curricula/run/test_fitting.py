"""Snapshots of an older release, of another role and of another arena, for the seats of a run with surgery."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import ORIGIN, network, tiny_config

from dohyo.agents.snapshot import Part, Snapshot, SnapshotError, load_named, make_snapshot, save_snapshot
from dohyo.arenas.registry import build_arena
from dohyo.arenas.rules.arena import Arena, digest, observation_size
from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.fitting import fit

KICKER, KEEPER = 0, 1


def older(arena: Arena, seat: int) -> Snapshot:
    """A snapshot of a release in which the arena did not show the last entry yet."""
    entries = arena.entries(seat)[:-1]
    part, size = replace(Part.of(arena, seat), layout=digest(entries)), observation_size(entries)
    return make_snapshot(replace(ORIGIN, part=part, observation=size, action=8), network(size, 8), entries)


def config(**changes: object) -> TrainConfig:
    return tiny_config(arena="kick_and_defend", **changes)


def test_within_its_arena_a_snapshot_keeps_its_role():
    arena, surgery = build_arena("kick_and_defend"), config(surgery=True)
    old = older(arena, KICKER)
    with pytest.raises(SnapshotError, match="observations of another layout"):
        fit(old, config(), arena, KICKER)
    fitted = fit(old, surgery, arena, KICKER)
    fitted.check_plays(Part.of(arena, KICKER))
    assert (fitted.name, fitted.fresh) == (old.name, ("opponent joint angle",))
    with pytest.raises(SnapshotError, match=r"plays kick_and_defend as kicker .* not kick_and_defend as keeper"):
        fit(old, surgery, arena, KEEPER)


def test_a_snapshot_of_another_arena_plays_any_role():
    arena = build_arena("kick_and_defend")
    surgery = config(surgery=True, drop=("centre", "ring", "contact"))
    wrestler = older(build_arena("sumo"), 0)
    for seat in (KICKER, KEEPER):
        fit(wrestler, surgery, arena, seat).check_plays(Part.of(arena, seat))
    with pytest.raises(SnapshotError, match="not kick_and_defend as keeper"):
        fit(wrestler, config(), arena, KEEPER)


def test_a_snapshot_that_fits_is_left_alone():
    arena = build_arena("kick_and_defend")
    entries = arena.entries(KICKER)
    size = observation_size(entries)
    origin = replace(ORIGIN, part=Part.of(arena, KICKER), observation=size, action=8)
    snapshot = make_snapshot(origin, network(size, 8), entries)
    assert fit(snapshot, config(surgery=True), arena, KICKER) is snapshot


def test_opponents_of_an_older_release_act_as_before(tmp_path: Path):
    """The pool fits them when it loads them; what the entry that joined shows changes nothing."""
    arena = build_arena("kick_and_defend")
    old = older(arena, KEEPER)
    tensors = dict(old.tensors) | {"log_std": np.full(8, -30, np.float32)}  # no noise
    old = make_snapshot(old.origin, tensors, old.entries)
    save_snapshot(old, tmp_path)
    surgery = config(surgery=True)
    pool = Pool(
        lambda name: fit(load_named(tmp_path, name), surgery, arena, KEEPER),
        Ledger([[old.name]]),
        Evenly("latest"),
        worlds=3,
        seed=0,
    )
    worlds, size = np.arange(3), observation_size(arena.entries(KEEPER))
    pool.assign(worlds)
    seen = np.random.default_rng(0).normal(size=(3, size)).astype(np.float32)
    expected = old.policy().act(seen[:, : old.origin.observation])
    np.testing.assert_allclose(pool.act(seen, worlds), expected, atol=1e-6)
    assert pool.ledger.chains[0] == [old.name]
    assert [path.stem for path in tmp_path.iterdir()] == [old.name]
