"""Who learns: what a learner must be able to do, and the table of algorithms by name. Reading it loads no torch."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dohyo.agents.learning.config import PpoConfig
from dohyo.agents.snapshot import Snapshot
from dohyo.arenas.arrays import FloatArray
from dohyo.arenas.errors import ConfigError, DohyoError, lookup

if TYPE_CHECKING:
    from dohyo.agents.learning.vec_env import SeatVec


class LearningError(DohyoError, ArithmeticError):
    """Learning has ruined the networks."""


class Learner(Protocol):
    """One policy that learns from the slots of a `SeatVec`; a run calls these methods in this order.

    A generation is some times `spend`, `collect`, `learn`; then `tensors` and `curves` are read and `save` is called.
    With the same seed and the same calls a learner does the same.
    """

    @property
    def samples(self) -> int:
        """Control steps of learning seats seen so far."""

    def begin(self) -> None:
        """Let the next `collect` begin a bout in every slot, as the first one does: others have used the batch."""

    def spend(self, share: float) -> None:
        """Be told what share of the budget is used up, 0 to 1, for schedules."""

    def collect(self) -> None:
        """Play a rollout in every slot; how long it is, the algorithm decides."""

    def learn(self) -> None:
        """Change the policy by the last rollout; raises `LearningError` when that has ruined it."""

    def tensors(self) -> dict[str, FloatArray]:
        """Return copies of what acting needs: the tensors of a network of `dohyo.agents.policies.networks`, float32."""

    def curves(self) -> dict[str, float]:
        """Return figures of the last update, for curves, by names that begin with `train/`."""

    def adopt(self, snapshot: Snapshot) -> None:
        """Begin as the policy of a snapshot; raises `SnapshotError` for one that cannot be taken over."""

    def reset(self) -> None:
        """Go back to the first policy, or to the adopted one; samples are counted on."""

    def save(self, path: Path) -> None:
        """Write all that `restore` needs into one file, whole or not at all (`dohyo.agents.files.write_atomically`)."""

    def restore(self, path: Path) -> None:
        """Go on from what `save` has written; raises `SnapshotError` for a damaged file."""


Build = Callable[["SeatVec", PpoConfig, int], Learner]
"""Makes a learner over these slots, with these settings, from this seed."""


@dataclass(frozen=True)
class Algorithm:
    """One line of the table."""

    build: Build
    policies: tuple[str, ...]
    """The kinds of network that it trains, of `POLICIES`."""


def _in_torch(name: str) -> Build:
    """Return the function `name` of the module that needs torch, to be loaded when it is first called."""

    def build(vec: "SeatVec", config: PpoConfig, seed: int) -> Learner:
        make: Build = getattr(import_module("dohyo.agents.learning.ppo"), name)
        return make(vec, config, seed)

    return build


ALGORITHMS = {
    "ppo": Algorithm(_in_torch("ppo"), ("mlp",)),
    "recurrent_ppo": Algorithm(_in_torch("recurrent_ppo"), ("lstm",)),
}
"""Algorithms by name. Where none is named the first one trains that has the kind of network."""
OWN = "; or name the file that registers it by --import"


def register_algorithm(name: str, build: Build, policies: tuple[str, ...] = ("mlp",)) -> None:
    """Make an algorithm known as `name`, for `TrainConfig.algorithm` and `dohyo train --algorithm`.

    `build(vec, config, seed)` returns a `Learner`. Of `config` it takes what it has a use for; slots give
    observations `[slots, obs]` and take actions `[slots, act]`. Raises `ConfigError` for a name that another algorithm
    has.
    """
    if name in ALGORITHMS and ALGORITHMS[name].build is not build:
        raise ConfigError(f"there is an algorithm {name!r} already: choose another name")
    ALGORITHMS[name] = Algorithm(build, policies)


def check_algorithm(name: str, policy: str) -> Algorithm:
    """Return the algorithm called `name`, or the first for the kind of network where `name` is empty.

    Raises `UnknownName` for one that is not there, `ConfigError` for one that does not train this kind of network.
    """
    if not name:
        return next(algorithm for algorithm in ALGORITHMS.values() if policy in algorithm.policies)
    algorithm = lookup(ALGORITHMS, name, "algorithm", OWN)
    if policy not in algorithm.policies:
        raise ConfigError(f"algorithm {name!r} trains no {policy} network; it takes: {', '.join(algorithm.policies)}")
    return algorithm


def make_learner(vec: "SeatVec", config: PpoConfig, seed: int, algorithm: str = "") -> Learner:
    """Return a learner of the algorithm called `algorithm`, or of the first that trains `config.policy`."""
    return check_algorithm(algorithm, config.policy).build(vec, config, seed)
