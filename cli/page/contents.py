"""The contents of a run's page, read from the run's record."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dohyo.arenas.errors import DohyoError
from dohyo.curricula.ratings.table import collect
from dohyo.curricula.run.budget import budget_used
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation
from dohyo.curricula.run.software import Session, read_versions

Row = dict[str, Any]
"""A rated snapshot as `dohyo rate --json` prints it."""


@dataclass(frozen=True)
class Story:
    """Everything that the page shows about a run."""

    path: Path
    config: TrainConfig
    chains: dict[str, list[Generation]]
    """Generations by learner, oldest first; none is empty."""
    rated: dict[str, list[Row]]
    """Rated snapshots by learner, oldest first."""
    references: dict[str, str]
    """Titles of the references that snapshots were rated against, by name, in order."""
    met: dict[str, dict[str, tuple[float, float, float]]]
    """Games, score and quality by learner and snapshot met in training, see `dohyo.curricula.opponents.payoffs`."""
    sessions: list[Session]

    @property
    def several(self) -> bool:
        """Whether there is more than one learner."""
        return len(self.chains) > 1

    @property
    def samples(self) -> int:
        """Samples of all learners."""
        return sum(chain[-1].samples for chain in self.chains.values())

    @property
    def minutes(self) -> float:
        """Minutes of training."""
        return max(chain[-1].seconds for chain in self.chains.values()) / 60

    @property
    def share(self) -> float:
        """Share of the budget that is used up, 0 to 1."""
        return budget_used(self.config, self.minutes, self.samples)

    def minutes_at(self, learner: str, generation: int) -> float:
        """Return the minutes of training up to a learner's generation."""
        return self.chains[learner][generation].seconds / 60

    def series(self, learner: str, key: str) -> tuple[list[float], list[float]]:
        """Return a curve of a learner as samples in millions and values; generation 0 has no curves."""
        links = [link for link in self.chains[learner][1:] if key in link.curves]
        return [link.samples / 1e6 for link in links], [link.curves[key] for link in links]

    def keys(self, prefix: str) -> list[str]:
        """Return the names of the training curves that begin with `prefix`, in the order of their first appearance."""
        curves = [key for chain in self.chains.values() for link in chain[1:] for key in link.curves]
        return list(dict.fromkeys(key for key in curves if key.startswith(prefix)))


def read_story(folder: RunFolder) -> Story:
    """Read a run, which may still be training; raises `DohyoError` before its first generation."""
    chains = {name: chain for name in folder.learners if (chain := folder.record.chain(name))}
    if not chains:
        raise DohyoError(f"{folder.path} has no generation yet: train it a little longer")
    record = collect(folder)
    # A run that is still training may have new rows since its chains were read.
    rows = [row for row in record["snapshots"] if row["generation"] < len(chains.get(row["learner"], []))]
    played = {name for row in rows for name in row["win_rate"]}
    return Story(
        path=folder.path,
        config=folder.config,
        chains=chains,
        rated={learner: [row for row in rows if row["learner"] == learner] for learner in chains},
        references={name: anchor["title"] for name, anchor in record["reference_ratings"].items() if name in played},
        met={learner: folder.record.payoffs(learner) for learner in chains},
        sessions=read_versions(folder.path),
    )
