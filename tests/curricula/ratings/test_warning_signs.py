"""Warning signs: a learner that stalls, or gets better only against itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from doubles import ORIGIN, network, only_object, shorten_bouts, tiny_config

from dohyo.agents.policies.networks import Network
from dohyo.agents.snapshot import make_snapshot
from dohyo.cli.commands import rate as rate_command
from dohyo.cli.progress import _figures
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import Rating
from dohyo.curricula.ratings.referee import Referee
from dohyo.curricula.ratings.warning_signs import against_itself_alone, stalled
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation
from dohyo.curricula.training.training import Progress, Training

RunMain = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("wins", "losses", "draws", "rating", "sign"),
    [
        (15, 5, 0, 30.0, True),  # Wilson's interval of 15 of 20 is 53 to 89 %
        (14, 6, 0, 30.0, False),  # 48 to 85 %
        (6, 1, 100, 30.0, False),  # 49 to 97 % of those decided
        (15, 5, 0, 30.1, False),  # it is rated higher: progress
        (15, 5, 0, 20.0, True),
        (5, 15, 0, 20.0, False),  # it has become worse at all
        (0, 0, 20, 30.0, False),
    ],
)
def test_better_against_itself_alone(wins: int, losses: int, draws: int, rating: float, sign: bool):
    score = Score(wins=wins, draws=draws, losses=losses)
    assert against_itself_alone(score, Rating(rating, 2.0), before=Rating(30.0, 2.0)) is sign


def test_nearly_all_draws_is_a_stall():
    assert [stalled(share) for share in (0.0, 0.94, 0.95, 1.0)] == [False, False, True, True]


@pytest.mark.parametrize(("draws", "shown"), [(1.0, "100%, stalled: bouts are not decided"), (0.5, "50%")])
def test_progress_shows_a_stall(draws: float, shown: str):
    told = Progress(0.5, 60, 1000, 10.0, "sumo", 3, 0.0, {"draws": draws}, None, {})
    assert dict(_figures(told))["draws in training"] == shown


def results(wins: int, losses: int, draws: int) -> list[Bout]:
    winners = [0] * wins + [1] * losses + [-1] * draws
    return [Bout(k, k % 2, winner, 10, "fell") for k, winner in enumerate(winners)]


@pytest.fixture
def circling(tmp_path: Path) -> Path:
    """A run in which s9 beats s0 but does alike against the references; s20 hardly beats s9 and draws with them."""
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config())
    for generation in range(21):
        folder.record.add_generation(Generation("sumo", generation, f"s{generation}", 100 * generation, 1.0, {}))
    for name, kinds in {"s0": (5, 5, 10), "s9": (5, 5, 10), "s20": (0, 0, 20)}.items():
        for reference in ("zero", "random"):
            folder.record.add_match(name, reference, "mujoco", 0, results(*kinds))
    folder.record.add_match("s9", "s0", "mujoco", 0, results(18, 2, 0))
    folder.record.add_match("s20", "s9", "mujoco", 0, results(12, 8, 0))
    folder.close()
    return folder.path


def test_rate_shows_both(circling: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.setattr(RunFolder, "latest", lambda folder, learner: make_snapshot(ORIGIN, network()))
    status, output, _ = run_main("rate", str(circling), "--json")
    assert status == 0
    rows = only_object(output)["snapshots"]
    assert [row["draws"] for row in rows] == [0.5, 0.5, 1.0]
    assert rows[0]["previous"] is None
    assert rows[1]["previous"] == {"snapshot": "s0", "win_rate": 0.9, "bouts": 20, "against_itself_alone": True}
    assert rows[2]["previous"] == {"snapshot": "s9", "win_rate": 0.6, "bouts": 20, "against_itself_alone": False}
    assert all(set(row["win_rate"]) == {"zero", "random"} for row in rows)  # as before: references alone
    status, output, _ = run_main("rate", str(circling))
    output = " ".join(output.split())
    assert "9* s9 " in output
    assert "20 s20 " in output
    assert "better only against itself" in output
    assert "Stalled: 100% of generation 20's rated bouts are draws." in output


def test_a_run_that_goes_well_shows_neither():
    row: dict[str, Any] = {"draws": 0.3, "generation": 4, "previous": {"against_itself_alone": False}}
    assert rate_command._signs([row | {"previous": None}, row]) == []


def test_the_rated_one_before(run_folder: Path):
    """Generations 1 to 3 have been rated: 1 as a reference, 3 as the last."""
    folder = RunFolder.open(run_folder)
    chain, referee = [link.snapshot for link in folder.record.generations()], Referee(folder)
    assert [referee.previous(name) for name in [*chain, "zero"]] == [None, None, *chain[1:3], None]
    met = {(m.player, m.opponent): m.score.bouts for m in folder.record.matches("mujoco")}
    assert [met[pair] for pair in zip(chain[2:], chain[1:3], strict=True)] == [4, 4]
    referee.close()
    folder.close()


# --- no snapshot is another, or changes ---


def test_the_same_weights_of_two_generations_are_two_snapshots():
    tensors = network()
    names = {make_snapshot(replace(ORIGIN, generation=k), tensors).name for k in range(3)}
    assert len(names) == 3


def test_opponents_share_no_memory_with_the_learner_or_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path, tiny_config(samples=500))
    training = Training(folder)
    training.run()
    [lineage] = training.lineages
    assert len(set(lineage.snapshots)) == len(lineage.snapshots)
    pool, learner = lineage.collector.pool, lineage.learner
    pool.ledger = lineage.ledger
    policies = [pool._policy(version * 2) for version in range(len(lineage.snapshots))]
    own = [tensor.detach().numpy() for tensor in learner._ppo.policy.state_dict().values()]
    held = [list(policy._arrays.values()) for policy in policies if isinstance(policy, Network)]
    assert len(held) == len(policies) > 3
    seen = np.ones((1, lineage.collector.vec.observation_space.shape[0]), np.float32)
    for k, arrays in enumerate(held):
        others = [array for other in held[:k] for array in other] + own
        assert not any(np.shares_memory(array, other) for array in arrays for other in others)
    for policy in policies:
        policy._stochastic = False
    acts = [policy.act(seen) for policy in policies]
    for tensor in learner._ppo.policy.parameters():
        tensor.data += 1
    assert [policy.act(seen).tobytes() for policy in policies] == [act.tobytes() for act in acts]
    assert len({act.tobytes() for act in acts}) == len(acts)
    folder.close()
