"""The command line, `dohyo`: one file per command."""

if __name__ != "dohyo.cli":
    raise ImportError("this folder is the package dohyo.cli: `import dohyo.cli`")

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; if a package that it needs is missing, say in one line how to install it."""
    try:
        from dohyo.cli.app import main as run

        run()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dohyo"):
            raise
        sys.exit(f"dohyo: this command needs {error.name}: install it with `pip install 'dohyo[train]'`")
