"""Cards: the cases that they have, what they keep, and what follows from their figures."""

import json
import shutil
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from doubles import shorten_bouts, tiny_config, train

from dohyo.agents import pretrained
from dohyo.arenas.errors import DohyoError, UnknownName
from dohyo.cli.commands import card as command
from dohyo.curricula.cards import cases, trials
from dohyo.curricula.cards.card import PARTS, Card, CardConfig
from dohyo.curricula.cards.card_folder import CardFolder, usual_folder
from dohyo.curricula.cards.limits import limits
from dohyo.curricula.cards.page import render
from dohyo.curricula.cards.subject import Subject, find_subject
from dohyo.curricula.cards.training import changed
from dohyo.curricula.matches.match import Bout
from dohyo.curricula.run.config_file import read_config
from dohyo.curricula.run.folder import RunFolder

FAST = [("mujoco", "accurate")]


def opponents_of(subject: Subject) -> list[str]:
    return [case.opponent.title for case in cases.cases(subject, FAST) if case.part == cases.MATCHES]


def measured(subject: Subject, path: Path, *without: str) -> dict[str, Any]:
    with closing(Card(path, subject, CardConfig(bouts=2), engines=FAST, without=without)) as card:
        card.measure(lambda bout: None)
        return card.record("dohyo card", [], use="", picture=None, license=None)


def test_the_command_offers_all_parts():
    assert command.PARTS == PARTS


@pytest.fixture(autouse=True)
def _nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No agents come with the package, so that opponents do not depend on which do."""
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "nothing")


def test_a_run_meets_the_built_in_policies_and_its_own_past(run_folder: Path):
    """Generation 3 has its past at generations 1 and 2."""
    wanted = ["zero", "random", "its own generation 1", "its own generation 2"]
    assert opponents_of(find_subject(str(run_folder))) == wanted
    with closing(RunFolder.open(run_folder)) as folder:
        newest = folder.snapshots / f"{folder.latest().name}.safetensors"
    assert opponents_of(find_subject(str(newest))) == wanted
    shutil.copy(newest, run_folder.parent / "alone.safetensors")
    assert opponents_of(find_subject(str(run_folder.parent / "alone.safetensors"))) == ["zero", "random"]


def test_shipped_agents_are_opponents(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Those of its arena and body, and not itself."""
    with closing(RunFolder.open(run_folder)) as folder:
        files = {g: folder.snapshots / f"{folder.at(g).name}.safetensors" for g in (0, 3)}
    (tmp_path / "shipped").mkdir()
    for number, name in ((0, "sumo-ant"), (3, "sumo-other")):
        shutil.copy(files[number], tmp_path / "shipped" / f"{name}.safetensors")
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "shipped")
    past = ["its own generation 1", "its own generation 2"]
    assert opponents_of(find_subject(str(run_folder))) == ["zero", "random", "pretrained/sumo-ant", *past]
    assert opponents_of(find_subject("pretrained/sumo-ant")) == ["zero", "random", "pretrained/sumo-other"]
    snapshot = find_subject("pretrained/sumo-ant").snapshot
    assert usual_folder("pretrained/sumo-ant", snapshot) == Path("cards") / snapshot.name


def test_who_has_another_role_meets_its_rivals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Nobody scores in 12 steps, so a keeper wins all bouts and a kicker loses them; their seats differ."""
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    train(tmp_path / "run", tiny_config(arena="kick_and_defend", samples=100)).folder.close()
    for learner, rival, won in (("kicker", "keeper", "losses"), ("keeper", "kicker", "wins")):
        subject = find_subject(f"{tmp_path / 'run'}:{learner}")
        titles = [f"{rival} of its run, generation {generation}" for generation in (0, 1)]
        assert opponents_of(subject) == ["zero", "random", *titles]
        record = measured(subject, tmp_path / learner, "wind")
        assert [row[won] for row in record["matches"]] == [2, 2, 2, 2]
        assert all(row["sides"] == [] for row in record["matches"])


def test_who_plays_several_roles_is_measured_in_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As a keeper it wins all bouts of 12 steps, as a kicker it loses them; the page tells the roles apart."""
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    train(tmp_path / "run", tiny_config(arena="kick_and_defend", samples=1, shared=True)).folder.close()
    record = measured(find_subject(str(tmp_path / "run")), tmp_path / "card", "wind", "blind")
    scores = {(row["role"], row["opponent"]): (row["wins"], row["losses"]) for row in record["matches"]}
    names = ("zero", "random", "its own generation 0")
    assert scores == {("kicker", name): (0, 2) for name in names} | {("keeper", name): (2, 0) for name in names}
    assert [(row["role"], row["change"]) for row in record["worlds"]] == [
        (role, change) for role in ("kicker", "keeper") for change in cases.CHANGES
    ]
    page = render(record)
    assert "| zero | mujoco | kicker | 0 | 0 | 2 |" in page
    assert "| zero | mujoco | keeper | 12 | time-out 2 |" in page
    assert "Winning as kicker against zero" in page


