"""Stages: their settings and budgets, and the presets that hold them."""

from pathlib import Path
from typing import Any

import pytest

from dohyo.arenas.errors import ConfigError, UnknownName
from dohyo.cli.stages import check_stages, choose_stages, plan_stage
from dohyo.curricula.run.config_file import read_config, to_toml
from dohyo.curricula.run.presets import preset_names, read_preset
from dohyo.curricula.run.stages import begun, plan_stages, read_stages

OUT = Path("run")
KNOWN: dict[str, dict[str, Any]] = {
    "stand": {"arena": "run_to_goal", "share": 1.0, "terms": {"standing": 5.0}, "ppo": {"gamma": 0.98}},
    "walk": {"arena": "run_to_goal", "share": 2.0, "samples": 70},
    "fight": {"share": 3.0, "drop": ("goal",), "dense": "constant"},
}


def test_each_stage_has_its_settings_and_its_part_of_the_budget():
    base = {"arena": "sumo", "samples": 1000, "terms": {"centre": 0.0}, "ppo": {"gamma": 0.9, "width": 8}}
    stand, walk, fight = plan_stages(OUT, KNOWN, ["stand", "walk", "fight"], base, {"dense": "never", "samples": 1000})
    assert [stage.folder for stage in (stand, walk, fight)] == [OUT / "stages/stand", OUT / "stages/walk", OUT]
    assert [stage.settings["arena"] for stage in (stand, walk, fight)] == ["run_to_goal", "run_to_goal", "sumo"]
    # The walk has a budget of its own; the others divide the run's as 1 to 3.
    assert [stage.settings["samples"] for stage in (stand, walk, fight)] == [250, 70, 750]
    assert {stage.settings["minutes"] for stage in (stand, walk, fight)} == {None}
    assert stand.settings["terms"] == {"standing": 5.0}
    assert stand.settings["ppo"] == {"gamma": 0.98, "width": 8}
    assert fight.settings["terms"] == {"centre": 0.0}
    assert fight.settings["drop"] == ("goal",)
    assert {stage.settings["dense"] for stage in (stand, walk, fight)} == {"never"}


def test_a_run_without_a_budget_has_twenty_minutes():
    stand, fight = plan_stages(OUT, KNOWN, ["stand", "fight"], {"arena": "sumo"}, {})
    assert (stand.settings["minutes"], fight.settings["minutes"]) == (5, 15)


def test_the_first_stage_has_nothing_to_drop_unless_it_begins_by_surgery():
    assert plan_stages(OUT, KNOWN, ["fight"], {}, {})[0].settings["drop"] == ()
    assert plan_stages(OUT, KNOWN, ["fight"], {"surgery": True}, {})[0].settings["drop"] == ("goal",)


def test_stages_that_are_unknown_or_repeated_are_refused():
    with pytest.raises(UnknownName, match="did you mean 'walk'"):
        plan_stages(OUT, KNOWN, ["wlak"], {}, {})
    with pytest.raises(ConfigError, match="name each stage once"):
        plan_stages(OUT, KNOWN, ["walk", "walk"], {}, {})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (7, "must be a table of stages"),
        ({"walk": 7}, r"stages.walk must be a table"),
        ({"../walk": {}}, "letters a-z"),
        ({"walk": {"share": -1}}, r"stages.walk.share must be a number of at least 0"),
        ({"walk": {"share": "much"}}, r"stages.walk.share must be a number"),
        ({"walk": {"worlds": 1}}, r"stages.walk.worlds must be"),
        ({"walk": {"wrlds": 8}}, "did you mean 'worlds'"),
        ({"walk": {"start": "runs/a"}}, r"stages.walk.start cannot be set"),
    ],
)
def test_stages_of_a_file_are_checked(given: Any, said: str):
    with pytest.raises((ConfigError, UnknownName), match=said):
        read_stages(given)


def test_a_file_with_stages_is_written_and_read_again(tmp_path: Path):
    settings = read_preset("sumo-humanoid").settings
    path = tmp_path / "again.toml"
    path.write_text(to_toml(settings))
    assert read_config(path) == settings


@pytest.mark.parametrize("name", preset_names())
def test_every_stage_of_every_preset_fits_its_arena(name: str):
    preset = read_preset(name)
    assert preset.about.endswith(".")
    stages = choose_stages(OUT, {"arena": "sumo"} | preset.settings, {}, None)
    check_stages(stages)
    assert plan_stage(stages, 0).config.arena == stages[0].settings["arena"]


def test_an_unknown_preset_is_refused():
    with pytest.raises(UnknownName, match="did you mean 'sumo-humanoid'"):
        read_preset("sumo-humanoids")


def test_the_last_stage_that_has_begun(tmp_path: Path):
    stages = plan_stages(tmp_path, KNOWN, ["stand", "walk", "fight"], {}, {})
    assert begun(stages) == 0
    for k in (0, 1):
        stages[k].folder.mkdir(parents=True)
        (stages[k].folder / "config.json").touch()
        assert begun(stages) == k
