"""Another commit beside this one: a temporary worktree with an environment of its own."""

import os
import platform
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from dohyo.curricula.run import software

ROOT = Path(__file__).resolve().parents[1]
PROBES = Path(__file__).resolve().parent / "probes"


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a commit and the Python that runs it."""

    name: str
    python: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command that runs a probe, such as `stepping.py`, or with a leading `-` Python's own option."""
        script = [program] if program.startswith("-") else [str(PROBES / program)]
        return [str(self.python), *script, *arguments]


def here() -> Side:
    """Return the side of this checkout: the running Python."""
    changed = "+" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return Side(f"{_git('rev-parse', '--short', 'HEAD')}{changed}", Path(sys.executable))


def checkout(commit: str, folder: Path) -> Side:
    """Return the side of another commit, with a worktree and an environment in `folder`; both are kept.

    The environment shares the packages of the running one, and pip installs what it lacks.
    """
    name = _git("rev-parse", "--short", commit)
    tree, environment = folder / f"tree-{name}", folder / f"env-{name}"
    if not tree.exists():
        _git("worktree", "add", "--detach", str(tree), name)
    python = environment / "bin" / "python"
    if not (environment / "ready").exists():
        make_environment(environment, "--editable", f"{tree}[train]")
    return Side(name, python)


def make_environment(environment: Path, *wanted: str) -> None:
    """Make an environment that shares the packages of the running one, and let pip install `wanted` there."""
    venv.create(environment, with_pip=True, clear=True)
    python = environment / "bin" / "python"
    shared = sysconfig.get_paths()["purelib"]
    query = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    own = subprocess.run([python, "-c", query], check=True, capture_output=True, text=True).stdout.strip()
    Path(own, "shared.pth").write_text(f"{shared}\n")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    (environment / "ready").touch()


def remove(folder: Path) -> None:
    """Forget the worktrees in `folder`; the folder itself stays."""
    for tree in folder.glob("tree-*"):
        _git("worktree", "remove", "--force", str(tree))


def machine() -> str:
    """Return processor, cores, load and Python's version, for the head of a table."""
    return f"{software.machine()}, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()
