"""The public API: all exported names exist, have a docstring, and load no more than they need."""

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

FACES = ("dohyo.arenas", "dohyo.arenas.rules", "dohyo.agents", "dohyo.curricula")
LAZY = FACES[2:]


@pytest.mark.parametrize("face", FACES)
def test_all_that_is_exported_is_there(face: str):
    module = import_module(face)
    assert len(module.__all__) == len(set(module.__all__)) > 10
    for name in module.__all__:
        assert getattr(module, name) is not None, name
    with pytest.raises(AttributeError, match="no_such_name"):
        module.no_such_name  # noqa: B018


@pytest.mark.parametrize("face", FACES)
def test_what_is_exported_is_described(face: str):
    module = import_module(face)
    assert ">>>" in module.__doc__
    bare = [name for name in module.__all__ if callable(getattr(module, name)) and not getattr(module, name).__doc__]
    assert bare == []


@pytest.mark.parametrize("face", ["dohyo.arenas", "dohyo.arenas.rules"])
def test_the_example_runs(face: str):
    result = doctest.testmod(import_module(face))
    assert result.attempted > 1
    assert result.failed == 0


@pytest.mark.parametrize(
    "statement",
    ["import dohyo.agents", "import dohyo.curricula", "from dohyo.agents import load_snapshot, Policy, PpoConfig"],
)
def test_no_torch_without_a_learner(statement: str):
    code = f"{statement}; import sys; sys.exit(bool({{'torch', 'stable_baselines3'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_without_a_home_would_be_found():
    for face in LAZY:
        module = import_module(face)
        assert set(module._HOMES) == set(module.__all__)
