"""Networks this small use one thread, however many cores the machine has."""

from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config, train
from threadpoolctl import threadpool_info, threadpool_limits


def threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_command_line_multiplies_in_one_thread(run_main: Callable[..., tuple[int, str, str]]):
    with threadpool_limits(2, user_api="blas"):
        assert threads() == {2}
        assert run_main("arenas")[0] == 0
        assert threads() == {1}


def test_training_multiplies_in_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shorten_bouts(monkeypatch)
    with threadpool_limits(2, user_api="blas"):
        train(tmp_path, tiny_config(samples=1, rated_bouts=0))
        assert threads() == {1}
