"""Players: names and objects that can fill a seat. Packages above this one can add further names."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import FloatArray, IntArray, namespace
from dohyo.arenas.batch import Batch
from dohyo.arenas.checks import as_numbers
from dohyo.arenas.errors import PolicyError, UnknownName

Seed = int | np.random.Generator


class Acts(Protocol):
    """An object that can fill a seat.

    A policy with memory has either a method `forget(worlds)`, which is called with the worlds `[n]` in which new bouts
    begin, or a number `memory` if the caller keeps its memory, see `dohyo.agents.Policy`.
    """

    def act(self, observation: FloatArray) -> NDArray[Any]:
        """Return actions `[n, act]` in [-1, 1] for observations `[n, obs]`."""


AnyPlayer = Acts | str | os.PathLike[str]
"""An object, or the name of a built-in policy; after `import dohyo.curricula` also a snapshot file or a run."""
Make = Callable[[Seed], Acts]
"""Returns a player with random numbers from the given seed or stream."""
Find = Callable[[str, Batch, int, bool], Make | None]
"""Returns the maker of the player (name, batch, seat, stochastic), or None for an unknown name."""

FORMS = (
    "a snapshot file, pretrained/NAME for a shipped agent, a run folder, RUN:LEARNER for one of its learners, "
    "RUN@GENERATION for an early snapshot"
)
"""The forms of names that `dohyo.curricula` adds."""
_FINDERS: list[Find] = []


class Zero:
    """The built-in policy `zero`: always the zero action, with which a body stands braced under joint targets."""

    memory = 0

    def __init__(self, actions: int) -> None:
        self._actions = actions

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return zeros `[n, act]`."""
        xp = namespace(observation)
        zeros: FloatArray = xp.zeros((len(observation), self._actions), dtype=xp.float32, device=observation.device)
        return zeros


class Random:
    """The built-in policy `random`: uniform actions from a seeded stream."""

    memory = 0

    def __init__(self, actions: int, seed: Seed = 0) -> None:
        self._actions, self._stream = actions, np.random.default_rng(seed)

    def act(self, observation: FloatArray, memory: FloatArray | None = None) -> FloatArray:
        """Return draws from U(-1, 1), `[n, act]`."""
        drawn = self._stream.uniform(-1, 1, (len(observation), self._actions)).astype(np.float32)
        there: FloatArray = namespace(observation).asarray(drawn, device=observation.device)
        return there


BUILT_IN: dict[str, Callable[[int, Seed], Zero | Random]] = {
    "zero": lambda actions, seed: Zero(actions),
    "random": lambda actions, seed: Random(actions, seed),
}
"""Constructors of the built-in policies by name; arguments are the length of an action, and a seed or stream."""


def built_in(name: str, batch: Batch, seat: int, seed: Seed) -> Zero | Random:
    """Return the built-in policy `name` for a seat of a batch."""
    return BUILT_IN[name](batch.action_spaces[seat].shape[0], seed)


def register_players(find: Find) -> None:
    """Add a function that finds players by name; it is called for names other than the built-in policies'."""
    _FINDERS.append(find)


def find_player(player: AnyPlayer, batch: Batch, seat: int, *, stochastic: bool = True, seed: Seed = 0) -> Acts:
    """Return the player for `seat` of `batch`: `player` itself, or the player of that name.

    Names are `zero`, `random` and, after `import dohyo.curricula`, a snapshot file, `RUN`, `RUN:LEARNER` and
    `RUN@GENERATION`. A snapshot acts with its own noise, or by the mean unless `stochastic`. Raises `UnknownName` for
    any other name, `SnapshotError` for a snapshot that does not fit, `PolicyError` for an object without `act`.
    """
    return make_player(player, batch, seat, stochastic)(seed)


def make_player(player: AnyPlayer, batch: Batch, seat: int, stochastic: bool = True) -> Make:
    """Return a function from a seed to the player; otherwise as `find_player`."""
    if not isinstance(player, str | os.PathLike):
        if isinstance(player, type) or not callable(getattr(player, "act", None)):
            kind = f"the class {player.__name__}" if isinstance(player, type) else type(player).__name__
            raise PolicyError(f"a player is a name or an object with act(observation) -> action, not {kind}")
        return lambda seed: player
    name = os.fspath(player)
    if name in BUILT_IN:
        return partial(built_in, name, batch, seat)
    for find in _FINDERS:
        if (make := find(name, batch, seat, stochastic)) is not None:
            return make
    raise unknown_player(name)


def unknown_player(name: str) -> UnknownName:
    """Return the error for an unknown name of a player."""
    built_ins = ", ".join(sorted(BUILT_IN))
    if not _FINDERS:
        return UnknownName(
            f"no player {name!r}: give {built_ins} or an object with act(observation); snapshots and runs can be named "
            "after `import dohyo.curricula`"
        )
    return UnknownName(f"no player {name!r}: give {FORMS}, or a built-in policy: {built_ins}")


class Player:
    """A policy in every world of a batch, with its memory; its actions are checked.

    `actions` is the length of an action, None for any. Messages of `PolicyError` begin with `name`.
    """

    def __init__(self, policy: Acts, worlds: int, actions: int | None = None, name: str = "player") -> None:
        self._policy, self._actions, self._name = policy, actions, name
        self._memory = np.zeros((worlds, getattr(policy, "memory", 0)), np.float32)

    def act(self, observation: FloatArray) -> NDArray[Any]:
        """Return actions `[W, act]` for observations `[W, obs]`; raises `PolicyError` for a wrong shape or NaN."""
        memory = (self._memory,) if self._memory.shape[1] else ()
        action = as_numbers(self._name, self._policy.act(observation, *memory), PolicyError)
        expected = len(observation), action.shape[-1] if self._actions is None and action.ndim else self._actions
        if action.shape != expected:
            raise PolicyError(
                f"{self._name}: the policy's act() must return an array of shape {expected}, not {action.shape}; "
                "give a policy that was made for this arena and body"
            )
        if not np.isfinite(action).all():
            raise PolicyError(f"{self._name}: the policy's act() returned NaN or infinity; check the policy")
        return action

    def forget(self, worlds: IntArray) -> None:
        """Clear the memory of `worlds` `[n]`, in which new bouts begin."""
        self._memory[worlds] = 0
        if (forget := getattr(self._policy, "forget", None)) is not None:
            forget(worlds)
