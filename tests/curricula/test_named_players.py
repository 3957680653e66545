"""Players by name: the same forms mean the same in an environment, in a match and on the command line."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from doubles import StubBatch, only_object, snapshot

from dohyo.agents import SnapshotError, save_snapshot
from dohyo.arenas import SeatEnv, UnknownName, make_batch
from dohyo.arenas.players import Random, Zero
from dohyo.curricula import RunFolder, find_player, find_snapshot, play_match

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""


def forms(run: Path) -> dict[str, tuple[str | Path, int]]:
    """Every form of a name, with the generation that it means."""
    with closing(RunFolder.open(run)) as folder:
        file = run / "snapshots" / f"{folder.at(1).name}.safetensors"
    return {
        "RUN": (str(run), 3),
        "RUN as a path": (run, 3),
        "RUN:LEARNER": (f"{run}:sumo", 3),
        "RUN@N": (f"{run}@0", 0),
        "RUN:LEARNER@N": (f"{run}:sumo@2", 2),
        "FILE": (str(file), 1),
        "FILE as a path": (file, 1),
    }


@pytest.mark.parametrize(
    "form", ["RUN", "RUN as a path", "RUN:LEARNER", "RUN@N", "RUN:LEARNER@N", "FILE", "FILE as a path"]
)
def test_a_name_means_a_snapshot(form: str, run_folder: Path):
    name, generation = forms(run_folder)[form]
    with closing(RunFolder.open(run_folder)) as folder:
        meant = folder.at(generation)
    assert find_snapshot(str(name)).name == meant.name
    with closing(make_batch("sumo", engine="mujoco", worlds=3, workers=1)) as batch:
        [seen, _] = batch.reset(seed=1)
        found = find_player(name, batch, 0, stochastic=False).act(seen)
        np.testing.assert_array_equal(found, meant.policy().act(seen))
        noisy = find_player(name, batch, 0, seed=5).act(seen)
        np.testing.assert_array_equal(noisy, meant.policy(stochastic=True, seed=5).act(seen))
    env = SeatEnv("sumo", engine="mujoco", opponents=name)
    env.reset(seed=1)
    env.step(np.zeros(8))
    assert env._seat._actions[1].any()
    env.close()


def test_a_match_between_names_is_that_of_the_command_line(run_folder: Path, run_main: RunMain):
    names = (str(run_folder), "random")
    with closing(make_batch("sumo", engine="mujoco", worlds=6, workers=1)) as batch:
        bouts = play_match(batch, names, 6, seed=5)
        policy = find_snapshot(names[0]).policy(stochastic=True, seed=5)
        assert play_match(batch, (policy, Random(8, 6)), 6, seed=5) == bouts
    options = ["--seat", names[0], "--seat", names[1], "--engine", "mujoco", "--bouts", "6", "--seed", "5", "--json"]
    record = only_object(run_main("play", "sumo", *options)[1])
    assert record["wins"] == [sum(bout.winner == k for bout in bouts) for k in (0, 1)]
    assert record["mean_steps"] == np.mean([bout.steps for bout in bouts])


class Own:
    """A player with the documented method alone, which notes what it is told."""

    def __init__(self) -> None:
        self.told: list[list[int]] = []

    def act(self, observation: np.ndarray) -> np.ndarray:
        return np.ones((len(observation), 2))

    def forget(self, worlds: np.ndarray) -> None:
        self.told.append(worlds.tolist())


def test_an_object_plays_a_match_and_is_told_of_new_bouts():
    own = Own()
    bouts = play_match(StubBatch([[1], [2], [3]]), (own, "zero"), 6, seed=0)
    assert [bout.winner for bout in bouts] == [0] * 6  # who pushes harder wins
    # Bouts of one, two and three steps, two in each world: all begin, then those that ended in each step.
    # After the second step world 0 has had both of its bouts and rests.
    assert own.told[:4] == [[0, 1, 2], [0], [0, 1], [2]]


def test_names_that_cannot_play_here(run_folder: Path, tmp_path: Path):
    stranger = save_snapshot(snapshot(), tmp_path)
    with closing(make_batch("run_to_goal", engine="mujoco", worlds=1, workers=1)) as batch:
        for name in (str(run_folder), str(stranger), f"{run_folder}@1"):
            with pytest.raises(SnapshotError, match="plays sumo as sumo"):
                find_player(name, batch, 0)
        for name in ("nobody", f"{run_folder}@x", "", "run:sumo", "x" * 5000, "a\0b"):
            with pytest.raises(UnknownName, match=re.escape(f"no player {name!r}: give a snapshot file")):
                find_player(name, batch, 0)
        with pytest.raises(UnknownName, match="has generations 0 to 3, not 9"):
            find_player(f"{run_folder}@9", batch, 0)
        with pytest.raises(UnknownName, match="unknown learner 'goalie'"):
            find_player(f"{run_folder}:goalie", batch, 0)
        with pytest.raises(UnknownName, match="is not a run folder"):
            find_player(str(tmp_path), batch, 0)
        assert isinstance(find_player("zero", batch, 0), Zero)


def test_a_file_that_is_no_snapshot(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no snapshot")
    with pytest.raises(SnapshotError, match="truncated or not a snapshot"):
        find_snapshot(str(tmp_path / "notes.txt"))
