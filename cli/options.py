"""Options that several commands share, so that they read the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from dohyo.arenas.bodies import BODIES
from dohyo.arenas.physics import ENGINES
from dohyo.arenas.registry import ARENAS
from dohyo.arenas.scene import DRIVES

ArenaName = Annotated[str, typer.Argument(help=f"Arena: {', '.join(ARENAS)}.", show_default=False)]
BodyName = Annotated[
    str, typer.Option("--body", help=f"Body of every seat, or one per seat with commas: {', '.join(BODIES)}.")
]
EngineName = Annotated[str, typer.Option("--engine", help=f"Physics engine: {', '.join(ENGINES)}.")]
DriveName = Annotated[str, typer.Option("--drive", help=f"What an action means: joint {' or '.join(DRIVES)}.")]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything random.", min=0)]
Workers = Annotated[
    int | None,
    typer.Option("--workers", help="Threads (mujoco) or processes (pybullet).", min=1, show_default="one per core"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
RunPath = Annotated[Path, typer.Argument(help="Run folder.", show_default=False)]
