"""The table of a cross-play: scores of all pairs, Nash mixture, cycles and side bias."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dohyo.arenas.arrays import Array
from dohyo.curricula.evaluation.crossplay import Crossplay, Entrant
from dohyo.curricula.evaluation.metagame import Beats, Equilibrium, cycles, knots, nash
from dohyo.curricula.matches.intervals import wilson
from dohyo.curricula.matches.score import Score


@dataclass(frozen=True)
class SideBias:
    """The result of a player against itself, by seat."""

    player: str
    bouts: int
    wins: tuple[int, int]
    """Wins of seat 0 and of seat 1; with more than two sides, of side 0 and of the others."""
    draws: int
    share: float | None
    """Wins of seat 0 over the decided bouts; None if no bout was decided."""
    low: float
    high: float
    """95 % interval of the share (Wilson)."""
    count: int = 2
    """Number of sides of the arena."""

    @property
    def biased(self) -> bool:
        """Whether an equal share, one half with two sides, lies outside the interval."""
        return not self.low <= 1 / self.count <= self.high


@dataclass(frozen=True)
class CrossTable:
    """Scores of R row players against C column players, from the rows' side.

    In symmetric arenas rows and columns are the same players, and the diagonal is a player against itself, from the
    side of seat 0.
    """

    symmetric: bool
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    scores: tuple[tuple[Score, ...], ...]
    """`[R][C]`."""
    sides: tuple[SideBias, ...]
    """Of every player that can fill both seats."""
    complete: tuple[str, ...]
    """The players that can fill both seats, and so can be in a cycle."""
    better: tuple[tuple[int, int], ...]
    """Pairs of indices into `complete`: the first beats the second, over both seats."""

    @property
    def payoff(self) -> Array:
        """Share of wins minus share of losses, `[R, C]`; antisymmetric in symmetric arenas."""
        payoff = np.array([[score.payoff for score in row] for row in self.scores])
        if self.symmetric:
            np.fill_diagonal(payoff, 0.0)
        return payoff

    @property
    def equilibrium(self) -> Equilibrium:
        """The Nash mixture of the payoffs; see `dohyo.curricula.evaluation.metagame.nash`."""
        return nash(self.payoff)

    @property
    def cycles(self) -> list[list[str]]:
        """Cycles of three players: each beats the next, and the last beats the first."""
        return [[self.complete[k] for k in cycle] for cycle in cycles(self._beats())]

    @property
    def knots(self) -> list[list[str]]:
        """Groups without an order; see `dohyo.curricula.evaluation.metagame.knots`."""
        return [[self.complete[k] for k in knot] for knot in knots(self._beats())]

    def _beats(self) -> Beats:
        beats = np.zeros((len(self.complete),) * 2, bool)
        for one, two in self.better:
            beats[one, two] = True
        return beats

    def record(self) -> dict[str, Any]:
        """Return the table as values for JSON."""
        balance = self.equilibrium
        return {
            "symmetric": self.symmetric,
            "rows": list(self.rows),
            "columns": list(self.columns),
            "matches": [
                _match(row, column, score)
                for k, (row, scores) in enumerate(zip(self.rows, self.scores, strict=True))
                for column, score in list(zip(self.columns, scores, strict=True))[k + 1 if self.symmetric else 0 :]
            ],
            "payoff": self.payoff.tolist(),
            "nash": {
                "rows": dict(zip(self.rows, balance.rows.tolist(), strict=True)),
                "columns": dict(zip(self.columns, balance.columns.tolist(), strict=True)),
                "value": balance.value,
            },
            "cycles": self.cycles,
            "knots": self.knots,
            "sides": [asdict(side) | {"biased": side.biased} for side in self.sides],
        }


def _match(row: str, column: str, score: Score) -> dict[str, Any]:
    low, high = score.interval
    return {
        "row": row,
        "column": column,
        "bouts": score.bouts,
        **asdict(score),
        "win_rate": score.win_rate,
        "low": low,
        "high": high,
        "payoff": score.payoff,
    }


def tabulate(crossplay: Crossplay, entrants: Sequence[Entrant]) -> CrossTable:
    """Return the table of the matches that `entrants` have played so far."""
    rows = [e for e in entrants if e.seats[0] is not None]
    columns = [e for e in entrants if e.seats[1] is not None]
    complete, count = [e for e in entrants if e.complete], max(crossplay.arena.sides) + 1
    return CrossTable(
        symmetric=crossplay.symmetric,
        rows=tuple(e.label for e in rows),
        columns=tuple(e.label for e in columns),
        scores=tuple(tuple(crossplay.score((row, column)) for column in columns) for row in rows),
        sides=tuple(_side_bias(e.label, crossplay.score((e, e)), count) for e in complete),
        complete=tuple(e.label for e in complete),
        better=tuple(
            (i, j)
            for i, one in enumerate(complete)
            for j, two in enumerate(complete)
            if i != j and crossplay.both_ways((one, two)).better
        ),
    )


def _side_bias(label: str, score: Score, count: int) -> SideBias:
    decided = score.wins + score.losses
    share = score.wins / decided if decided else None
    low, high = wilson(score.wins, decided)
    return SideBias(label, score.bouts, (score.wins, score.losses), score.draws, share, low, high, count)
