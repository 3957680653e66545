"""What a control step of a batch brought, and the bouts that ended in it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dohyo.arenas.arrays import Array, FloatArray, IntArray


@dataclass
class Finished:
    """The bouts that ended in a step, `n` of them; seats in the second axis."""

    ids: IntArray
    """Their worlds, `[n]`."""
    observation: tuple[FloatArray, ...]
    """Per seat the last observation of the bout, `[n, obs]`."""
    winner: IntArray
    """The winning side (with two seats: seat) or -1 for a draw, `[n]`."""
    ending: IntArray
    """Index into the batch's `endings`, `[n]`."""
    steps: IntArray
    """Length in control steps, `[n]`."""
    dense: Array
    """Dense reward summed over the bout, `[n, S]`."""
    outcome: Array
    """`[n, S]`."""


@dataclass
class Step:
    """What a control step brought, over W worlds; the arrays are the batch's own and change at the next step."""

    observation: tuple[FloatArray, ...]
    """Per seat `[W, obs]`; that of the new bout where one has just ended and worlds are reset in place."""
    reward: Array
    """`alpha * dense + (1 - alpha) * outcome`, `[W, S]`."""
    dense: Array
    outcome: Array
    terms: dict[str, Array]
    """The dense reward's weighted terms, `[W, S]` each."""
    done: NDArray[np.bool_]
    """The bout is over, `[W]`."""
    out: NDArray[np.bool_]
    """The seat has left a bout that goes on without it, now or earlier, `[W, S]`; its actions count as zero."""
    finished: Finished
