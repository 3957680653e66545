"""Helpers of all recipes: the command line, the environment, and checks of what a library recorded."""

import argparse
import importlib
import logging
from typing import Any

import numpy as np

LOG = logging.getLogger("recipe")
MAX_CYCLES = 200


def arguments(summary: str, engines: tuple[str, ...] = ("mujoco", "pybullet")) -> argparse.Namespace:
    """Read `--arena` and `--engine` from the command line."""
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--arena", choices=("sumo", "sumo_4"), default="sumo")
    parser.add_argument("--engine", choices=engines, default="mujoco")
    logging.basicConfig(format="%(message)s")
    LOG.setLevel(logging.INFO)
    return parser.parse_args()


def make(arena: str, engine: str, form: str = "parallel_env") -> Any:
    """Return the PettingZoo environment `arena` with ants in all seats, in its turn-based form for `form="env"`.

    With `drive="torque"` random actions topple ants within 20 to 350 steps, so that seats often leave early.
    """
    module = importlib.import_module(f"dohyo.arenas.{arena}_v0")
    return getattr(module, form)(body="ant", engine=engine, drive="torque", alpha=0.5, max_cycles=MAX_CYCLES)


def check_moves(observations: Any) -> None:
    """Raise unless observations `[T, ..., obs]` are finite and change at nearly every step.

    Rows of zeros, which some libraries record for seats that have left, do not count.
    """
    seen = np.asarray(observations)
    if not np.isfinite(seen).all():
        raise AssertionError("an observation is not finite")
    counted = seen[1:].any(-1) & seen[:-1].any(-1)
    changed = (seen[1:] != seen[:-1]).any(-1)[counted].mean()
    LOG.info("observations: %s, changed at %.1f %% of the steps", seen.shape, 100 * changed)
    if not changed > 0.99:
        raise AssertionError(f"the worlds stand still: observations change at {changed:.1%} of the steps")


def check_early(present: Any, arena: str) -> None:
    """Raise unless bouts of more than two seats went on without a seat, and bouts of two never did.

    `present` `[n, seats]` says which seats were in play at each step.
    """
    there = np.asarray(present, bool)
    without = int((there.any(-1) & ~there.all(-1)).sum())
    LOG.info("seats: %d of %d steps went on without a seat", without, len(there))
    if (without > 0) != (there.shape[-1] > 2):
        raise AssertionError(f"{without} of {len(there)} steps of {arena} went on without a seat")


def check_finite(**figures: Any) -> None:
    """Raise unless each figure holds numbers and all are finite."""
    for name, figure in figures.items():
        values = np.asarray(figure, float)
        LOG.info("%s: mean %.4g of %d", name, values.mean(), values.size)
        if values.size == 0 or not np.isfinite(values).all():
            raise AssertionError(f"{name} is not finite: {figure}")


def passed(samples: int) -> None:
    """Log that the recipe has passed; `clients/run` reads this line."""
    LOG.info("passed: %d samples", samples)
