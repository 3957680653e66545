"""The command line, `dohyo`: one file per command."""

if __name__ != "dohyo.cli":
    raise ImportError("this folder is the package dohyo.cli: `import dohyo.cli`")

from dohyo.cli.app import main

__all__ = ["main"]
