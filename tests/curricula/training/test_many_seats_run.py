"""Runs with more than two seats: they train, are rated, and go on after a stop."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import learner_state, pool_of, shorten_bouts, tiny_config, train

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.curricula.opponents.matchmaker import Evenly
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training


def config(arena: str, **changes: Any) -> TrainConfig:
    return tiny_config(arena=arena, **changes)


@pytest.mark.parametrize(
    ("arena", "samples"),
    # Four worlds, half of them mirrored, 16 steps: 2 * 3 + 2 slots; 2 * 4 + 2; 2 * 4 + 2 * 2. Nobody leaves so soon.
    [("sumo_3", 128), ("sumo_4", 160), ("sumo_2v2", 192)],
)
def test_a_run_trains_is_rated_and_resumed(arena: str, samples: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch, arena=arena)
    first = train(tmp_path, config(arena, samples=2 * samples))
    folder = RunFolder.open(tmp_path)
    chain = folder.record.generations()
    assert [link.samples for link in chain] == [0, samples, 2 * samples]
    assert {match.opponent for match in folder.record.matches("mujoco")} >= {"zero", "random"}
    again = Training(folder)
    assert learner_state(again.lineages[0].learner) == learner_state(first.lineages[0].learner)
    again.close()
    folder.close()
    train(tmp_path, config(arena, samples=3 * samples))
    folder = RunFolder.open(tmp_path)
    assert folder.record.generations()[:3] == chain
    assert len(folder.record.generations()) == 4
    sides = 2 if arena == "sumo_2v2" else int(arena[-1])
    bout = folder.record.bouts(chain[-1].snapshot, "zero", "mujoco")[0]
    assert (len(bout.ranks), bout.ending) == (sides, "time-out")
    folder.close()


@pytest.mark.parametrize(
    "changes", [{"ppo": "lstm"}, {"ppo": "privileged"}, {"opponents": "league"}, {"population": 2}]
)
def test_other_learners_train_with_four_seats(changes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch, arena="sumo_2v2")
    tiny = tiny_config().ppo
    settings = {"lstm": {"policy": "lstm", "unroll": 4}, "privileged": {"value": "privileged"}}
    if "ppo" in changes:
        changes = {"ppo": type(tiny)(**{**vars(tiny), **settings[changes["ppo"]]})}
    train(tmp_path, config("sumo_2v2", samples=300, **changes))
    folder = RunFolder.open(tmp_path)
    assert len(folder.record.generations()) > 2
    folder.close()


def test_each_other_side_draws_its_own_opponent(tmp_path: Path):
    drawn = np.array([0, 1, 1, 0, 2, 1])
    pool = pool_of(
        tmp_path, [["a", "b", "c"]], Evenly(lambda known, rng, n: drawn[:n]), worlds=3, seed=0, opponents=[0, 1]
    )
    pool.assign(np.arange(3))  # world 0 meets a and a, world 1 b and c, world 2 b and b
    places = np.array([[0, 2, 1], [1, 0, 2]])
    ended = EndedBouts(np.array([0, 1]), np.array([1, 0]), np.array([0, 1]), *np.full((2, 2), 9), np.zeros(2), places)
    pool.note(ended)
    known = pool.ledger.known()
    # In world 0 the learner, on side 1, was last: a beat it twice. In world 1 it lost to b and was before c.
    assert known["a"][:2] == (1.99, 0)
    assert known["b"][:2] == (1, 0)
    assert known["c"][:2] == (1, 1)


def test_an_opponent_on_two_chairs_remembers_both(tmp_path: Path):
    class Counting:
        memory = 1

        def act(self, observation: Any, memory: Any = None) -> Any:
            memory += observation[:, :1]
            return memory.repeat(2, axis=1)

    pool = pool_of(
        tmp_path, [["a"]], Evenly(lambda known, rng, n: np.zeros(n, int)), worlds=2, seed=0, opponents=[0, 0]
    )
    pool._policy = lambda met: Counting()  # type: ignore[method-assign, assignment, return-value]
    pool.assign(np.arange(2))
    seen, chairs = np.array([[1], [2], [3], [4]], np.float32), np.arange(4)
    assert pool.act(seen, chairs)[:, 0].tolist() == [1, 2, 3, 4]
    assert pool.act(seen, chairs)[:, 0].tolist() == [2, 4, 6, 8]
    pool.assign(np.array([1]))  # a new bout in world 1: chairs 1 and 3 begin anew
    assert pool.act(seen, chairs)[:, 0].tolist() == [3, 2, 9, 4]
