"""Adam's rate in the course of a run: a line that falls with the budget, and a factor that follows the divergence."""

from dohyo.agents.learning.config import PpoConfig

STEP = 1.5
"""Factor by which the rate changes after an update (rsl_rl's adaptive schedule, there after each minibatch)."""
BOUNDS = (0.01, 10.0)
"""Least and greatest factor of the rate."""


class Rate:
    """The rate as a function of the share of the budget that is left.

    With `PpoConfig.desired_kl`, an update that diverges by more than twice that lowers the rate of the next, and one
    that diverges by less than half of it raises it.
    """

    def __init__(self, config: PpoConfig) -> None:
        self._config, self.factor = config, 1.0

    def __call__(self, left: float) -> float:
        """Return the rate when the share `left` of the budget is left, 0 to 1."""
        c = self._config
        return c.learning_rate * (c.final_rate + (1 - c.final_rate) * left) * self.factor

    def follow(self, divergence: float) -> None:
        """Take the divergence of an update, the mean Kullback-Leibler divergence over its last pass."""
        wanted = self._config.desired_kl
        if wanted <= 0:
            return
        if divergence > 2 * wanted:
            self.factor = max(self.factor / STEP, BOUNDS[0])
        elif divergence < wanted / 2:
            self.factor = min(self.factor * STEP, BOUNDS[1])

    def restore(self, factor: str) -> None:
        """Continue with a factor from a checkpoint; raises `ValueError` unless it is a number within `BOUNDS`."""
        self.factor = float(factor)
        if not BOUNDS[0] <= self.factor <= BOUNDS[1]:
            raise ValueError("the rate's factor is damaged")
