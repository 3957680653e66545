"""The dense reward's terms with changed weights."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import shorten_bouts, tiny_config

from dohyo.arenas.batch import make_batch
from dohyo.arenas.errors import UnknownName
from dohyo.arenas.kick_and_defend import TERMS
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.base import Ground
from dohyo.cli.options import read_weights
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
STANDING = {"standing": 2.0, "centre": 0.0, "approach": 0.0, "push": 0.0, "topple": 0.0}


def test_a_term_alone_pays_its_weight():
    """Two braced ants stand: 2 a step less 0.05 for each of eight full actions."""
    batch = make_batch("sumo", engine="mujoco", worlds=3, workers=1, alpha=1.0)
    batch.arena.reweigh(STANDING)
    batch.reset(seed=0)
    for actions, pay in ((0.0, 2.0), (1.0, 2.0 - 8 * 0.05)):
        step = batch.step([np.full((3, 8), actions)] * 2)
        np.testing.assert_allclose(step.reward, pay)
    assert {term.name: term.weight for term in batch.arena.terms} == {**STANDING, "control": -0.05}
    assert list(step.terms) == ["centre", "control", "standing", "approach", "push", "topple"]
    batch.close()


def test_what_is_said_of_a_term_stays_and_other_arenas_keep_theirs():
    arena = build_arena("sumo")
    before = arena.terms[2]
    arena.reweigh({"standing": 7.0})
    assert (arena.terms[2].quantity, arena.terms[2].source) == (before.quantity, before.source)
    assert build_arena("sumo").terms[2].weight == 0.5  # docs/reference/arenas/sumo.md


def pay(arena: str) -> dict[str, list[list[list[float]]]]:
    """The rewards of every term in three steps of random actions."""
    batch = make_batch(arena, engine="mujoco", worlds=2, workers=1)
    batch.reset(seed=0)
    rng = np.random.default_rng(0)
    paid: dict[str, list[list[list[float]]]] = {term.name: [] for term in batch.arena.terms}
    for _ in range(3):
        step = batch.step([rng.uniform(-1, 1, (2, *space.shape)) for space in batch.action_spaces])
        for name, values in step.terms.items():
            paid[name].append(values.tolist())
    batch.close()
    return paid


@pytest.mark.parametrize("arena", ARENAS)
def test_the_order_of_the_terms_does_not_matter(arena: str, monkeypatch: pytest.MonkeyPatch):
    usual, init = pay(arena), Ground.__init__

    def turned(self: Ground, *arguments: Any) -> None:
        self.terms = self.terms[::-1]
        init(self, *arguments)

    monkeypatch.setattr(Ground, "__init__", turned)
    other = pay(arena)
    assert list(other) == list(usual)[::-1]
    assert other == usual


def test_an_unknown_term_lists_what_there_is():
    with pytest.raises(UnknownName, match=r"unknown term 'wind'; choose one of: control, forward, standing"):
        build_arena("run_to_goal").reweigh({"wind": 1.0})


def test_weights_are_read():
    assert read_weights(["standing=1", "push = -0.5", "standing=2e1"]) == {"standing": 20.0, "push": -0.5}


@pytest.mark.parametrize("text", ["standing", "standing=", "standing=much", "push=nan", "push=inf", ""])
def test_what_is_no_weight(text: str):
    with pytest.raises(UnknownName, match=r"give NAME=WEIGHT, such as standing=1"):
        read_weights([text])


def test_a_run_keeps_its_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    options = [
        "--engine",
        "mujoco",
        "--worlds",
        "2",
        "--workers",
        "1",
        "--samples",
        "1",
        "--out",
        str(tmp_path / "run"),
    ]
    chosen = ["--term", "standing=1", "--term", "push=0"]
    assert run_main("train", "sumo", *options, *chosen)[0] == 0
    folder = RunFolder.open(tmp_path / "run")
    assert folder.config.terms == {"standing": 1.0, "push": 0.0}
    folder.close()
    turned = [*chosen[2:], *chosen[:2]]
    assert run_main("train", "sumo", *options, *turned)[0] == 0
    status, _, errors = run_main("train", "sumo", *options)
    assert status == 1
    assert "other settings (terms)" in errors


def test_training_pays_by_the_runs_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Twelve steps of nothing but 3 for standing, dense throughout: an untrained ant stands, so each bout pays 36."""
    shorten_bouts(monkeypatch)
    terms = dict.fromkeys((*STANDING, "control"), 0.0) | {"standing": 3.0}
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config(terms=terms, dense="constant", samples=1))
    Training(folder).run()
    assert [g.curves["dense_return"] for g in folder.record.generations() if "dense_return" in g.curves] == [36.0]
    folder.close()


@pytest.mark.parametrize(("role", "earned"), [("kicker", 0.0), ("keeper", 24.0)])
def test_a_learners_curve_is_its_own_dense_return(
    role: str, earned: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Twelve steps of nothing but 2 for guarding, which pays the keeper alone: it starts before its goal, and stays."""
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    terms = dict.fromkeys((term.name for term in TERMS), 0.0) | {"guard": 2.0}
    met = {"roles": (role,), "guests": ("zero",)}
    config = tiny_config(arena="kick_and_defend", terms=terms, dense="constant", samples=1, **met)
    folder = RunFolder.create_or_resume(tmp_path / "run", config)
    Training(folder).run()
    returns = [g.curves["dense_return"] for g in folder.record.generations() if "dense_return" in g.curves]
    assert returns == [earned]
    folder.close()


def test_a_run_from_before_there_were_terms():
    config = tiny_config()
    settings = asdict(config)
    del settings["terms"]
    assert TrainConfig.from_json(settings) == config
