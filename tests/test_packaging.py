"""Packaging: every package is listed, and a wheel installed elsewhere works without the checkout."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from wheels import LAYERS, ROOT, pip

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

USE_IT = """
import sys
import dohyo, dohyo.arenas, dohyo.agents.policies.policy
for module in (dohyo, dohyo.arenas, dohyo.agents.policies.policy):
    assert module.__file__.startswith(sys.argv[1]), module.__file__
batch = dohyo.arenas.make_batch("sumo", body="ant", engine="mujoco", worlds=2, workers=1)
batch.reset(0)
step = batch.step([dohyo.arenas.players.Zero(8).act(o) for o in batch.observations])
print(dohyo.__version__, *step.reward.shape)
batch.close()
import dohyo.curricula
with dohyo.arenas.views.seat_env.SeatEnv("sumo", engine="mujoco", opponents="pretrained/sumo-ant") as env:
    env.reset(seed=0)
"""


def test_the_packages_listed_are_those_on_disk():
    on_disk = {"dohyo"} | {
        "dohyo." + ".".join(init.parent.relative_to(ROOT).parts)
        for layer in LAYERS
        for init in (ROOT / layer).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == on_disk
    assert PROJECT["tool"]["setuptools"]["package-dir"] == {"dohyo": "."} | {
        f"dohyo.{layer}": layer for layer in LAYERS
    }


def test_every_folder_with_code_is_a_package():
    folders = {path.parent for layer in LAYERS for path in (ROOT / layer).rglob("*.py")}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_the_package_says_its_version_and_loads_nothing_else():
    program = "import dohyo, sys; print(dohyo.__version__, *(name for name in sys.modules if name.startswith('dohyo')))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    assert result.stdout.split() == [PROJECT["project"]["version"], "dohyo"]


def test_what_is_in_the_wheel(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0] for name in names} == {"dohyo", f"dohyo-{PROJECT['project']['version']}.dist-info"}
    assert {"dohyo/__init__.py", "dohyo/py.typed"} <= names
    assert {name.split("/")[1] for name in names if name.startswith("dohyo/")} == {"__init__.py", "py.typed", *LAYERS}
    sources = {
        path
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*")
        if path.suffix in (".py", ".xml", ".html", ".toml", ".safetensors")
    }
    assert {f"dohyo/{path.relative_to(ROOT)}" for path in sources} <= names
    assert "dohyo/arenas/bodies/ant.xml" in names
    assert wheel.stat().st_size < 15 * 2**20
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path):
    target = tmp_path / "site"
    pip(["install", "--no-deps", "--target", str(target), str(wheel)], tmp_path)
    # -S leaves out the editable install's hook; the libraries come back by path, behind the wheel.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    program = f"import sys\nsys.path[1:1] = {[str(target), *libraries]!r}\n{USE_IT}"
    result = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program, str(target)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == [PROJECT["project"]["version"], "2", "2"]
