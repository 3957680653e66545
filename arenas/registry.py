"""The table of arenas, with the bodies and engines that each takes, and functions to build an arena from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from dohyo.arenas.bodies import BODIES, Body
from dohyo.arenas.checks import whole
from dohyo.arenas.errors import ConfigError, UnknownName, lookup
from dohyo.arenas.kick_and_defend import KickAndDefend
from dohyo.arenas.paper.bodies import PAPER_BODIES
from dohyo.arenas.paper.engine import PaperEngine
from dohyo.arenas.paper.kick_and_defend import PaperKickAndDefend
from dohyo.arenas.paper.robosumo import RoboSumo
from dohyo.arenas.paper.run_to_goal import PaperRunToGoal
from dohyo.arenas.paper.scene import DRIVE
from dohyo.arenas.paper.sumo import PaperSumo
from dohyo.arenas.paper.you_shall_not_pass import PaperYouShallNotPass
from dohyo.arenas.physics import ENGINES, Constructor, Engine, is_installed, make_engine
from dohyo.arenas.physics.presets import ACCURATE, PHYSICS
from dohyo.arenas.physics.scene import DRIVES, Scene
from dohyo.arenas.rules.arena import Arena
from dohyo.arenas.run_to_goal import RunToGoal
from dohyo.arenas.sumo import Sumo
from dohyo.arenas.you_shall_not_pass import YouShallNotPass

ALL_BODIES = BODIES | PAPER_BODIES
"""All bodies that any arena takes, by name."""


class Build(Protocol):
    """Constructor of an arena's rules."""

    def __call__(self, bodies: Sequence[Body], worlds: int, drive: str, max_cycles: int) -> Arena: ...


@dataclass(frozen=True)
class ArenaSpec:
    """An arena of the table `ARENAS`: its rules, and what it can be built with."""

    id: str
    """The versioned name, as in `pettingzoo.make("parallel", "dohyo/sumo_v0")`."""
    build: Build
    bodies: tuple[str, ...]
    """The bodies that the arena takes in any seat; the first is the default."""
    seats: int
    page: str
    """The page of the documentation that describes it."""
    max_cycles: int = 500
    """Default number of control steps after which a bout ends (EC)."""
    engines: Mapping[str, Constructor] = field(default_factory=lambda: ENGINES)
    """The engines that it runs on; the first that is installed is the default."""
    drives: tuple[str, ...] = tuple(DRIVES)
    """The drives that it takes; the first is the default."""
    physics: tuple[str, ...] = tuple(PHYSICS)
    """The presets of the physics that it takes; the first is the default."""


class Setup(NamedTuple):
    """The body, engine, drive and physics of an arena."""

    body: str
    """One body for every seat, or one per seat joined by commas."""
    engine: str
    drive: str
    physics: str = ACCURATE


def _paper(name: str, build: Build, *bodies: str, max_cycles: int = 500) -> ArenaSpec:
    """Return the spec of one of the paper's own arenas, which have one engine, drive and physics."""
    return ArenaSpec(
        f"paper_{name}_v0",
        build,
        bodies=bodies,
        seats=2,
        page="paper",
        max_cycles=max_cycles,
        engines={"mujoco": PaperEngine},
        drives=(DRIVE,),
        physics=(ACCURATE,),
    )


def _sumo(id_: str, *sides: int) -> ArenaSpec:
    """Return the spec of sumo of ants on the given sides, with EC's 500 control steps for each opposing side."""
    cycles = 500 * max(sides)
    return ArenaSpec(id_, partial(Sumo, sides=sides), bodies=("ant",), seats=len(sides), page="sumo", max_cycles=cycles)


ARENAS = {
    "sumo": ArenaSpec("sumo_v0", Sumo, bodies=tuple(BODIES), seats=2, page="sumo"),
    "sumo_3": _sumo("sumo_3_v0", 0, 1, 2),
    "sumo_4": _sumo("sumo_4_v0", 0, 1, 2, 3),
    "sumo_2v2": _sumo("sumo_2v2_v0", 0, 0, 1, 1),
    "run_to_goal": ArenaSpec("run_to_goal_v0", RunToGoal, bodies=tuple(BODIES), seats=2, page="run_to_goal"),
    "you_shall_not_pass": ArenaSpec(
        "you_shall_not_pass_v0", YouShallNotPass, bodies=tuple(BODIES), seats=2, page="you_shall_not_pass"
    ),
    "kick_and_defend": ArenaSpec(
        "kick_and_defend_v0", KickAndDefend, bodies=tuple(BODIES), seats=2, page="kick_and_defend"
    ),
    "paper/sumo-ants": _paper("sumo_ants", PaperSumo, "paper_ant"),
    "paper/sumo-humans": _paper("sumo_humans", PaperSumo, "paper_humanoid"),
    "paper/run-to-goal-ants": _paper("run_to_goal_ants", PaperRunToGoal, "paper_ant"),
    "paper/run-to-goal-humans": _paper("run_to_goal_humans", PaperRunToGoal, "paper_humanoid"),
    "paper/you-shall-not-pass": _paper("you_shall_not_pass", PaperYouShallNotPass, "paper_humanoid"),
    "paper/kick-and-defend": _paper("kick_and_defend", PaperKickAndDefend, "paper_humanoid"),
    "paper/robosumo": _paper("robosumo", RoboSumo, "robosumo_ant", "robosumo_bug", "robosumo_spider", max_cycles=501),
}
"""Arenas by name."""


