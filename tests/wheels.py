"""A wheel of the sources, as users install it."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = ("arenas", "agents", "curricula", "cli")


def copy_sources(source: Path) -> None:
    """Copy what an installation needs into the folder `source`, so that nothing is left in the checkout."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "__init__.py", "py.typed"):
        shutil.copy(ROOT / name, source)
    for layer in LAYERS:
        shutil.copytree(ROOT / layer, source / layer, ignore=shutil.ignore_patterns("__pycache__"))


def build_wheel(source: Path, out: Path) -> Path:
    """Build a wheel in the folder `out` from a copy in `source`."""
    copy_sources(source)
    isolation = [] if int(version("setuptools").split(".")[0]) < 77 else ["--no-build-isolation"]
    pip(["wheel", ".", "--no-deps", *isolation, "--wheel-dir", str(out)], source)
    (path,) = out.glob("*.whl")
    return path


def pip(arguments: list[str], folder: Path) -> None:
    """Run pip in `folder`."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