def test_an_arena_of_four_has_no_wind_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch, arena="sumo_4")
    train(tmp_path / "run", tiny_config(arena="sumo_4", samples=1)).folder.close()
    record = measured(find_subject(str(tmp_path / "run")), tmp_path / "card")
    assert record["wind"] == []
    assert "sumo_4" in record["left_out"]["wind"]
    assert [row["draws"] for row in record["matches"]] == [2, 2, 2]  # of 12 steps
    assert [side["side"] for side in record["matches"][0]["sides"]] == ["sumo_0", "sumo_1"]  # two bouts, two sides


def test_changed_worlds_and_the_masked_view(run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[tuple[str, dict[str, float], str]] = []

    def played(batch: Any, players: Any, role: Any, bouts: int, *rest: Any) -> list[Bout]:
        batch.reset(0)
        drawn = {name: values.ravel() for name, values in batch.randomiser.factors.items()}
        factors = {name: float(values[0]) for name, values in drawn.items() if values[0] not in (0, 1)}
        seen.append((batch.arena.name, factors, type(players[0]).__name__))
        return [Bout(k, k % 2, 0, 12, "fell") for k in range(bouts)]

    monkeypatch.setattr(cases, "play_roles", played)
    subject = find_subject(str(run_folder))
    for case in cases.cases(subject, FAST):
        if case.part != cases.MATCHES:
            cases.play(subject, case, 2, 0, lambda bout: None)
    changes = [{"mass": 1.5}, {"friction": 0.5}, {"torque": 0.6}]
    assert [factors for _, factors, _ in seen] == [{}, {}, *changes]
    assert [policy for _, _, policy in seen] == ["Masked", "Masked", "Mlp", "Mlp", "Mlp"]


def test_the_figures_of_bouts():
    """Two won of three: Wilson's interval, by its formula on paper, is 20.8 to 93.9 %."""
    bouts = [Bout(0, 0, 0, 10, "fell"), Bout(1, 1, 0, 20, "fell"), Bout(2, 0, -1, 60, "time-out")]
    figures = cases.figures(bouts)
    assert (figures["wins"], figures["draws"], figures["losses"], figures["mean_steps"]) == (2, 1, 0, 30)
    assert (figures["low"], figures["high"]) == (pytest.approx(0.208, abs=5e-4), pytest.approx(0.939, abs=5e-4))
    assert figures["endings"] == {"fell": 2, "time-out": 1}


def test_an_actions_time(run_folder: Path, monkeypatch: pytest.MonkeyPatch):
    """The clock makes action k take k seconds, k from 1 to 101: the median is 51 and the 99th percentile 100."""
    ticks = (moment for k in count(1) for moment in (0, k))
    monkeypatch.setattr(trials, "perf_counter", lambda: next(ticks))
    times = trials.time_actions(find_subject(str(run_folder)).snapshot, 101)
    assert (times["actions"], times["median_s"], times["slowest_percent_s"]) == (101, 51, 100)


def test_parts_that_are_done_are_kept(run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    subject, done = find_subject(str(run_folder)), []
    play = cases.play

    def killed(subject: Subject, case: cases.Case, *rest: Any) -> Any:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(case.key)
        return play(subject, case, *rest)

    monkeypatch.setattr("dohyo.curricula.cards.card.play", killed)
    with pytest.raises(KeyboardInterrupt):
        measured(subject, tmp_path / "card", "wind")
    monkeypatch.setattr("dohyo.curricula.cards.card.play", lambda *a: done.append(a[1].key) or play(*a))
    record = measured(subject, tmp_path / "card", "wind")
    assert len(done) == len(set(done)) == 9  # four opponents, two of them blind, and three worlds
    again = measured(subject, tmp_path / "other", "wind")
    for part in (cases.MATCHES, cases.BLIND, cases.CHANGED):
        assert record[part] == again[part]


def test_a_card_keeps_its_settings(run_folder: Path, tmp_path: Path):
    subject = find_subject(str(run_folder))
    Card(tmp_path / "card", subject, CardConfig(bouts=2)).close()
    with pytest.raises(DohyoError, match=r"other settings \(bouts\)"):
        Card(tmp_path / "card", subject, CardConfig(bouts=3))
    with pytest.raises(DohyoError, match=r"other settings \(snapshot\)"):
        Card(tmp_path / "card", find_subject(f"{run_folder}@1"), CardConfig(bouts=2))
    with pytest.raises(DohyoError, match="holds a training run, not a card"):
        Card(run_folder, subject, CardConfig(bouts=2))


@pytest.mark.parametrize("damage", ["", "[1]", '{"speed": 1}', '{"speed": {"result": 1, "digest": "0"}}', '"x"'])
def test_a_damaged_result_is_an_error(tmp_path: Path, damage: str):
    CardFolder(tmp_path, {}).close()
    (tmp_path / "results.json").write_text(damage)
    for _ in range(2):  # the folder is not left locked
        with pytest.raises(DohyoError, match=r"results\.json .*: remove it to measure again"):
            CardFolder(tmp_path, {})


def test_a_changed_result_is_an_error(tmp_path: Path):
    with closing(CardFolder(tmp_path, {})) as folder:
        folder.keep("speed", {"wins": 1})
    results = tmp_path / "results.json"
    held = json.loads(results.read_text())
    held["speed"]["result"]["wins"] = 2
    results.write_text(json.dumps(held))
    with pytest.raises(DohyoError, match="speed was changed"):
        CardFolder(tmp_path, {})


def test_the_settings_of_a_card_train_again(tmp_path: Path):
    """The file holds what is not the default, and arena, body, engine, seed and budget; read again, it is the run's."""
    from dohyo.curricula.run.config_file import to_toml

    config = replace(tiny_config(body="bug", seed=3), physics="fast")
    path = tmp_path / "settings.toml"
    path.write_text(to_toml(changed(config)))
    values = read_config(path)
    assert {name: values[name] for name in ("arena", "body", "engine", "seed", "samples", "physics")} == {
        "arena": "sumo",
        "body": "bug",
        "engine": "mujoco",
        "seed": 3,
        "samples": 288,
        "physics": "fast",
    }
    assert values["ppo"] == {"width": 8, "rollout": 16, "minibatch": 48, "epochs": 1}
    assert "timeout" not in values


def test_an_opponent_that_cannot_be_met(run_folder: Path, tmp_path: Path):
    subject = find_subject(str(run_folder))
    with pytest.raises(UnknownName, match="no player 'nobody'"):
        Card(tmp_path / "card", subject, CardConfig(), named=["nobody"])
    assert not (tmp_path / "card").exists()


def row(**changes: Any) -> dict[str, Any]:
    """A match against `zero` with 90 of 100 bouts won."""
    counts = {"bouts": 100, "wins": 90, "draws": 0, "losses": 10, "win_rate": 0.9, "low": 0.83, "high": 0.94}
    names = {"opponent": "zero", "player": "zero", "engine": "mujoco", "physics": "accurate", "role": "sumo"}
    return counts | names | {"past": False, "change": ""} | changes


def few(**changes: Any) -> dict[str, Any]:
    """A match with 40 of 100 bouts won."""
    return row(wins=40, losses=60, win_rate=0.4, low=0.31, high=0.5) | changes


def a_card(**changes: Any) -> dict[str, Any]:
    measured = {"engine": "mujoco", "physics": "accurate"}
    parts: dict[str, Any] = {"matches": [row()], "worlds": [], "blind": [], "wind": [], "exploit": [], "speed": None}
    return {"arena": "sumo", "body": "ant", "measured": measured} | parts | changes


def test_what_an_agent_is_not_for():
    assert limits(a_card())[:2] == [
        "Other engines: only one was measured.",
        "Opponents that train against it: no best response was measured.",
    ]
    response = {"samples": 5000, "attack": few(win_rate=0.6)}
    weak = a_card(
        matches=[row(), few(engine="pybullet"), few(opponent="its own generation 2", player="abc", past=True)],
        worlds=[few(change="heavier"), row(change="weaker")],
        blind=[few()],
        wind=[
            {"player": "it", "force": force, "fell": fell, "bouts": 10, "mean_steps": 0}
            for force, fell in ((200, 0), (400, 6), (600, 10))
        ],
        exploit=[response],
        speed={"slowest_percent_s": 0.06},
    )
    assert [sentence.partition(":")[0] for sentence in limits(weak)] == [
        "Showing progress",
        "The engine pybullet",
        "A heavier world",
        "Play without sight of the opponent",
        "Pushes of 400 N or more",
        "Opponents that train against it",
        "Real time on this machine",
        "Other arenas, bodies or observations than sumo with ant",
        "Robots",
    ]
