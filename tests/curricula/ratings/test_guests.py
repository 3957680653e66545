"""Guests: players from outside the run as opponents of a learner, and a best response to one of them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import pool_of, shorten_bouts, tiny_config

from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.opponents.pool import Pool
from dohyo.curricula.opponents.samplers import latest
from dohyo.curricula.ratings.references import references, titles
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("sumo", "kick_and_defend"):
        shorten_bouts(monkeypatch, arena=arena)


def train(path: Path, config: TrainConfig, *guests: Snapshot) -> RunFolder:
    folder = RunFolder.create_or_resume(path, replace(config, guests=tuple(guest.name for guest in guests)))
    for guest in guests:
        folder.save_snapshot(guest)
    Training(folder).run()
    return folder


def kick(**changes: Any) -> TrainConfig:
    return tiny_config(arena="kick_and_defend", **changes)


def met(pool: Pool) -> dict[str, int]:
    """The number of draws of each snapshot in 6,000 bouts."""
    pool.assign(np.arange(6000))
    names = [pool.ledger.chains[chain][version] for chain, version in zip(pool._chain, pool._version, strict=True)]
    return {name: names.count(name) for name in sorted(set(names))}


def test_a_share_of_the_bouts_meets_guests():
    """Of 6,000 bouts 1,500 meet a guest, half of them each; standard deviations are 34 and 26."""
    pool = pool_of(Path(), [["a", "b"]], Evenly(latest), 6000, seed=0, guests=["x", "y"], guest_share=0.25)
    counts = met(pool)
    assert set(counts) == {"b", "x", "y"}
    assert abs(counts["b"] - 4500) < 4 * 34
    assert abs(counts["x"] - 750) < 4 * 26


def test_where_nobody_else_is_guests_are_met_always():
    assert met(pool_of(Path(), [], Evenly(latest), 6000, seed=0, guests=["x"])) == {"x": 6000}


def test_a_best_response_meets_the_victim_alone(tmp_path: Path):
    victim = train(tmp_path / "victim", tiny_config(samples=1)).latest()
    folder = train(tmp_path / "run", tiny_config(mirror=0.0, guest_share=1.0, seed=7), victim)
    kept = folder.record.payoffs("sumo")
    assert {name for name, (games, _, _) in kept.items() if games} == {victim.name}
    assert list(references(folder))[:3] == ["zero", "random", victim.name]
    called = titles(references(folder), folder.record.generations())
    assert list(called.values())[:4] == ["zero", "random", f"guest {victim.name[:6]}", "gen 1"]
    newest = folder.latest().name
    assert victim.name in {m.opponent for m in folder.record.matches("mujoco") if m.player == newest}
    folder.close()


def test_one_role_alone_learns_against_a_guest(tmp_path: Path):
    keeper = train(tmp_path / "victim", kick(samples=1)).latest("keeper")
    folder = train(tmp_path / "run", kick(samples=200, roles=("kicker",)), keeper)
    assert {link.learner for link in folder.record.generations()} == {"kicker"}
    newest = folder.latest().name
    opponents = {m.opponent for m in folder.record.matches("mujoco") if m.player == newest}
    assert opponents == {"zero@keeper", "random@keeper", keeper.name}
    folder.close()


@pytest.mark.parametrize("name", ["zero", "random"])
def test_a_built_in_policy_as_a_guest(name: str, tmp_path: Path):
    """Its actions are as long as the keeper's: a humanoid has 17 joints, the kicker's ant 8."""
    config = kick(body="ant,humanoid", samples=200, roles=("kicker",), guests=(name,))
    folder = RunFolder.create_or_resume(tmp_path, config)
    training = Training(folder)
    training.run()
    games, _, _ = folder.record.payoffs("kicker")[name]
    assert games > 0
    assert list(references(folder))[:4] == ["zero@kicker", "zero@keeper", "random@kicker", "random@keeper"]
    assert name not in references(folder)
    pool = training.lineages[0].collector.pool
    actions = pool.act(np.zeros((config.worlds, 1), np.float32), np.arange(config.worlds))
    assert actions.shape == (config.worlds, 17)
    assert (np.abs(actions).max() > 0) == (name == "random")
    folder.close()


def test_guests_can_join_a_run_that_has_begun(tmp_path: Path):
    guest = train(tmp_path / "other", tiny_config(samples=1, seed=3)).latest()
    train(tmp_path / "run", tiny_config(samples=96)).close()
    folder = train(tmp_path / "run", tiny_config(samples=300, guest_share=0.5), guest)
    assert folder.record.payoffs("sumo")[guest.name][0] > 0
    folder.close()


def test_a_guest_that_nobody_can_meet(tmp_path: Path):
    kicker = train(tmp_path / "victim", kick(samples=1)).latest("kicker")
    with pytest.raises(DohyoError, match="cannot meet any of the learners"):
        train(tmp_path / "run", kick(samples=1, roles=("kicker",)), kicker)


def test_a_role_alone_without_guests_has_nobody_to_meet(tmp_path: Path):
    with pytest.raises(DohyoError, match="no opponents"):
        train(tmp_path / "run", kick(samples=1, roles=("kicker",)))


def test_without_guests_their_share_is_nothing():
    assert met(pool_of(Path(), [["a"]], Evenly(latest), 6000, seed=0, guest_share=0.5)) == {"a": 6000}


def test_an_unknown_role(tmp_path: Path):
    with pytest.raises(UnknownName, match="choose of: kicker, keeper"):
        train(tmp_path / "run", kick(samples=1, roles=("goalie",)))
