"""How far the players of the rollouts that a learner learns from lag behind it."""

from collections.abc import Sequence

import numpy as np


class Lag:
    """Notes for each update how many versions the players lag behind, and how far their policy has diverged."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all updates."""
        self._behind: list[float] = []
        self._divergence: list[float] = []

    def add(self, behind: Sequence[int], divergence: float) -> None:
        """Note an update: versions by which each player lags behind, and the divergence of the policy from theirs."""
        self._behind.append(float(np.mean(behind)))
        self._divergence.append(divergence)

    def curves(self) -> dict[str, float]:
        """Return the means over the updates since `clear`; no curves without updates."""
        if not self._behind:
            return {}
        return {"stale/versions": float(np.mean(self._behind)), "stale/divergence": float(np.mean(self._divergence))}
