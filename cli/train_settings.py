"""Settings of a training command: options override the file, which overrides the arena's and policy's defaults."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from dohyo.agents.entries import names_before
from dohyo.agents.learning.algorithms import check_algorithm
from dohyo.agents.learning.config import POLICIES, PpoConfig, read_hyperparameters
from dohyo.agents.policies.networks import describe
from dohyo.agents.snapshot import Snapshot
from dohyo.agents.surgery import entries_of
from dohyo.arenas.errors import ConfigError, lookup
from dohyo.arenas.players import BUILT_IN
from dohyo.arenas.randomisation import parse, texts_of
from dohyo.arenas.registry import build_arena, set_up
from dohyo.arenas.settings import settings_of
from dohyo.cli.options import read_weights
from dohyo.curricula.matches.roles import check_roles, roles_of
from dohyo.curricula.opponents.samplers import check_opponents
from dohyo.curricula.players import find_snapshot, find_start
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import SET_ELSEWHERE
from dohyo.curricula.run.schedules import Widenings

BUDGET = ("minutes", "samples")
SHARES = ("mirror", "first")


@dataclass(frozen=True)
class Plan:
    """The settings of a training command, and the snapshots that they name."""

    config: TrainConfig
    snapshots: list[Snapshot]
    """The snapshots that the settings name, to be copied to the run."""
    typed: dict[str, Any]
    """The settings in the form of a file, with snapshots named by their paths."""


def as_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed options as settings by name, with the learner's settings in `ppo`.

    Raises `UnknownName` for a text that should be `NAME=VALUE` and is not.
    """
    learner = {name: value for name, value in options.items() if name in settings_of(PpoConfig)}
    values = {name: tuple(v) if isinstance(v, list) else v for name, v in options.items() if name not in learner}
    if "terms" in values:
        values["terms"] = read_weights(values["terms"])
    learner |= read_hyperparameters(values.pop("ppo", ()))
    return values | ({"ppo": learner} if learner else {})


def override(settings: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's settings overridden by options; a budget among the options replaces the file's budget."""
    replaced = BUDGET if any(name in options for name in BUDGET) else ()
    kept = {name: value for name, value in settings.items() if name not in replaced}
    return {**kept, **options, "ppo": {**kept.get("ppo", {}), **options.get("ppo", {})}}


def check_shares(config: TrainConfig, given: Iterable[str]) -> None:
    """Raise `ConfigError` where a league is given shares of opponents, which it sets itself."""
    if config.league and {*SHARES} & {*given}:
        raise ConfigError("a league sets the shares of opponents itself: leave out --mirror and --first")


def plan(settings: Mapping[str, Any]) -> Plan:
    """Return the plan for these settings; raises an error for names that do not exist or do not fit the arena.

    `start` and `guests` name players as on the command line.
    """
    setup = set_up(settings["arena"], *(settings.get(name) for name in ("body", "engine", "drive", "physics")))
    rules = build_arena(settings["arena"], setup.body, drive=setup.drive, physics=setup.physics)
    check_roles(rules, roles_of(rules, shared=settings.get("shared", False)))
    surgery = settings.get("surgery", False)
    begun = find_start(settings["start"], values=surgery) if settings.get("start") else None
    names = dict.fromkeys(settings.get("guests", ()))
    guests = {name: None if name in BUILT_IN else find_snapshot(name) for name in names}
    changes = {
        **setup._asdict(),
        "minutes": settings.get("minutes", 20.0 if settings.get("samples") is None else None),
        "start": begun.name if begun else "",
        "guests": tuple(snapshot.name if snapshot else name for name, snapshot in guests.items()),
        "randomise": texts_of(parse(settings.get("randomise", ()))),
        "ppo": choose_learner(settings.get("ppo", {}), begun, surgery=surgery),
    }
    config = TrainConfig(**{**settings, **changes})
    check_opponents(config.opponents)
    check_algorithm(config.algorithm, config.ppo.policy)
    check_shares(config, [name for name in SHARES if getattr(config, name) != getattr(TrainConfig, name)])
    rules.reweigh(config.terms)
    Widenings(config.widen, rules.ranges, config.randomisation)
    named_snapshots = [snapshot for snapshot in (begun, *guests.values()) if snapshot]
    check_drop(config, named_snapshots)
    named = {"start": settings.get("start", ""), "guests": tuple(guests)}
    given = {name: value for name, value in asdict(config).items() if name not in SET_ELSEWHERE} | named
    return Plan(config, named_snapshots, given)


def check_drop(config: TrainConfig, snapshots: Iterable[Snapshot]) -> None:
    """Raise `ConfigError` for `--drop` without surgery, `UnknownName` for an entry of no known observation."""
    if config.drop and not config.surgery:
        raise ConfigError("--drop is a part of surgery: add --surgery")
    seen = {entry.name for snapshot in snapshots if config.drop for entry in entries_of(snapshot)}
    known = dict.fromkeys(seen | names_before()) if config.drop else {}
    for name in config.drop:
        lookup(known, name, "entry of an observation")


def choose_learner(settings: Mapping[str, Any], begun: Snapshot | None = None, *, surgery: bool = False) -> PpoConfig:
    """Return the learner's settings: those given, else the policy's defaults, with the network of `begun` if given.

    With `surgery` a width that is given stays, because the network of `begun` can be widened.

    Raises `UnknownName` for an unknown policy, `ConfigError` for an impossible number.
    """
    given = dict(settings)
    if begun is not None:
        given["policy"], width = describe(begun.tensors)
        given["width"] = given.get("width", width) if surgery else width
    return replace(lookup(POLICIES, given.get("policy", PpoConfig.policy), "policy"), **given)
