"""Helpers of all views of a batch: copying, the ends of bouts, infos, actions."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dohyo.arenas.batch import DIVERGED, Batch
from dohyo.arenas.checks import as_numbers
from dohyo.arenas.errors import ActionError
from dohyo.arenas.step import Step


class Rebuilt:
    """Base class whose copies and pickles are new environments, built with the same constructor arguments.

    An engine's state belongs to one process; copied, it would be shared with the original or lost.
    """

    _arguments: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **keywords: Any) -> Self:
        """Keep the constructor's arguments."""
        self = super().__new__(cls)
        self._arguments = args, keywords
        return self

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Return the call that builds the copy."""
        return _rebuild, (type(self), *self._arguments)


def _rebuild(kind: type[Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return kind(*args, **keywords)


def ends(batch: Batch, step: Step) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the seats whose episode ended in the step: terminated and truncated, `[W, S]` each.

    All endings of the rules terminate, the time-out included: its outcome is final and the clock is observed. If it
    truncated, learners would bootstrap beyond it and values would grow without bound. Only diverged physics truncates.
    """
    cut = np.zeros((batch.worlds, 1), bool)
    if len(step.finished.ids):
        cut[step.finished.ids, 0] = [batch.endings[ending] == DIVERGED for ending in step.finished.ending]
    return step.out | (step.done[:, None] & ~cut), cut & ~step.out


def winners(batch: Batch) -> list[str | None]:
    """Return the seat names of each side, joined by commas; the last entry, for `NOBODY` (-1), is None."""
    sides = batch.arena.sides
    names = [
        ",".join(seat for seat, s in zip(batch.seats, sides, strict=True) if s == k) for k in range(max(sides) + 1)
    ]
    return [*names, None]


def describe(batch: Batch, step: Step) -> list[dict[str, Any]]:
    """Return the info of every seat of a batch of one world; see `DohyoEnv` for its keys."""
    end: dict[str, Any] = {"winner": None}
    if step.done[0]:
        bout = step.finished
        end = {
            "winner": winners(batch)[bout.winner[0]],
            "ending": batch.endings[bout.ending[0]],
            "steps": int(bout.steps[0]),
        }
    [dense], [outcome] = step.dense.tolist(), step.outcome.tolist()
    terms = [(name, term.tolist()[0]) for name, term in step.terms.items()]
    return [
        {"dense": dense[s], "outcome": outcome[s], "terms": {name: paid[s] for name, paid in terms}, **end}
        for s in range(len(batch.seats))
    ]


def as_action(seat: str, action: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an action as an array of numbers; raise `ActionError` that names the seat unless its shape is `shape`."""
    array = as_numbers(seat, action)
    if array.shape != shape:
        raise ActionError(f"{seat}: expected an action of shape {shape}, got {array.shape}")
    return array
