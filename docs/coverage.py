"""Simulate players of known strength and print how often rating intervals hold it: `python docs/coverage.py`."""

import sys
from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from dohyo.curricula.matches.score import Score
from dohyo.curricula.ratings.rating import UNIT, Rating, rate
from dohyo.curricula.run.record import Match

CHAINS = (
    (25.0, 20.0, 27.0, 30.0, 34.0, 38.0),
    (25.0, 18.0, 24.0, 32.0, 40.0, 45.0),
    (25.0, 21.0, 24.0, 27.0, 29.0, 31.0),
)
"""Strengths of six references, the first of each the anchor."""
TRUTHS = (20.0, 29.0, 38.0, 46.0)
"""Strengths of the players that are rated."""
BOUTS, DRAWS = (20, 100, 1000), (0.0, 0.2, 0.4, 0.8)


def play(
    rng: np.random.Generator, player: str, strength: float, known: Sequence[float], bouts: int, draws: float = 0.0
) -> list[Match]:
    """Play `bouts` bouts against each reference, whose expected score (a win 1, a draw 1/2) is the scale's.

    `draws` is the share of draws between equals; it falls with the lesser player's chance.
    """
    matches = []
    for k, other in enumerate(known):
        win = 1 / (1 + np.exp((other - strength) / UNIT))
        drawn = 2 * draws * min(win, 1 - win)
        score = rng.multinomial(bouts, [win - drawn / 2, drawn, 1 - win - drawn / 2]).tolist()
        matches.append(Match(player, f"r{k}", Score(*score)))
    return matches


def one_run(
    rng: np.random.Generator, known: Sequence[float], truths: Sequence[float], bouts: int, draws: float = 0.0
) -> list[Rating]:
    """Return the ratings of players of strengths `truths`, from `bouts` bouts of every match of the run."""
    matches = [match for k, mu in enumerate(known) for match in play(rng, f"r{k}", mu, known[:k], bouts, draws)]
    for k, truth in enumerate(truths):
        matches += play(rng, f"s{k}", truth, known, bouts, draws)
    ratings = rate([f"r{k}" for k in range(len(known))], matches)
    return [ratings[f"s{k}"] for k in range(len(truths))]


def coverage(
    trials: int, known: Sequence[float], truths: Sequence[float], bouts: int, draws: float = 0.0
) -> list[float]:
    """Return in which share of trials an interval holds the truth: each player's, then neighbours' differences."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(trials):
        ratings = one_run(rng, known, truths, bouts, draws)
        differences = [high.minus(low) for low, high in pairwise(ratings)]
        true = [*truths, *np.diff(truths)]
        held.append([r.low <= truth <= r.high for r, truth in zip([*ratings, *differences], true, strict=True)])
    shares: list[float] = np.mean(held, axis=0).tolist()
    return shares


def main() -> None:
    """Print a row for each case."""
    cases = [(known, bouts, 0.0) for known, bouts in product(CHAINS, BOUTS)]
    cases += [(CHAINS[0], bouts, draws) for draws, bouts in product(DRAWS[1:], BOUTS[:2])]
    for known, bouts, draws in cases:
        shares = " | ".join(f"{100 * share:.1f}" for share in coverage(3000, known, TRUTHS, bouts, draws))
        names = " ".join(f"{mu:.0f}" for mu in known)
        sys.stdout.write(f"| {names} | {bouts} | {100 * draws:.0f} % | {shares} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
