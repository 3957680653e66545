"""The interface of learners, and the table of algorithms. Importing this module does not load torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.errors import ConfigError, DohyoError, lookup
from dohyo.arenas.saved import AnyArray, Saved

if TYPE_CHECKING:
    from dohyo.agents.learning.vec_env import SeatVec


class LearningError(DohyoError, ArithmeticError):
    """Learning has diverged: the networks hold numbers that are not finite."""


Samples = Mapping[str, AnyArray]
"""A rollout's arrays by name; the algorithm sets the names. They may be read-only."""


class Learner(Protocol):
    """One policy that plays and learns in the slots of a `SeatVec`.

    For each generation, a run repeats `spend`, `collect`, `learn` for each update, then reads `tensors` and `curves`,
    and calls `save`. With the same seed and the same calls, a learner does the same.

    If bouts are played in other processes (`dohyo train --collectors`), each has a learner of its own: that one gets
    the `weights` of the learner that learns, by `load`, and its rollouts go back.
    """

    @property
    def samples(self) -> int:
        """Samples learned from so far: control steps of learning seats."""

    def begin(self) -> None:
        """Make the next `collect` begin a new bout in every slot; called after others have used the batch."""

    def spend(self, share: float) -> None:
        """Set the share of the budget that is used up, 0 to 1, which schedules follow."""

    def collect(self) -> Samples:
        """Play a rollout in every slot and return it; the algorithm sets its length."""

    def learn(self, rollouts: Sequence[Samples]) -> None:
        """Update the policy from one rollout or more; raises `LearningError` if it diverged."""

    def divergence(self, rollouts: Sequence[Samples]) -> float:
        """Return the divergence of the policy from the one that played the rollouts; asked for if collectors lag."""

    def weights(self) -> Saved:
        """Return copies of everything that `collect` acts with."""

    def load(self, weights: Mapping[str, AnyArray]) -> None:
        """Act with the `weights` of another learner of the same settings."""

    def tensors(self) -> dict[str, FloatArray]:
        """Return copies of the policy's tensors, float32, as a network of `dohyo.agents.policies.networks` has them."""

    def curves(self) -> dict[str, float]:
        """Return figures of the last update for curves, by names that begin with `train/`."""

    def adopt(self, snapshot: Snapshot) -> None:
        """Begin as the policy of a snapshot; raises `SnapshotError` if its network does not fit."""

    def reset(self) -> None:
        """Go back to the first policy, or to the adopted one; `samples` goes on counting."""

    def save(self, path: Path, bouts: Mapping[str, AnyArray]) -> None:
        """Write everything that `restore` needs into one file, atomically (`dohyo.agents.files.write_atomically`).

        `bouts` are arrays of the run by name: the state of its bouts and of its random streams.
        """

    def restore(self, path: Path) -> Mapping[str, AnyArray]:
        """Continue from a file that `save` wrote and return its `bouts`; raises `SnapshotError` if it is damaged.

        A learner that continues its bouts also saves what the slots last saw. One that does not returns an empty
        mapping: then the run calls `begin` and plays new bouts.
        """


Build = Callable[["SeatVec", PpoConfig, int], Learner]
"""Returns a learner; arguments are the slots, the settings and the seed."""


@dataclass(frozen=True)
class Algorithm:
    """One algorithm of the table `ALGORITHMS`."""

    build: Build
    policies: tuple[str, ...]
    """The networks that it trains, keys of `POLICIES`."""
    on_device: bool = False
    """Whether it also learns in a `DeviceVec`, where what slots see and do are tensors."""


def _in_torch(name: str) -> Build:
    """Return the function `name` of `ppo.py`, which needs torch; it is loaded at the first call."""

    def build(vec: "SeatVec", config: PpoConfig, seed: int) -> Learner:
        make: Build = getattr(import_module("dohyo.agents.learning.ppo"), name)
        return make(vec, config, seed)

    return build


ALGORITHMS = {
    "ppo": Algorithm(_in_torch("ppo"), ("mlp",), on_device=True),
    "recurrent_ppo": Algorithm(_in_torch("recurrent_ppo"), ("lstm",)),
}
"""Algorithms by name. If none is named, the first that trains the network is used."""
OWN = "; or name the file that registers it by --import"


def register_algorithm(
    name: str, build: Build, policies: tuple[str, ...] = ("mlp",), *, on_device: bool = False
) -> None:
    """Add an algorithm under `name`, for `TrainConfig.algorithm` and `dohyo train --algorithm`.

    `build(vec, config, seed)` returns a `Learner`; it may ignore any setting of `config`. Slots give observations
    `[slots, obs]` and take actions `[slots, act]`, arrays or, `on_device`, also tensors. Raises `ConfigError` for a
    name that another algorithm has.
    """
    if name in ALGORITHMS and ALGORITHMS[name].build is not build:
        raise ConfigError(f"there is an algorithm {name!r} already: choose another name")
    ALGORITHMS[name] = Algorithm(build, policies, on_device)


def check_algorithm(name: str, policy: str) -> Algorithm:
    """Return the algorithm `name`, or the first that trains the network `policy` if `name` is empty.

    Raises `UnknownName` for an unknown algorithm, `ConfigError` for one that does not train this network.
    """
    if not name:
        return next(algorithm for algorithm in ALGORITHMS.values() if policy in algorithm.policies)
    algorithm = lookup(ALGORITHMS, name, "algorithm", OWN)
    if policy not in algorithm.policies:
        raise ConfigError(f"algorithm {name!r} trains no {policy} network; it takes: {', '.join(algorithm.policies)}")
    return algorithm


def make_learner(vec: "SeatVec", config: PpoConfig, seed: int, algorithm: str = "") -> Learner:
    """Return a learner of the algorithm `algorithm`, by default the first that trains `config.policy`."""
    return check_algorithm(algorithm, config.policy).build(vec, config, seed)
