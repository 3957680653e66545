"""Fixtures that several test files use."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from doubles import shorten_bouts, tiny_config
from hypothesis import settings
from wheels import build_wheel

from dohyo.cli import main
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.training.training import Training

settings.register_profile("unhurried", deadline=None)  # nothing is timed here: machines differ, and are busy
settings.load_profile("unhurried")

TRACES = Path(__file__).parents[2] / "shared" / "published" / "traces"
"""Beside the checkout, where somebody has put them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--traces", default=str(TRACES), help="folder of one-step traces, see test_paper_traces.py")


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


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of three generations with bouts of twelve steps."""
    shorten_bouts(monkeypatch)
    folder = RunFolder.create_or_resume(tmp_path / "run", tiny_config())
    Training(folder).run()
    folder.close()
    return folder.path


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the sources."""
    return build_wheel(tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel"))
