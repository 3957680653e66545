"""Curves that also go to an experiment tracker."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from doubles import only_object, shorten_bouts

from dohyo.curricula.training.trackers import TRACKERS

RunMain = Callable[..., tuple[int, str, str]]
OPTIONS = ["--engine", "mujoco", "--worlds", "2", "--workers", "1", "--json"]


def stand_in(name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Install a module with a tracker's three functions, and return the list of calls that it keeps."""
    calls: list[tuple[str, dict[str, Any]]] = []
    module = ModuleType(name)
    module.init = lambda **given: print("Hello!") or calls.append(("init", given))  # type: ignore  # noqa: T201
    module.log = lambda values: calls.append(("log", values))  # type: ignore[attr-defined]
    module.finish = lambda: calls.append(("finish", {}))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, module)
    return calls


@pytest.mark.parametrize("name", TRACKERS)
def test_curves_go_to_the_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain, name: str):
    """A resumed session goes on under the same name; generations are logged with their samples."""
    shorten_bouts(monkeypatch)
    calls = stand_in(name, monkeypatch)
    out = tmp_path / "first"
    for samples in ("1", "5000"):
        command = ["train", "sumo", *OPTIONS, "--samples", samples, "--track", name, "--out", str(out)]
        status, output, errors = run_main(*command)
        assert (status, errors) == (0, "Hello!\n")
        assert only_object(output)["run"] == str(out)
    one, two = (given for what, given in calls if what == "init")
    assert one["name"] == two["name"]
    assert one["name"].startswith("first-")
    assert (one["project"], one["resume"], one["config"]["arena"]) == ("dohyo", "allow", "sumo")
    assert one.get("id") == (one["name"] if name == "wandb" else None)
    logged = [values for what, values in calls if what == "log" and "bout_steps" in values]
    assert [values["samples"] for values in logged] == sorted({values["samples"] for values in logged})
    assert len(logged) >= 2
    assert any("rating/mu" in values for what, values in calls if what == "log")
    assert [what for what, _ in calls].count("finish") == 2


def test_without_the_tracker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    monkeypatch.setitem(sys.modules, "wandb", None)
    command = ["train", "sumo", *OPTIONS, "--samples", "1", "--out", str(tmp_path / "run"), "--track"]
    status, output, errors = run_main(*command, "wandb")
    assert (status, output) == (1, "")
    assert errors == 'dohyo: wandb is not installed: `pip install "dohyo[wandb]"`, or leave out --track\n'
    assert not (tmp_path / "run").exists()
    status, output, errors = run_main(*command, "mlflow")
    assert (status, output) == (2, "")
    assert "unknown tracker 'mlflow'; choose one of: trackio, wandb" in errors


def test_a_tracker_that_cannot_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    def refuse(**given: Any) -> None:
        raise RuntimeError("no key:\nlog in")

    stand_in("wandb", monkeypatch)
    monkeypatch.setattr(sys.modules["wandb"], "init", refuse)
    command = ["train", "sumo", *OPTIONS, "--samples", "1", "--out", str(tmp_path / "run"), "--track", "wandb"]
    status, _, errors = run_main(*command)
    assert (status, errors.count("\n")) == (1, 1)
    assert "wandb cannot start (no key: log in)" in errors
    assert not (tmp_path / "run").exists()
