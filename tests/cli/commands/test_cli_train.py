"""The settings of `dohyo train`: options, files, and the resulting plan."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doubles import only_object, shorten_bouts
from typer.testing import CliRunner

from dohyo.arenas.settings import settings_of
from dohyo.cli.app import app
from dohyo.cli.setting_options import option_name
from dohyo.cli.suggestions import watch_run
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.run.config import TrainConfig

RunMain = Callable[..., tuple[int, str, str]]
"""What the fixture `run_main` is."""
RUN = Path(__file__).parents[2] / "data" / "runs_0_1" / "mlp"


@pytest.fixture
def planned(run_main: RunMain) -> Callable[..., Any]:
    """Return the plan of a command."""

    def plan(*arguments: str) -> Any:
        status, output, errors = run_main("train", *arguments, "--print-config", "--json")
        assert (status, errors) == (0, "")
        return only_object(output)

    return plan


def test_the_help_is_that_of_the_settings():
    result = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "300"})
    shown = " ".join(result.output.replace("│", " ").split())
    for known in settings_of(TrainConfig).values():
        if known.option is not None:
            assert option_name(known) in shown
            assert " ".join(known.help.split()) in shown


def test_defaults_are_those_of_the_settings_and_the_arena(planned: Callable[..., Any]):
    settings = planned("paper/sumo-ants")
    assert (settings["body"], settings["engine"], settings["drive"]) == ("paper_ant", "mujoco", "torque")
    assert (settings["minutes"], settings["samples"]) == (20, None)
    assert (settings["guest_share"], settings["worlds"], settings["mirror"]) == (0.3, 64, 0.5)


def test_a_run_keeps_the_fields_of_a_preset(planned: Callable[..., Any]):
    """So a later change of the preset changes no run; groups that are left out stay named."""
    settings = planned("sumo", "--randomise", "dactyl", "--randomise", "mass=0.8:1.2", "--without", "action,unmodelled")
    assert "link_mass=0.5:1.5" in settings["randomise"]
    assert "mass=0.8:1.2" in settings["randomise"]
    assert not any("dactyl" in text for text in settings["randomise"])
    assert settings["without"] == ["action,unmodelled"]
    known = TrainConfig.from_json({"randomise": settings["randomise"], "without": settings["without"]}).randomisation
    assert known.on == tuple(name for name in known.on if name not in ("delay", "timing", "force", "action_noise"))
    assert (known.link_mass, known.mass, known.tilt) == ((0.5, 1.5), (0.8, 1.2), 0.4)
    assert planned("sumo")["randomise"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--randomise", "dactil"], "did you mean 'dactyl'"),
        (["--without", "physics"], "add --randomise"),
        (["--randomise", "dactyl", "--without", "forces"], "unknown group of randomisation 'forces'"),
        (["--randomise", "mass=2:1"], "low 2.0 above high 1.0"),
        (["--randomise", "tilt=1", "--widen", "mass=0:1"], "unknown range 'mass'"),
    ],
)
def test_what_cannot_be_randomised_is_one_line(run_main: RunMain, arguments: list[str], said: str):
    status, output, errors = run_main("train", "sumo", *arguments, "--print-config")
    assert (status, output) == (1 if "above" in said else 2, "")
    assert said in errors
    assert errors.count("\n") == 1


OPTIONS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "samples": (["--samples", "500"], {"samples": 500, "minutes": None}),
    "both": (["--samples", "500", "--minutes", "3"], {"samples": 500, "minutes": 3}),
    "names": (["--worlds", "4", "--guest-share", "0.5", "--shared"], {"worlds": 4, "guest_share": 0.5, "shared": True}),
    "lists": (["--role", "a", "--role", "b", "--widen", "0:1"], {"roles": ["a", "b"], "widen": ["0:1"]}),
    "guests": (["--guest", "zero", "--guest", "random"], {"guests": ["zero", "random"]}),
    "terms": (["--term", "standing=0.5", "--term", "push=0"], {"terms": {"standing": 0.5, "push": 0}}),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options_set_settings(case: str, planned: Callable[..., Any]):
    arguments, wanted = OPTIONS[case]
    settings = planned("sumo", *arguments)
    assert {name: settings[name] for name in wanted} == wanted


def test_a_policy_has_its_own_defaults(planned: Callable[..., Any]):
    assert (planned("sumo")["ppo"]["width"], planned("sumo")["ppo"]["epochs"]) == (64, 5)  # EC's sizes, and its 6
    learner = planned("sumo", "--policy", "lstm", "--ppo", "gamma=0.9", "--ppo", "minibatch=64")["ppo"]
    assert (learner["policy"], learner["width"], learner["epochs"]) == ("lstm", 128, 3)
    assert (learner["gamma"], learner["minibatch"]) == (0.9, 64)
    assert planned("sumo", "--policy", "lstm", "--width", "16")["ppo"]["width"] == 16


def test_options_go_before_the_file(planned: Callable[..., Any], tmp_path: Path):
    path = tmp_path / "run.toml"
    path.write_text(
        'arena = "run_to_goal"\nengine = "mujoco"\nminutes = 5\nshared = true\n[ppo]\nwidth = 16\nepochs = 2'
    )
    settings = planned("--config", str(path))
    assert (settings["arena"], settings["engine"], settings["minutes"], settings["shared"]) == (
        "run_to_goal",
        "mujoco",
        5,
        True,
    )
    assert (settings["ppo"]["width"], settings["ppo"]["epochs"], settings["ppo"]["gamma"]) == (16, 2, 0.99)
    options = ["--samples", "500", "--no-shared", "--width", "8", "--ppo", "epochs=1"]
    settings = planned("sumo", "--config", str(path), *options)
    assert (settings["arena"], settings["minutes"], settings["samples"]) == ("sumo", None, 500)
    assert (settings["shared"], settings["ppo"]["width"], settings["ppo"]["epochs"]) == (False, 8, 1)


def test_an_option_that_repeats_the_default_goes_before_the_file(planned: Callable[..., Any], tmp_path: Path):
    path = tmp_path / "run.toml"
    path.write_text("worlds = 8\nseed = 3")
    settings = planned("sumo", "--config", str(path), "--worlds", "64")
    assert (settings["worlds"], settings["seed"]) == (64, 3)


@pytest.mark.parametrize(
    "arguments",
    [
        ["sumo"],
        ["kick_and_defend", "--samples", "10", "--widen", "ball y=0.1:0.5", "--term", "standing=2", "--role", "kicker"],
        ["sumo", "--from", str(RUN), "--guest", str(RUN), "--guest", "zero", "--minutes", "0.1"],
        ["sumo", "--opponents", "league", "--timeout", "3"],
    ],
)
def test_what_is_printed_is_taken_again(arguments: list[str], run_main: RunMain, tmp_path: Path):
    status, printed, errors = run_main("train", *arguments, "--print-config")
    assert (status, errors) == (0, "")
    path = tmp_path / "run.toml"
    path.write_text(printed)
    assert run_main("train", "--config", str(path), "--print-config") == (0, printed, "")
    before, after = (run_main("train", *a, "--print-config", "--json")[1] for a in (arguments, ["--config", str(path)]))
    assert json.loads(after) == json.loads(before)
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.toml"]


def test_nothing_is_written(tmp_path: Path, run_main: RunMain):
    out = tmp_path / "run"
    assert run_main("train", "sumo", "--out", str(out), "--print-config")[0] == 0
    assert not out.exists()


def test_a_run_goes_on_with_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    out = tmp_path / "run"
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--ppo", "rollout=16", "--seed", "7"]
    begun = ["sumo", *options, "--from", str(RUN), "--guest", str(RUN), "--samples", "1", "--out", str(out)]
    assert run_main("train", *begun, "--json")[0] == 0
    more = ["--config", str(out / "config.json"), "--samples", "241", "--out", str(out), "--json"]
    status, output, errors = run_main("train", *more)
    assert (status, errors) == (0, "")
    assert only_object(output)["generation"] == 2  # of 240 samples: 3 slots, 16 steps, 5 updates
    settings = json.loads((out / "config.json").read_text())
    assert (settings["seed"], settings["ppo"]["rollout"], settings["samples"]) == (7, 16, 241)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('arena = "sumoo"', "unknown arena 'sumoo'; did you mean 'sumo'?"),
        ("worlds = 3", "give an arena"),
        ('arena = "sumo"\nworlds = 1', "worlds must be a whole number from 2 to 100000, not 1"),
        ('arena = "sumo"\nwolrds = 3', "unknown setting 'wolrds'; did you mean 'worlds'?"),
        ('arena = "sumo"\nopponents = "league"\nmirror = 0.1', "a league sets the shares of opponents"),
        ('arena = "sumo"\n[terms]\nwind = 1', "unknown term 'wind'"),
        ('arena = "sumo"\nguests = ["nobody"]', "no player 'nobody'"),
    ],
)
def test_a_file_that_is_wrong_starts_nothing(text: str, said: str, tmp_path: Path, run_main: RunMain):
    path = tmp_path / "run.toml"
    path.write_text(text)
    status, output, errors = run_main("train", "--config", str(path), "--out", str(tmp_path / "run"))
    assert status in (1, 2)
    assert output == ""
    assert said in errors
    assert errors.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_the_report_says_how_far_a_budget_was_exceeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain
):
    shorten_bouts(monkeypatch)
    options = ["--engine", "mujoco", "--worlds", "4", "--workers", "1", "--ppo", "rollout=16"]
    command = ["train", "sumo", *options, "--samples", "300", "--out", str(tmp_path / "run")]
    status, output, _ = run_main(*command)
    assert status == 0
    # Two worlds have two learners each, two have one: 6 x 16 steps x 5 updates.
    first = "Trained to generation 1, 480 samples. The last generation was finished: 180 more than the budget."
    assert output.splitlines()[0] == first


def test_the_suggested_command_films_a_bout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    shorten_bouts(monkeypatch, arena="kick_and_defend")
    monkeypatch.chdir(tmp_path)
    options = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--ppo", "rollout=16", "--minutes", "0"]
    runs = {
        "a spider": ["sumo", "--body", "spider"],
        "keeper": ["kick_and_defend", "--role", "keeper", "--guest", "zero", "--drive", "torque"],
    }
    for name, settings in runs.items():
        status, output, errors = run_main("train", *settings, *options, "--out", name)
        assert status == 0, errors
        [suggested] = [line for line in output.splitlines() if line.startswith("Watch it: ")]
        program, *arguments = shlex.split(suggested.removeprefix("Watch it: "))
        assert program == "dohyo"
        assert run_main(*arguments, "--bouts", "1")[0] == 0
        film = tmp_path / "bout.gif"
        assert film.read_bytes().startswith(b"GIF")
        film.unlink()


def test_the_seats_in_the_suggested_command():
    kicker, keeper, both = Role("kicker", (0,), (0,)), Role("keeper", (1,), (1,)), Role("sumo", (0, 1), (0, 1))
    goals = TrainConfig(arena="kick_and_defend", engine="mujoco")
    begin = "dohyo play kick_and_defend --engine mujoco"
    end = "--picture bout.gif"
    assert watch_run(Path("runs/a"), goals, [kicker, keeper]) == f"{begin} --seat runs/a --seat runs/a {end}"
    assert watch_run(Path("runs/a"), goals, [kicker]) == f"{begin} --seat runs/a --seat zero {end}"
    assert watch_run(Path("runs/a"), goals, [keeper]) == f"{begin} --seat zero --seat runs/a {end}"
    sumo = TrainConfig(engine="mujoco", body="bug", drive="torque", imports=("own.py",))
    teams = Role("sumo", (0, 1, 2, 3), (0, 1))
    pairs = TrainConfig(arena="sumo_2v2", engine="mujoco")
    assert (
        watch_run(Path("runs/a"), pairs, [teams])
        == f"dohyo play sumo_2v2 --engine mujoco --seat runs/a --seat zero {end}"
    )
    changed = "dohyo play sumo --engine mujoco --body bug --drive torque --import own.py"
    assert watch_run(Path("my run"), sumo, [both]) == f"{changed} --seat 'my run' --seat zero {end}"
