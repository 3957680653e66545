"""The game of choosing a player: the Nash mixture over players, and cycles among them."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components

from dohyo.arenas.arrays import Array

Beats = NDArray[np.bool_]
"""Whether the row's player beats the column's player, `[n, n]` (see `Score.better`)."""


SLACK = 1e-9
"""How far a mixture may fall short of the game's value: far less than one bout, more than the solver's rounding."""


@dataclass(frozen=True)
class Equilibrium:
    """A Nash equilibrium: neither side gains by changing its mixture alone."""

    rows: Array
    """Probability of each row, `[R]`."""
    columns: Array
    """Probability of each column, `[C]`."""
    value: float
    """Expected payoff of the rows' side."""


def nash(payoff: Array) -> Equilibrium:
    """Solve the zero-sum game with the payoffs `payoff` `[R, C]` for the rows' side, by linear programming.

    The rows' mixture x maximises v under x' payoff >= v (von Neumann's minimax theorem), and likewise for the columns.
    If several mixtures do, it is one whose largest share is smallest, so that equal players get equal shares.
    """
    rows, value = _maximin(payoff)
    columns, _ = _maximin(-payoff.T)
    return Equilibrium(rows, columns, value)


def _maximin(payoff: Array) -> tuple[Array, float]:
    """Return the mixture over rows whose worst payoff is largest, and that payoff."""
    rows, columns = payoff.shape
    short = np.column_stack([-payoff.T, np.ones(columns)])  # v minus the payoff of x, against each column
    value = _solve(-1.0, short, np.zeros(columns))[rows]
    enough = np.column_stack([-payoff.T, np.zeros(columns)])
    level = np.column_stack([np.eye(rows), -np.ones(rows)])  # each share minus the largest
    most = np.concatenate([np.full(columns, SLACK - value), np.zeros(rows)])
    mixture = np.maximum(_solve(1.0, np.concatenate([enough, level]), most)[:rows], 0.0)
    return mixture / mixture.sum(), float(value) + 0.0  # never -0.0


def _solve(cost: float, less: Array, most: Array) -> Array:
    """Minimise `cost` times the last unknown under `less @ unknowns <= most`; the other unknowns are a mixture."""
    n = less.shape[1]
    last = np.eye(n)[-1]
    bounds = [(0, None)] * (n - 1) + [(None, None)]
    solution: Array = linprog(cost * last, less, most, A_eq=1 - last[None], b_eq=[1.0], bounds=bounds).x
    return solution


def cycles(beats: Beats) -> list[tuple[int, int, int]]:
    """Return every cycle of three players: each beats the next, and the last beats the first."""
    found = []
    for a, b, c in combinations(range(len(beats)), 3):
        if beats[a, b] and beats[b, c] and beats[c, a]:
            found.append((a, b, c))
        elif beats[a, c] and beats[c, b] and beats[b, a]:
            found.append((a, c, b))
    return found


def knots(beats: Beats) -> list[list[int]]:
    """Return the largest groups whose members all beat each other, directly or through others of the group.

    Cycles of any length lie within such groups. Without such groups, the players have an order.
    """
    count, label = connected_components(beats, directed=True, connection="strong")
    groups = [np.flatnonzero(label == k).tolist() for k in range(count)]
    return sorted(group for group in groups if len(group) > 1)
