"""User-defined arenas on the command line: from `--import`, and from installed packages."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

import typer

from dohyo.arenas.errors import DohyoError, UnknownName

GROUP = "dohyo.arenas"
"""Group of entry points with which installed packages register arenas."""


def load_installed() -> None:
    """Load the entry points of `GROUP`, and call those that are functions; warn of each that fails."""
    for point in entry_points(group=GROUP):
        try:
            loaded = point.load()
            if callable(loaded):
                loaded()
        except (Exception, SystemExit) as error:
            said = " ".join(f"{type(error).__name__}: {error}".split())
            typer.echo(
                f"dohyo: warning: entry point {point.name!r} ({point.value}) fails ({said}): "
                "its arenas are missing: fix or uninstall its package",
                err=True,
            )


def import_named(texts: Sequence[str] | None) -> list[str]:
    """Import files and modules, and return the names that a run records: absolute paths or module names.

    Raises `UnknownName` for one that does not exist, `DohyoError` for one that fails.
    """
    return list(dict.fromkeys(map(_import_one, texts or ())))


def _import_one(text: str) -> str:
    is_file = text.endswith(".py") or os.sep in text
    if not (Path(text).is_file() if is_file else _is_module(text)):
        raise UnknownName(f"--import {text}: there is no such {'file' if is_file else 'module'}; {_FORMS}")
    name = str(Path(text).resolve()) if is_file else text
    try:
        _run_file(name) if is_file else importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise DohyoError(f"--import {text}: it fails ({type(error).__name__}: {error}); {_FORMS}") from error
    return name


_FORMS = "give a Python file (ending in .py) or an installed module that registers an arena"


def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # a missing parent package; not a module name
        return False


def _run_file(path: str) -> None:
    """Import a file once per process, under a module name made from its absolute path."""
    name = f"dohyo_import:{path}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("its name does not end in .py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
