"""Suggested next commands, quoted for a shell, such as those that training prints at its end."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from dohyo.arenas.registry import set_up
from dohyo.curricula.matches.roles import Role
from dohyo.curricula.run.config import TrainConfig


def quoted(*words: object) -> str:
    """Return a command whose words are quoted for a shell."""
    return shlex.join(map(str, words))


def watch_run(run: Path, config: TrainConfig, roles: Sequence[Role]) -> str:
    """Return the command that films a bout of a run whose learners have these roles.

    The run fills the first learner's first side, and the sides of its other learners; `zero` fills the rest, also of
    more than two sides.
    """
    able = {side: role for role in roles for side in role.sides}
    first = able[min(able)]
    usual = set_up(config.arena)
    words: list[object] = ["dohyo", "play", config.arena, "--engine", config.engine]
    if config.body != usual.body:
        words += ["--body", config.body]
    if config.drive != usual.drive:
        words += ["--drive", config.drive]
    if config.physics != usual.physics:
        words += ["--physics", config.physics]
    for name in config.imports:
        words += ["--import", name]
    for side in range(2):
        words += ["--seat", run if side == first.sides[0] or able.get(side, first) != first else "zero"]
    return quoted(*words, "--picture", "bout.gif")
