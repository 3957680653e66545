"""Competitive 3D physics arenas with PettingZoo interfaces, two engines and self-play training.

This folder is the package `dohyo`; its parts are imported by name: `import dohyo.arenas`.
"""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("dohyo")
