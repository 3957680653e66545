"""Score: wins, draws and losses between two players."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dohyo.curricula.matches.intervals import wilson
from dohyo.curricula.matches.match import Bout


@dataclass(frozen=True)
class Score:
    """Wins, draws and losses of the bouts between two players, from the first one's side."""

    wins: int
    draws: int
    losses: int

    @classmethod
    def of(cls, bouts: Iterable[Bout]) -> "Score":
        """Return the score of `bouts`."""
        winners = Counter(bout.winner for bout in bouts)
        return cls(winners[0], winners[-1], winners[1])

    def __add__(self, other: "Score") -> "Score":
        """Return the sum of two scores of the same two players."""
        return Score(self.wins + other.wins, self.draws + other.draws, self.losses + other.losses)

    def turned(self) -> "Score":
        """Return the score from the second player's side."""
        return Score(self.losses, self.draws, self.wins)

    @property
    def bouts(self) -> int:
        """Number of bouts."""
        return self.wins + self.draws + self.losses

    @property
    def win_rate(self) -> float:
        """Share of wins among all bouts; 0 without bouts."""
        return self.wins / self.bouts if self.bouts else 0.0

    @property
    def payoff(self) -> float:
        """Share of wins minus share of losses, -1 to 1; 0 without bouts."""
        return (self.wins - self.losses) / self.bouts if self.bouts else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the win rate (Wilson)."""
        return wilson(self.wins, self.bouts)

    @property
    def decided(self) -> tuple[float, float]:
        """95 % interval of the share of wins among the decided bouts (Wilson)."""
        return wilson(self.wins, self.wins + self.losses)

    @property
    def better(self) -> bool:
        """Whether the first player beats the second: the interval `decided` lies above one half."""
        return self.decided[0] > 0.5
