"""Options that several commands share."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dohyo.agents.learning.config import POLICIES, PpoConfig
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.physics.presets import ACCURATE
from dohyo.arenas.physics.warp_engine import DEVICE_VARIABLE, DEVICES
from dohyo.arenas.settings import settings_of
from dohyo.arenas.views.camera import CAMERAS
from dohyo.cli.imports import import_named
from dohyo.cli.setting_options import option, parameter
from dohyo.curricula.run.config import TrainConfig

TRAINED = "that of the run or snapshot, else the arena's first"
ArenaName = Annotated[str, typer.Argument(help=settings_of(TrainConfig)["arena"].help, show_default=False)]
BodyName = Annotated[str | None, option(TrainConfig, "body")]
EngineName = Annotated[str | None, option(TrainConfig, "engine")]
DriveName = Annotated[str | None, option(TrainConfig, "drive", show_default=TRAINED)]
PhysicsName = Annotated[str | None, option(TrainConfig, "physics", show_default=TRAINED)]
Seed = Annotated[int, option(TrainConfig, "seed")]
Worlds = Annotated[int, option(TrainConfig, "worlds")]
Workers = Annotated[int | None, option(TrainConfig, "workers")]
Randomise = Annotated[list[str] | None, option(TrainConfig, "randomise")]
Without = Annotated[list[str] | None, option(TrainConfig, "without")]
Imports = Annotated[list[str] | None, option(TrainConfig, "imports", callback=import_named, is_eager=True)]
Deterministic = Annotated[bool, typer.Option("--deterministic", help="Act without the policy's noise.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
WIDTHS = ", ".join(f"{ppo.width} for {name}" for name, ppo in POLICIES.items())
POLICY, VALUE = parameter(PpoConfig, "policy"), parameter(PpoConfig, "value")
WIDTH = parameter(PpoConfig, "width", show_default=WIDTHS)
RestartSchedules = Annotated[
    bool,
    typer.Option(
        "--restart-schedules",
        help="Let learning rate, dense share, ranges and crowd follow the share of the whole budget again. Otherwise, "
        "after a change of the budget, they continue from their current values.",
    ),
]
PictureSize = Annotated[
    str | None,
    typer.Option(
        "--size",
        help="Width and height of the picture in pixels, such as 960x720.",
        show_default="480x360; .mp4 640x480",
    ),
]
PictureRate = Annotated[
    float | None,
    typer.Option("--fps", help="Frames per second of a moving picture.", show_default="10; .mp4 20", min=1, max=100),
]
CameraName = Annotated[
    str,
    typer.Option(
        "--camera",
        help=f"Camera of the picture: {', '.join(CAMERAS)}. side follows the bodies and shows them side by side.",
    ),
]
ReplayFile = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        help="Also record one bout: .html is a page that plays it in a browser, .npz a file for `dohyo replay`.",
    ),
]
CHARTS = (".png", ".svg", ".pdf")
"""File name endings of charts."""
RunPath = Annotated[Path, typer.Argument(help="Run folder.", show_default=False)]


def _use_device(name: str | None) -> str | None:
    """Let the `warp` engines of this process and its children run on a device; raises `UnknownName`."""
    if name is not None:
        os.environ[DEVICE_VARIABLE] = lookup({device: device for device in DEVICES}, name, "device")
    return name


Device = Annotated[
    str | None,
    typer.Option(
        "--device",
        help=f"Where the warp engine runs, and where its runs learn: {', '.join(DEVICES)}.",
        show_default="cuda, or else cpu",
        callback=_use_device,
    ),
]


def engine_words(engine: str, physics: str) -> str:
    """Return how a table names an engine and the preset of its physics, unless that is `accurate`."""
    return engine if physics == ACCURATE else f"{engine}, {physics} physics"


def check_suffix(path: Path | None, suffixes: Sequence[str]) -> None:
    """Raise `UnknownName` if a picture's path is given and ends in none of `suffixes`."""
    if path is not None and path.suffix not in suffixes:
        raise UnknownName(f"{path}: the name of this file must end in {' or '.join(suffixes)}")


def read_weights(texts: Sequence[str]) -> dict[str, float]:
    """Return the weights in `NAME=WEIGHT` texts by name; raises `UnknownName` for any other text."""
    return dict(map(_read_weight, texts))


def _read_weight(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        weight = float(number)
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise UnknownName(f"unknown weight {text!r}: give NAME=WEIGHT, such as standing=1")
    return name.strip(), weight
