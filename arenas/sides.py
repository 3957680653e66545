"""Sides: which seats win together, and how the sides of a bout that is over are placed."""

from collections.abc import Sequence

import numpy as np

from dohyo.arenas.arrays import IntArray
from dohyo.arenas.rules.arena import NOBODY


def seats_of_sides(sides: Sequence[int]) -> list[list[int]]:
    """Return the seats of each side, in order; `sides` has the side of each seat."""
    return [[seat for seat, own in enumerate(sides) if own == side] for side in range(max(sides) + 1)]


def others_of(seat: int, sides: Sequence[int]) -> list[int]:
    """Return the other seats, partners first, then in turn, so that seats which trade places see alike."""
    turn = [(seat + k) % len(sides) for k in range(1, len(sides))]
    return sorted(turn, key=lambda other: sides[other] != sides[seat])


def places(left: IntArray, steps: IntArray, winner: IntArray, sides: Sequence[int]) -> IntArray:
    """Return the place of every side in n finished bouts, `[n, sides]`; 0 is the best, equal places are a draw.

    The longer a side stays, the better its place; a side stays as long as any of its seats. Without a winner, the sides
    that stayed to the last step draw. `left` `[n, S]` is the step at which each seat left; `steps` and `winner` are
    `[n]`.
    """
    stayed = np.stack([left[:, seats].max(axis=1) for seats in seats_of_sides(sides)], axis=1)
    won = winner != NOBODY
    stayed[won, winner[won]] = steps[won] + 1
    placed: IntArray = (stayed[:, None] > stayed[:, :, None]).sum(axis=2)
    return placed
