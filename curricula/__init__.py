"""Curricula: opponents, matches, ratings, and the training of a run.

    >>> from pathlib import Path
    >>> from dohyo.curricula import RunFolder, TrainConfig, Training
    >>> folder = RunFolder.create_or_resume(Path("runs/first"), TrainConfig(engine="mujoco", samples=100_000))
    >>> Training(folder).run()
    >>> folder.close()

Names are loaded at their first use, so that reading a run does not need torch. After this import, players can be given
as snapshot files and runs everywhere, also as opponents of `dohyo.arenas.SeatEnv`.
"""

if __name__ != "dohyo.curricula":
    raise ImportError("this folder is the package dohyo.curricula: `import dohyo.curricula`")

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dohyo.arenas.batch import Batch
from dohyo.arenas.players import Make, register_players

if TYPE_CHECKING:
    from dohyo.curricula.evaluation.crossplay import Crossplay as Crossplay
    from dohyo.curricula.matches.match import Bout as Bout
    from dohyo.curricula.matches.match import play_match as play_match
    from dohyo.curricula.matches.score import Score as Score
    from dohyo.curricula.opponents.samplers import register_opponents as register_opponents
    from dohyo.curricula.players import find_player as find_player
    from dohyo.curricula.players import find_snapshot as find_snapshot
    from dohyo.curricula.ratings.rating import Rating as Rating
    from dohyo.curricula.ratings.rating import rate as rate
    from dohyo.curricula.ratings.referee import Referee as Referee
    from dohyo.curricula.run.config import TrainConfig as TrainConfig
    from dohyo.curricula.run.folder import RunFolder as RunFolder
    from dohyo.curricula.training.training import Progress as Progress
    from dohyo.curricula.training.training import Training as Training

_HOMES = {
    "Bout": "matches.match",
    "Crossplay": "evaluation.crossplay",
    "Progress": "training.training",
    "Rating": "ratings.rating",
    "Referee": "ratings.referee",
    "RunFolder": "run.folder",
    "Score": "matches.score",
    "TrainConfig": "run.config",
    "Training": "training.training",
    "find_player": "players",
    "find_snapshot": "players",
    "play_match": "matches.match",
    "rate": "ratings.rating",
    "register_opponents": "opponents.samplers",
}
"""The module of each public name."""

__all__ = [
    "Bout",
    "Crossplay",
    "Progress",
    "Rating",
    "Referee",
    "RunFolder",
    "Score",
    "TrainConfig",
    "Training",
    "find_player",
    "find_snapshot",
    "play_match",
    "rate",
    "register_opponents",
]


def __getattr__(name: str) -> Any:
    """Load a public name at its first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def _find_trained(name: str, batch: Batch, seat: int, stochastic: bool) -> Make | None:
    from dohyo.curricula.players import find_trained

    return find_trained(name, batch, seat, stochastic)


register_players(_find_trained)
