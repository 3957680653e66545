"""The world: bodies, scenes, physics engines, rules, the batch and its PettingZoo views."""

if __name__ != "dohyo.arenas":
    raise ImportError("this folder is the package dohyo.arenas: `import dohyo.arenas`")