OWN = "; `--import FILE`, or `register_arena` in Python, adds an arena of your own"
"""The end of the message for an unknown arena."""


def register_arena(name: str, spec: ArenaSpec) -> None:
    """Add an arena of your own to `ARENAS`; raises `ConfigError` for a name that another arena has."""
    if not name or ARENAS.get(name, spec) != spec:
        raise ConfigError(f"cannot register an arena as {name!r}: choose a name that no other arena has")
    ARENAS[name] = spec


def set_up(
    name: str,
    body: str | None = None,
    engine: str | None = None,
    drive: str | None = None,
    physics: str | None = None,
) -> Setup:
    """Return the given choices, with the arena's default for each that is None.

    Raises `UnknownName` for an arena, engine, drive or physics that does not exist or that this arena does not take.
    """
    spec = lookup(ARENAS, name, "arena", OWN)
    engine = engine or next(filter(is_installed, spec.engines), next(iter(spec.engines)))
    setup = Setup(body or spec.bodies[0], engine, drive or spec.drives[0], physics or spec.physics[0])
    _check_taken(name, "engine", setup.engine, ENGINES, spec.engines)
    _check_taken(name, "drive", setup.drive, DRIVES, spec.drives)
    _check_taken(name, "physics", setup.physics, PHYSICS, spec.physics)
    return setup


def build_arena(
    name: str,
    body: str | None = None,
    *,
    worlds: int = 1,
    drive: str | None = None,
    physics: str | None = None,
    max_cycles: int | None = None,
) -> Arena:
    """Build the rules of arena `name` over `worlds` worlds.

    `body`: one for every seat (`ant`), or one per seat (`ant,spider`). `drive`: what an action means. `physics`: how
    finely the scene is simulated (`dohyo.arenas.physics.presets`). Raises `UnknownName` as `set_up` does, and for a
    body that does not exist or that this arena does not take; `ConfigError` for `max_cycles` below 1.
    """
    setup = set_up(name, body, drive=drive, physics=physics)
    spec = ARENAS[name]
    cycles = spec.max_cycles if max_cycles is None else whole("max_cycles", max_cycles, 1)
    arena = spec.build(_seat_bodies(name, spec, setup.body), worlds, setup.drive, cycles)
    arena.name, arena.physics = name, setup.physics
    if setup.physics != ACCURATE:
        PHYSICS[setup.physics].apply(arena.scene.model, arena.bodies)
    return arena


def build_engine(arena: str, name: str | None, scene: Scene, worlds: int, workers: int | None = None) -> Engine:
    """Build an engine that runs `worlds` copies of the arena's `scene`; see `dohyo.arenas.physics.make_engine`."""
    return make_engine(set_up(arena, engine=name).engine, scene, worlds, workers, ARENAS[arena].engines)


def _check_taken(arena: str, kind: str, name: str, known: Iterable[str], taken: Iterable[str]) -> None:
    """Raise `UnknownName`, with a list of what the arena takes, unless it takes `name`."""
    if name in known and name not in taken:
        raise UnknownName(f"arena {arena!r} does not take {kind} {name!r}; it takes: {', '.join(taken)}")
    if name not in taken:
        raise UnknownName(f"unknown {kind} {name!r}; choose one of: {', '.join(sorted(taken))}")


def need_two_seats(name: str) -> None:
    """Raise `UnknownName` unless the arena has two seats."""
    if ARENAS[name].seats != 2:
        two = ", ".join(known for known, spec in ARENAS.items() if spec.seats == 2)
        raise UnknownName(f"arena {name!r} has {ARENAS[name].seats} seats; this command takes arenas of two: {two}")


def _seat_bodies(name: str, spec: ArenaSpec, body: str) -> list[Body]:
    """Return the body of each seat."""
    words = body.split(",")
    for word in words:
        _check_taken(name, "body", word, ALL_BODIES, spec.bodies)
    bodies = [ALL_BODIES[word] for word in words]
    if len(bodies) not in (1, spec.seats):
        raise UnknownName(f"arena {name!r} has {spec.seats} seats: give one body, or {spec.seats} with commas")
    return bodies * spec.seats if len(bodies) == 1 else bodies
