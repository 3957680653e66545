"""Options that several commands share, so that they read the same everywhere."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dohyo.agents.learning.config import PARAMETRIZATIONS, POLICIES, RANGES, VALUES, PpoConfig
from dohyo.agents.policies.networks import describe
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.bodies import BODIES
from dohyo.arenas.errors import UnknownName, lookup
from dohyo.arenas.physics import ENGINES
from dohyo.arenas.physics.scene import DRIVES
from dohyo.arenas.registry import ARENAS
from dohyo.cli.imports import import_named
from dohyo.curricula.run.schedules import DENSE

ArenaName = Annotated[str, typer.Argument(help=f"Arena: {', '.join(ARENAS)}.", show_default=False)]
NETWORK, MEETINGS, WORLD = "The network and how it learns", "Who learns, and whom it meets", "Rewards and starts"
"""Headings of training's options in the help; those that are about the run as a whole come first, without one."""
OWN = "the arena's first"
BodyName = Annotated[
    str | None,
    typer.Option(
        "--body",
        help=f"Body of every seat, or one per seat with commas: {', '.join(BODIES)}; paper/ arenas have others.",
        show_default=OWN,
    ),
]
EngineName = Annotated[
    str | None, typer.Option("--engine", help=f"Physics engine: {', '.join(ENGINES)}.", show_default=OWN)
]
DriveName = Annotated[
    str | None,
    typer.Option("--drive", help=f"What an action means: joint {' or '.join(DRIVES)}.", show_default=OWN),
]
Seed = Annotated[int, typer.Option("--seed", help="Seed of everything random.", min=0)]
Workers = Annotated[
    int | None,
    typer.Option("--workers", help="Threads (mujoco) or processes (pybullet).", min=1, show_default="one per core"),
]
Imports = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="File or module that registers arenas of your own. Can be given several times.",
        callback=import_named,
        is_eager=True,
        show_default="none",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
PolicyName = Annotated[
    str, typer.Option("--policy", help=f"Network that learns: {', '.join(POLICIES)}.", rich_help_panel=NETWORK)
]
Width = Annotated[
    int | None,
    typer.Option(
        "--width",
        help="Units in each of the network's hidden layers.",
        rich_help_panel=NETWORK,
        min=1,
        show_default=", ".join(f"{ppo.width} for {name}" for name, ppo in POLICIES.items()),
    ),
]
ValueName = Annotated[
    str,
    typer.Option(
        "--value", help=f"What the value function sees in training: {', '.join(VALUES)}.", rich_help_panel=NETWORK
    ),
]
ParametrizationName = Annotated[
    str,
    typer.Option(
        "--parametrization",
        help=f"How initial sizes and rates follow the width: {', '.join(PARAMETRIZATIONS['mlp'])} (mlp only).",
        rich_help_panel=NETWORK,
    ),
]
TUNED = [name for name in RANGES if name != "width"]  # has an option of its own
Ppo = Annotated[
    list[str] | None,
    typer.Option(
        "--ppo",
        help=f"Hyperparameter of PPO, such as minibatch=256. Can be given several times. There are {', '.join(TUNED)}.",
        rich_help_panel=NETWORK,
        show_default="by the kind of policy",
    ),
]
Dense = Annotated[
    str,
    typer.Option(
        "--dense",
        help=f"How the dense reward's share changes: {', '.join(DENSE)}. It begins to fade at once, or late: after "
        "half of the time that --anneal gives it.",
        rich_help_panel=WORLD,
    ),
]
Anneal = Annotated[
    float,
    typer.Option(
        "--anneal",
        help="Share of the budget after which the dense reward has faded.",
        rich_help_panel=WORLD,
        min=0,
        max=1,
    ),
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="Begin as this snapshot, with its kind and width of network: a file, RUN or RUN:LEARNER.",
        rich_help_panel=NETWORK,
        show_default="weights drawn anew",
    ),
]
RestartSchedules = Annotated[
    bool,
    typer.Option(
        "--restart-schedules",
        help="Set learning rate, dense share, ranges and crowd by the share of the whole budget again. Otherwise those "
        "of a run whose budget changes go on from where they stood.",
    ),
]
CHARTS = (".png", ".svg", ".pdf")
"""What a chart's name can end in."""
RunPath = Annotated[Path, typer.Argument(help="Run folder.", show_default=False)]


def choose_ppo(
    policy: str, width: int | None = None, value: str = "own", parametrization: str = "standard"
) -> PpoConfig:
    """Return the learner's settings; raises `UnknownName`."""
    ppo = lookup(POLICIES, policy, "policy")
    return replace(ppo, width=width or ppo.width, value=value, parametrization=parametrization)


def begin_as(snapshot: Snapshot | None, ppo: PpoConfig) -> PpoConfig:
    """Return the settings of a learner that begins as the snapshot, if there is one: its network is given."""
    if snapshot is None:
        return ppo
    policy, width = describe(snapshot.tensors)
    return choose_ppo(policy, width, ppo.value, ppo.parametrization)


def check_suffix(path: Path | None, suffixes: Sequence[str]) -> None:
    """Raise `UnknownName` if there is a picture to be written and its name ends in none of these."""
    if path is not None and path.suffix not in suffixes:
        raise UnknownName(f"{path}: this picture ends in {' or '.join(suffixes)}")


def read_weights(texts: Sequence[str]) -> dict[str, float]:
    """Return what `NAME=WEIGHT` texts say, by name; raises `UnknownName` for any other text."""
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
