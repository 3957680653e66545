"""`dohyo study`: output, refusals, and kills."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doubles import only_object, shorten_bouts, tiny_config
from processes import DRIVER, PATIENCE, recorded

from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.studies.catalogue import STUDIES, Claim, Study

RunMain = Callable[..., tuple[int, str, str]]
MUJOCO = ["--engine", "mujoco", "--workers", "1", "--worlds", "4"]


def test_a_study_in_json_and_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_main: RunMain):
    shorten_bouts(monkeypatch)
    arms = {name: {"dense": name} for name in ("fade", "never")}
    claims = (Claim("fade", "never", 1, "a guess"),)
    monkeypatch.setitem(STUDIES, "tiny", Study("Tiny", arms, {"ppo": tiny_config().ppo}, "Because.", claims=claims))
    command = ["study", "tiny", *MUJOCO, "--samples", "100", "--seeds", "1", "--bouts", "2", "--out", str(tmp_path)]
    status, output, errors = run_main(*command, "--json")
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert (record["study"], record["samples"], record["minutes"], record["seeds"]) == ("tiny", 100, None, 1)
    assert [(r["arm"], r["against"]) for r in record["results"]] == [
        ("fade", None),
        ("never", None),
        ("fade", "never"),
        ("never", "fade"),
    ]
    assert record["results"][0]["draws"] == 2
    assert [(c["arm"], c["against"], c["verdict"]) for c in record["claims"]] == [("fade", "never", "open")]
    status, output, _ = run_main(*command)
    assert status == 0
    assert output.startswith((tmp_path / "report.md").read_text())
    assert "matches.csv" in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gravity"], "unknown study 'gravity'; choose one of: anneal, delta, policy"),
        (["delta", "--samples", "1", "--minutes", "1"], "not both"),
        (["delta", "--arena", "chess"], "unknown arena 'chess'"),
        (["delta", "--arena", "sumo_3"], "has 3 seats"),
        (["delta", "--engine", "quake"], "unknown engine 'quake'"),
        (["delta", "--seeds", "0"], "--seeds"),
    ],
)
def test_what_was_typed_wrong(tmp_path: Path, arguments: list[str], said: str, run_main: RunMain):
    status, output, errors = run_main("study", *arguments, "--out", str(tmp_path / "study"))
    assert (status, output) == (2, "")
    assert said in errors
    assert not (tmp_path / "study").exists()


@pytest.mark.slow
def test_killed_in_a_run_and_in_a_match_it_goes_on(tmp_path: Path):
    """Every run reaches the end of its budget, and every pair of arms its bouts, none of them twice."""
    options = [*MUJOCO, "--samples", "4000", "--seeds", "1", "--bouts", "30", "--json", "--out", str(tmp_path)]
    command = [sys.executable, "-c", DRIVER, "40", "study", "anneal", *options]
    for reached in (lambda: generations(tmp_path, "constant"), lambda: recorded(tmp_path / "matches")):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            limit = time.monotonic() + PATIENCE
            while process.poll() is None and not reached() and time.monotonic() < limit:
                time.sleep(0.01)
            process.kill()
            assert process.wait() == -signal.SIGKILL
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stderr == ""
    assert [r["bouts"] for r in json.loads(finished.stdout)["results"]] == [60] * 3 + [30] * 6
    # Five updates in a generation, of 128 steps in two worlds of both seats and two of one: 3840 samples.
    assert [generations(tmp_path, arm) for arm in STUDIES["anneal"].arms] == [[0, 1, 2]] * 3
    assert list(recorded(tmp_path / "matches").values()) == [tuple(range(30))] * 3


def generations(folder: Path, arm: str) -> list[int]:
    """The recorded generations of an arm's first run."""
    path = folder / "runs" / f"{arm}.seed0"
    if not (path / "config.json").exists():
        return []
    with closing(RunFolder.open(path)) as run:
        return [link.generation for link in run.record.generations()]
