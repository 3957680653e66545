"""Layers: imports go one way, light packages load no heavy ones, and no loader can run code."""

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = ("arenas", "agents", "curricula", "cli")
FILES = [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]
HEAVY = {"torch", "stable_baselines3", "sb3_contrib", "typer", "rich", "safetensors", "tensorboard"}


def trees(layer: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in FILES:
        if path.is_relative_to(ROOT / layer):
            yield path, ast.parse(path.read_text())


def imported(tree: ast.Module) -> set[str]:
    """Full names of all imports of a file, anywhere in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports would hide layers from this test"
            assert node.module is not None
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_there_is_something_to_look_at():
    assert {path.relative_to(ROOT).parts[0] for path in FILES} == set(LAYERS)
    assert len(FILES) > 30


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_flow_one_way(layer: str):
    above = LAYERS[LAYERS.index(layer) + 1 :]
    for path, tree in trees(layer):
        names = imported(tree)
        upward = {name for name in names if name.split(".")[0] == "dohyo" and name.split(".")[1] in above}
        assert not upward, f"{path} imports {upward}"
        bare = {name for name in names if name.split(".")[0] in LAYERS}
        assert not bare, f"{path} imports {bare} by bare names"


def test_the_arenas_need_their_few_dependencies_only():
    few = {"dohyo", "array_api_compat", "numpy", "gymnasium", "pettingzoo", "pybullet", "mujoco"}
    few |= sys.stdlib_module_names
    for path, tree in trees("arenas"):
        optional = {"viewer": {"trimesh", "viser"}, "device": {"torch"}}.get(path.parent.name, set())
        more = {name for name in imported(tree) if name.split(".")[0] not in few | optional}
        assert not more, f"{path} imports {more}"


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after `statement` in a new interpreter."""
    program = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    return set(result.stdout.split())


def test_importing_the_arenas_is_light():
    assert not loaded_by("import dohyo.arenas") & (HEAVY | {"pybullet", "viser", "trimesh"})


def test_the_command_line_lists_its_commands_without_loading_what_they_need():
    shown = "import contextlib, io, sys; from dohyo.cli import main; sys.argv = ['dohyo', '--help']\n"
    shown += "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    heavy = {"numpy", "scipy", "gymnasium", "pettingzoo", "mujoco", "pybullet", "matplotlib", "imageio", "sqlite3"}
    loaded = loaded_by(shown)
    assert "typer" in loaded
    assert not loaded & (heavy | HEAVY - {"typer", "rich"})


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("layer", LAYERS)
def test_nothing_that_is_loaded_can_run_code(layer: str):
    forbidden = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    for path, tree in trees(layer):
        assert not {name.split(".")[0] for name in imported(tree)} & forbidden, path
        for name, call in calls(tree):
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            where = f"{path}:{call.lineno}"
            assert name not in ("eval", "exec", "compile", "__import__", "os.system"), where
            assert name != "torch.load" or options.get("weights_only") == "True", where
            assert options.get("allow_pickle", "False") == "False", where
            assert options.get("shell", "False") == "False", where


@pytest.mark.parametrize("layer", LAYERS)
def test_bare_names_are_refused(layer: str):
    spec = importlib.util.spec_from_file_location(layer, ROOT / layer / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(ImportError, match=rf"`import dohyo\.{layer}`"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def modules() -> dict[str, Path]:
    """Every module of the packages by its full name."""
    names = {}
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        names["dohyo." + ".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return names


def begun_with(tree: ast.Module) -> set[str]:
    """Full names of the imports that run when a file is imported: not in functions, not for type checkers."""
    names: set[str] = set()
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Try):
            todo += node.body
    return names


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The modules that can be reached from themselves."""
    found = []
    for start in graph:
        reached, todo = set(), list(graph[start])
        while todo:
            if (name := todo.pop()) not in reached:
                reached.add(name)
                todo += graph.get(name, ())
        if start in reached:
            found.append(start)
    return found


def test_a_circle_would_be_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == ["a", "b", "c"]


def test_no_module_imports_itself_through_others():
    known = modules()
    faces = {f"dohyo.{layer}" for layer in LAYERS}  # a face imports its rooms, which name the package and no more
    graph = {
        name: (begun_with(ast.parse(path.read_text())) & known.keys()) - faces - {name} for name, path in known.items()
    }
    assert circles(graph) == []


def test_rooms_of_a_package_do_not_import_each_other_in_a_circle():
    known = modules()
    rooms = {name.rpartition(".")[0] for name in known} - {f"dohyo.{layer}" for layer in LAYERS} - {"dohyo"}
    graph: dict[str, set[str]] = {room: set() for room in rooms}
    for name, path in known.items():
        room = name.rpartition(".")[0]
        if room in rooms:
            used = {other.rpartition(".")[0] for other in begun_with(ast.parse(path.read_text())) & known.keys()}
            graph[room] |= (used & rooms) - {room}
    assert circles(graph) == []


def test_no_command_imports_another():
    commands = {name for name in modules() if name.startswith("dohyo.cli.commands.")}
    assert len(commands) > 10
    for name in commands:
        others = imported(ast.parse(modules()[name].read_text()))
        assert not {other for other in commands - {name} if any(o.startswith(other) for o in others)}, name


def test_files_can_be_seen_whole():
    long = {str(path): n for path in FILES if (n := len(path.read_text().splitlines())) > 300}
    assert long == {}


def private_names(module: str) -> set[str]:
    """Names with one underscore that a module's classes define: methods, and fields that they set on themselves."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    nodes = list(ast.walk(ast.parse(Path(spec.origin).read_text())))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return {name for name in names if name.startswith("_") and not name.startswith("__")}


def test_one_file_reaches_into_stable_baselines():
    """Other uses of such names are on `self`."""
    modules = ("stable_baselines3.common.base_class", "stable_baselines3.common.on_policy_algorithm")
    private = set().union(*map(private_names, (*modules, "sb3_contrib.ppo_recurrent.ppo_recurrent")))
    assert {"_last_obs", "_n_updates", "_setup_learn"} <= private
    reaching = {
        path.name
        for layer in LAYERS
        for path, tree in trees(layer)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in private
        and ast.unparse(node.value) not in ("self", "super()")
    }
    assert reaching == {"sb3.py"}


def test_functions_can_be_seen_whole():
    long = {
        f"{path}: {node.name}": lines
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := _length(node)) > 50
    }
    assert long == {}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, docstring included."""
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1
