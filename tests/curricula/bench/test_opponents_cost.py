"""The cost of opponents: the opponents that are met, and the report."""

from collections.abc import Callable

import numpy as np
import pytest
from doubles import only_object, shorten_bouts

from dohyo.curricula.bench import opponents_cost


class Slow:
    """A pool whose clock advances by a fixed number of seconds with every call of `act`."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def act(self, observation: object, worlds: object) -> float:
        self.clock[0] += self.seconds
        return self.seconds


def test_pools_are_timed_apart_and_the_first_acts(monkeypatch: pytest.MonkeyPatch):
    clock = [0.0]
    monkeypatch.setattr(opponents_cost.time, "perf_counter", lambda: clock[0])
    rivals = opponents_cost._Rivals([Slow(clock, 1.0), Slow(clock, 5.0)])  # type: ignore[list-item]
    nothing = np.zeros(0)
    assert [rivals.act(nothing, nothing) for _ in range(3)] == [1.0, 1.0, 1.0]
    assert rivals.seconds.tolist() == [3.0, 15.0]


def test_opponents_are_met_in_turn():
    draw = opponents_cost._in_turn(3)
    versions = [draw([], np.random.default_rng(0), n)[1].tolist() for n in (4, 1, 3)]
    assert versions == [[0, 1, 2, 0], [1], [2, 0, 1]]


@pytest.mark.parametrize("body", ["ant", "ant,spider"])  # who sees and acts alike, and who does not
def test_bench_reports_the_share_of_opponents(
    run_main: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch, body: str
):
    shorten_bouts(monkeypatch)
    options = ["--body", body, "--engine", "mujoco", "--worlds", "4", "--workers", "1", "--blocks", "1", "--json"]
    status, output, errors = run_main("bench", "sumo", "--opponents", "3", *options)
    assert (status, errors) == (0, "")
    record = only_object(output)
    assert (record["worlds"], record["opponents"]) == (4, 3)
    assert record["share"] == pytest.approx(record["opponents_ms"] / record["step_ms"])
    assert record["speedup"] == pytest.approx(record["one_by_one_ms"] / record["opponents_ms"])
    assert 0 < record["share"] < 1
    # A step with calls one by one takes as much longer as they do.
    longer = record["step_ms"] - record["opponents_ms"] + record["one_by_one_ms"]
    assert record["one_by_one_share"] == pytest.approx(record["one_by_one_ms"] / longer)
