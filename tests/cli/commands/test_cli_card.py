"""`dohyo card`: the page and the record that it writes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import only_object
from huggingface_hub import ModelCard

from dohyo.agents import pretrained
from dohyo.agents.snapshot import load_snapshot
from dohyo.curricula.cards import card

RunMain = Callable[..., tuple[int, str, str]]
FEW = ["--bouts", "2", "--engine", "mujoco", "--json"]


@pytest.fixture(autouse=True)
def _nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No agents come with the package, so that opponents do not depend on which do."""
    monkeypatch.setattr(pretrained, "FOLDER", tmp_path / "nothing")


def test_a_whole_card(run_folder: Path, run_main: RunMain, monkeypatch: pytest.MonkeyPatch):
    options = ["--samples", "1", "--license", "mit", "--not-for", "Chess."]
    status, output, errors = run_main("card", str(run_folder), *FEW, *options)
    assert (status, errors) == (0, "")
    record = only_object(output)
    folder = Path(record["page"]).parent
    assert folder == run_folder / "cards" / record["snapshot"]
    assert json.loads((folder / "card.json").read_text()) == {
        name: value for name, value in record.items() if name not in ("page", "record")
    }
    assert load_snapshot(folder / f"{record['snapshot']}.safetensors").name == record["snapshot"]
    assert (folder / "bout.gif").read_bytes()[:4] == b"GIF8"
    _check_figures(record)
    _check_page(ModelCard.load(folder / "README.md", ignore_metadata_errors=False), record)

    def never(*arguments: object) -> None:
        raise AssertionError("it was measured already")

    for name in ("play", "blow", "resist", "time_actions"):
        monkeypatch.setattr(card, name, never)
    status, output, _ = run_main("card", str(run_folder), *FEW, *options)
    assert (status, only_object(output)) == (0, record)


def _check_figures(record: dict) -> None:
    assert record["not_for"][0] == "Chess."
    assert [(row["opponent"], row["engine"]) for row in record["matches"]] == [
        (name, "mujoco") for name in ("zero", "random", "its own generation 1", "its own generation 2")
    ]
    for row in (*record["matches"], *record["worlds"], *record["blind"]):
        assert row["wins"] + row["draws"] + row["losses"] == row["bouts"] == 2
        assert [side["bouts"] for side in row["sides"]] == [1, 1]
        assert row["mean_steps"] <= 12
    assert [row["change"] for row in record["worlds"]] == ["heavier", "slippier", "weaker"]
    forces = [200, 300, 400, 500, 600]
    assert [(row["player"], row["force"]) for row in record["wind"]] == [(p, f) for p in ("it", "zero") for f in forces]
    [response] = record["exploit"]
    assert response["samples"] > 0
    assert response["attack"]["bouts"] == response["blind"]["bouts"] == 2
    assert 0 < record["speed"]["median_s"] <= record["speed"]["slowest_percent_s"]
    training = record["training"]
    assert (training["generation"], training["samples"], training["repeats"]) == (3, 288, True)
    assert 'arena = "sumo"' in training["settings"]
    assert training["sessions"][0]["machine"]


def _check_page(page: ModelCard, record: dict) -> None:
    assert page.data.license == "mit"
    assert page.data.library_name == "dohyo"
    assert {"reinforcement-learning", "dohyo/sumo_v0"} <= set(page.data.tags)
    assert [result.metric_value for result in page.data.eval_results] == [
        round(row["win_rate"], 4) for row in record["matches"][:2]
    ]
    headings = [line[3:] for line in page.text.splitlines() if line.startswith("## ")]
    assert headings == [
        "Use it",
        "What it was trained on",
        "What it can do",
        "How it does it",
        "What breaks it",
        "How fast it answers",
        "What it is not for",
        "How this card was made",
    ]
    assert "![A bout against its own generation 2](bout.gif)" in page.text
    assert "- Chess.\n" in page.text


def test_parts_can_be_left_out(run_folder: Path, tmp_path: Path, run_main: RunMain):
    without = [word for part in card.PARTS for word in ("--without", part)]
    status, output, errors = run_main("card", str(run_folder), *FEW, *without, "--out", str(tmp_path / "card"))
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert (record["worlds"], record["wind"], record["exploit"], record["speed"]) == ([], [], [], None)
    page = (tmp_path / "card" / "README.md").read_text()
    assert page.count("Left out: by option.") == len(card.PARTS) - 1  # the picture's place stays empty
    assert not (tmp_path / "card" / "bout.gif").exists()


def test_a_table_for_people(run_folder: Path, run_main: RunMain):
    without = [word for part in card.PARTS for word in ("--without", part)]
    status, output, _ = run_main("card", str(run_folder), *FEW[:-1], *without)
    assert status == 0
    assert "its own generation 2" in output
    assert "README.md" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["zero"], "zero is built in and has no weights"),
        (["nobody"], "no player 'nobody'"),
        (["RUN", "--without", "winds"], "unknown part of a card 'winds'"),
        (["RUN", "--engine", "bullet"], "unknown engine 'bullet'"),
        (["RUN", "--against", "nobody"], "no player 'nobody'"),
    ],
)
def test_typing_errors_are_one_line(run_folder: Path, run_main: RunMain, arguments: list[str], said: str):
    status, output, errors = run_main("card", *[str(run_folder) if word == "RUN" else word for word in arguments])
    assert (status, output) == (2, "")
    assert said in errors
    assert errors.count("\n") == 1
    assert not (run_folder / "cards").exists()
