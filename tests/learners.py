"""Learners that tests train briefly."""

from typing import Any

import numpy as np

from dohyo.agents.learning.bouts import EndedBouts
from dohyo.agents.learning.ppo import PpoLearner
from dohyo.arenas.arrays import FloatArray


class Still:
    """Opponents that do nothing."""

    def assign(self, worlds: np.ndarray[Any, np.dtype[np.intp]]) -> None:
        pass

    def note(self, bouts: EndedBouts) -> None:
        pass

    def act(self, observation: FloatArray, worlds: np.ndarray[Any, np.dtype[np.intp]]) -> FloatArray:
        return np.zeros((len(observation), 2), np.float32)


def practise(learner: PpoLearner, rollouts: int = 3) -> None:
    learner.begin()
    for _ in range(rollouts):
        learner.learn([learner.collect()])
