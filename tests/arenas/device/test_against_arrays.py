"""The device batch against the batch over numpy arrays, on the same engine: the same bouts, judged and seen alike."""

import importlib.util
from pathlib import Path

import pytest
from states import needs_warp
from tensors import compare, near, pair

from dohyo.arenas import ARENAS

CASES = [
    ("sumo", "ant"),
    ("sumo", "humanoid"),  # falls within seconds
    ("sumo_3", "ant"),
    ("sumo_4", "ant"),
    ("sumo_2v2", "ant"),
    ("run_to_goal", "humanoid,ant"),
    ("you_shall_not_pass", "humanoid"),
    ("kick_and_defend", "humanoid"),
]
"""Arena and body."""


@pytest.mark.parametrize(("arena", "body"), CASES)
def test_a_thousand_steps_are_judged_and_seen_alike(arena: str, body: str):
    host, device = pair(arena, body)
    for ours, theirs in zip(host.reset(3), device.reset(3), strict=True):
        near(ours, theirs)
    endings = compare(host, device, 1000)
    assert "time-out" in endings or ("humanoid" in body and len(endings) > 1)
    assert host.diverged == device.diverged == 0


def test_the_cases_are_all_arenas():
    assert {arena for arena, _ in CASES} == {name for name in ARENAS if not name.startswith("paper/") and name != "tag"}


@pytest.mark.parametrize("arena", ["sumo", "sumo_4", "kick_and_defend"])
@pytest.mark.parametrize("engine", [pytest.param("warp", marks=needs_warp)])
def test_warp_is_judged_and_seen_alike(arena: str, engine: str):
    """Over arrays the same kernels' states are copied to the host; contacts after a reset are sensed alike."""
    host, device = pair(arena, "ant", engine, max_cycles=12)
    host.reset(3), device.reset(3)
    assert compare(host, device, 60) == {"time-out"}


def test_an_arena_of_a_user_runs_over_tensors():
    path = Path(__file__).parents[3] / "examples" / "own_arena" / "tag.py"
    spec = importlib.util.spec_from_file_location("tag_over_tensors", path)
    assert spec is not None
    assert spec.loader is not None
    before = dict(ARENAS)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        host, device = pair("tag", "ant,spider", worlds=6)
        host.arena.ranges["gap"] = device.arena.ranges["gap"] = (0.5, 3.0)
        host.reset(1), device.reset(1)
        assert compare(host, device, 120) == {"caught", "time-out"}
    finally:
        ARENAS.clear()
        ARENAS.update(before)
