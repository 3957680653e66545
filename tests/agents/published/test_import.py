"""`dohyo import`: the snapshots made from files, and the messages for files that cannot be imported."""

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from doubles import only_object, tiny_config

from dohyo.agents.published.importer import PLACES, Place, read_published
from dohyo.agents.published.layouts import KINDS, Kind
from dohyo.agents.snapshot import Part, load_snapshot
from dohyo.arenas.registry import ARENAS, build_arena
from dohyo.arenas.rules.arena import observation_size
from dohyo.curricula.evaluation.exploit import Trial
from dohyo.curricula.evaluation.masked import columns_of_others
from dohyo.curricula.ratings.references import references
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

RunMain = Callable[..., tuple[int, str, str]]
ANT, RUN = (next(kind for kind in KINDS if kind.label == label) for label in ("sumo-ants", "run-to-goal-ants"))


def write(path: Path, kind: Kind, seed: int = 0) -> Path:
    """An agent whose policy is noise, on standardised observations."""
    rng, n = np.random.default_rng(seed), kind.observation
    vector = rng.normal(0, 0.05, kind.size).astype(np.float32)
    vector[3 : 3 + n], vector[3 + n : 4 + 2 * n] = 0, 1000
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(vector, 3))
    return path


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "agent-zoo"
    write(folder / "sumo/ants/agent_parameters-v1.pkl", ANT)
    write(folder / "run-to-goal/ants/agent1_parameters-v2.pkl", RUN)
    write(folder / "run-to-goal/ants/agent2_parameters-v2pkl", RUN, 1)
    (folder / "README.md").write_text("Not an agent.")
    return folder


def test_a_folder_of_agents(zoo: Path, tmp_path: Path, run_main: RunMain):
    status, output, _ = run_main("import", str(zoo), "--out", str(tmp_path / "out"), "--json")
    assert status == 0
    rows = {Path(row["snapshot"]).name: row for row in only_object(output)["snapshots"]}
    assert set(rows) == {
        "sumo-ants-v1.safetensors",
        "run-to-goal-ants-runner_right-v2.safetensors",
        "run-to-goal-ants-runner_left-v2.safetensors",
    }
    row = rows["run-to-goal-ants-runner_left-v2.safetensors"]
    assert (row["arena"], row["role"], row["seat"], row["body"]) == (
        "paper/run-to-goal-ants",
        "runner_left",
        1,
        "paper_ant",
    )
    taken = load_snapshot(Path(row["snapshot"]))
    taken.check_plays(Part.of(build_arena("paper/run-to-goal-ants"), 1))
    assert not taken.origin.clipped
    assert taken.name == row["name"]


def test_what_people_read(zoo: Path, tmp_path: Path, run_main: RunMain):
    status, output, _ = run_main("import", str(zoo), "--out", str(tmp_path / "out"))
    assert status == 0
    assert "runner_right" in output
    assert "3 snapshots in" in output


def test_importing_again_changes_nothing(zoo: Path, tmp_path: Path, run_main: RunMain):
    arguments = ["import", str(zoo), "--out", str(tmp_path / "out")]
    assert run_main(*arguments)[0] == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert run_main(*arguments)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    for arena in ("paper/sumo-ants", "paper/run-to-goal-ants"):
        monkeypatch.setitem(ARENAS, arena, replace(ARENAS[arena], max_cycles=10))


@pytest.mark.usefixtures("short")
def test_imported_agents_play(zoo: Path, tmp_path: Path, run_main: RunMain):
    out = tmp_path / "out"
    assert run_main("import", str(zoo), "--out", str(out))[0] == 0
    ant = str(out / "sumo-ants-v1.safetensors")
    for options in ([], ["--deterministic"]):
        match = ["play", "paper/sumo-ants", "--seat", ant, "--seat", ant, "--bouts", "2", "--json", *options]
        status, output, _ = run_main(*match)
        assert status == 0
        assert only_object(output)["bouts"] == 2


