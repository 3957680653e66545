"""The records that `Batch.step` returns: the step's arrays, and the bouts that ended in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, FloatArray, IntArray

STAYS = np.iinfo(np.intp).max
"""More control steps than any bout has: when a seat leaves that is in play."""


@dataclass
class Finished:
    """The `n` bouts that ended in a step; seats are the second axis."""

    ids: IntArray
    """Their worlds, `[n]`."""
    observation: tuple[FloatArray, ...]
    """The last observations of the bouts, per seat `[n, obs]`."""
    winner: IntArray
    """The winning side (with two seats: seat) or -1 for a draw, `[n]`."""
    ending: IntArray
    """Index into the batch's `endings`, `[n]`."""
    steps: IntArray
    """Length in control steps, `[n]`."""
    left: IntArray
    """Control steps after which each seat was out; for those in play at the end, `steps`, `[n, S]`."""
    dense: Array
    """Dense reward summed over the bout, `[n, S]`."""
    outcome: Array
    """The sparse reward that the end of the bout paid, `[n, S]`."""


@dataclass
class Step:
    """One control step of W worlds; its arrays belong to the batch, and the next step may overwrite them."""

    observation: tuple[FloatArray, ...]
    """Per seat `[W, obs]`; with autoreset, a world whose bout has just ended shows its new bout."""
    reward: Array
    """`alpha * dense + (1 - alpha) * outcome`, `[W, S]`."""
    dense: Array
    """The dense reward, `[W, S]`."""
    outcome: Array
    """The sparse reward, `[W, S]`: 0 while a bout goes on."""
    terms: dict[str, Array]
    """The dense reward's weighted terms by name, `[W, S]` each."""
    done: NDArray[np.bool_]
    """Whether the bout is over, `[W]`."""
    out: NDArray[np.bool_]
    """Whether the seat has left a bout that goes on, `[W, S]`; its actions then count as zero."""
    finished: Finished
    """The bouts that ended in this step."""
