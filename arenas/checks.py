"""Checks of what users pass in: whole numbers, shares, seeds and actions. Bad values raise a one-line error."""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from dohyo.arenas.errors import ActionError, ConfigError


def whole(name: str, value: Any, least: int) -> int:
    """Return `value` as an int; raise `ConfigError` unless it is a whole number of at least `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}, not {value!r}")
    return number


def share(name: str, value: Any) -> float:
    """Return `value` as a float; raise `ConfigError` unless it is a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating) or not 0 <= value <= 1:
        raise ConfigError(f"{name} must be a number from 0 to 1, not {value!r}")
    return float(value)


def as_seed(seed: Any) -> int | None:
    """Return a seed as a Python int, whose sums cannot overflow, or None; raise `ConfigError` for anything else."""
    return None if seed is None else whole("seed", seed, 0)


def as_actions(seats: Sequence[str], spaces: Sequence[Box], worlds: int, actions: Any) -> list[NDArray[Any]]:
    """Return the actions as one array of numbers `[W, act]` per seat; raise `ActionError` if they are not that."""
    if not hasattr(actions, "__len__"):
        raise ActionError(f"step() takes one action array per seat, not {type(actions).__name__}")
    if len(actions) != len(seats):
        raise ActionError(f"expected one action array per seat ({len(seats)}), got {len(actions)}")
    arrays = [as_numbers(name, action) for name, action in zip(seats, actions, strict=True)]
    for name, space, array in zip(seats, spaces, arrays, strict=True):
        if array.shape != (worlds, *space.shape):
            raise ActionError(f"{name}: expected actions of shape {(worlds, *space.shape)}, got {array.shape}")
    return arrays


def as_numbers(seat: str, action: Any, error: type[ActionError] = ActionError) -> NDArray[Any]:
    """Return an action as an array of real numbers; raise `error` that names the seat if it is not one."""
    try:
        array = np.asarray(action)
    except (TypeError, ValueError, RuntimeError):  # ragged lists; tensors on a device or with a gradient
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise error(f"{seat}: an action is an array of numbers, not {short(action)}")
    return array


def short(value: Any) -> str:
    """Return a value's `repr` on one line, cut at 80 characters."""
    return one_line(repr(value), 80)


def one_line(text: Any, most: int = 300) -> str:
    """Return a text on one line, cut at `most` characters."""
    line = " ".join(str(text).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
