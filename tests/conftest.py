"""Fixtures that several test files use."""

import sys
from collections.abc import Callable

import pytest

from dohyo.cli import main


@pytest.fixture
def run_main(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `main` in this process: (exit status, standard output, standard error)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dohyo", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        assert isinstance(caught.value.code, int)
        captured = capfd.readouterr()
        return caught.value.code, captured.out, captured.err

    return run