@pytest.mark.usefixtures("short")
def test_imported_agents_are_guests_references_and_victims(zoo: Path, tmp_path: Path):
    """A runner to the right learns against the published runner to the left, and is rated by it."""
    victim = read_published(zoo / "run-to-goal/ants/agent2_parameters-v2pkl").snapshot
    config = tiny_config(arena="paper/run-to-goal-ants", body="paper_ant", drive="torque", samples=1, mirror=0.0)
    config = replace(config, guests=(victim.name,), guest_share=1.0, roles=("runner_right",))
    folder = RunFolder.create_or_resume(tmp_path / "run", config)
    folder.save_snapshot(victim)
    Training(folder).run()
    assert victim.name in references(folder)
    rated = {m.opponent for m in folder.record.matches("mujoco") if m.player == folder.latest().name}
    assert rated == {"zero@runner_left", "random@runner_left", victim.name}
    attacks = list(Trial(folder).attacks(2, seed=0))
    assert [(a.player, a.masked, a.score.bouts) for a in attacks][:2] == [
        ("exploiter", False, 2),
        ("exploiter", True, 2),
    ]
    folder.close()


def test_what_an_agent_sees_of_its_opponent_can_be_hidden():
    """Its positions are the last 15 of 122 numbers; in sumo they stand between own forces and the ring."""
    assert columns_of_others(build_arena("paper/run-to-goal-ants").entries(0)) == list(range(107, 122))
    assert columns_of_others(build_arena("paper/sumo-ants").entries(0)) == list(range(107, 124))


def said(result: tuple[int, str, str], status: int) -> str:
    assert result[:2] == (status, "")
    assert result[2].startswith("dohyo: ")
    assert result[2].count("\n") == 1
    return result[2]


def test_what_was_typed_wrong(zoo: Path, tmp_path: Path, run_main: RunMain):
    to = ["--out", str(tmp_path / "out")]
    ant = str(zoo / "sumo/ants/agent_parameters-v1.pkl")
    unclear = str(write(tmp_path / "x.pkl", RUN))
    assert "no file or folder" in said(run_main("import", str(tmp_path / "nowhere"), *to), 2)
    assert "leave out --role keeper" in said(run_main("import", ant, "--role", "keeper", *to), 2)
    assert "unknown arena of published agents" in said(run_main("import", ant, "--arena", "chess", *to), 2)
    assert "give --arena paper/run-to-goal-ants --role runner_right or" in said(run_main("import", unclear, *to), 2)
    assert not (tmp_path / "out").exists()


def test_a_bad_file_among_good_ones_leaves_nothing(zoo: Path, tmp_path: Path, run_main: RunMain):
    bad = zoo / "sumo/humans/agent_parameters-v1.pkl"
    bad.parent.mkdir()
    bad.write_bytes(b"no pickle")
    assert f"{bad} is not a published agent" in said(run_main("import", str(zoo), "--out", str(tmp_path / "out")), 1)
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(zoo: Path, tmp_path: Path, run_main: RunMain):
    out = tmp_path / "out"
    assert run_main("import", str(zoo / "sumo"), "--out", str(out))[0] == 0
    path = out / "sumo-ants-v1.safetensors"
    before = path.read_bytes()
    other = write(tmp_path / "other/agent_parameters-v1.pkl", ANT, seed=5)
    assert "exists and is not what" in said(run_main("import", str(other), "--out", str(out)), 1)
    assert path.read_bytes() == before
    both = ["import", str(zoo / "sumo"), str(other), "--out", str(tmp_path / "new")]
    assert "would both become" in said(run_main(*both), 1)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.label)
def test_the_arenas_are_those_that_agents_were_made_for(place: Place):
    kind = place.kind
    arena = build_arena(kind.arena, kind.body)
    controls = arena.scene.seats[place.seat].ctrl
    assert observation_size(arena.entries(place.seat)) == kind.observation
    assert controls.stop - controls.start == kind.action
    assert arena.roles[place.seat] == place.role
