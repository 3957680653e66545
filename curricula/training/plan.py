"""The plan of a session: everything from which its sites are built, here or elsewhere."""

from dataclasses import dataclass, replace

from dohyo.curricula.opponents.ledger import Ledger
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.learners import rivals
from dohyo.curricula.run.seeds import SEEDINGS, Seeds, of_collector
from dohyo.curricula.training.collector import CollectorSpec


@dataclass(frozen=True)
class SitePlan:
    """The settings of a run and the specs of its collectors; no file is needed to read it."""

    config: TrainConfig
    specs: tuple[CollectorSpec, ...]
    sessions: tuple[int, ...]
    """For each learner the number of the session's first generation."""

    @classmethod
    def of(cls, folder: RunFolder) -> "SitePlan":
        """Return the plan of a session that begins now."""
        record, learners = folder.record, folder.learners
        chains = {name: record.chain(name) for name in learners}
        met = {name: [link.snapshot for link in chain if link.joined] for name, chain in chains.items()}
        specs = []
        for name, spec in folder.specs.items():
            others = rivals(learners, name)
            guests = [guest for guest, roles in folder.guests.items() if any(map(spec.role.meets, roles))]
            ledger = Ledger([met[other] for other in others], guests, record.payoffs(name))
            kinds = tuple(folder.specs[other].kind for other in others)
            specs.append(CollectorSpec(name, spec.role, spec.kind, kinds, ledger))
        sessions = tuple(chain[-1].generation + 1 if chain else 0 for chain in chains.values())
        return cls(folder.config, tuple(specs), sessions)

    def seeds(self) -> list[Seeds]:
        """Return the seeds of each learner."""
        config = self.config
        derive = SEEDINGS[config.seeding]
        return [derive(config.seed, k, session, config.worlds) for k, session in enumerate(self.sessions)]

    def seeds_of(self, number: int, life: int) -> list[Seeds]:
        """Return the seeds of each learner for the collector `number` in another process, see `of_collector`.

        In a run's first session the first collector plays what training in one process plays.
        """
        if (number, life) == (0, 0) and not any(self.sessions):
            return self.seeds()
        seed = self.config.seed
        return [of_collector(seed, k, session, number, life) for k, session in enumerate(self.sessions)]

    def part(self, number: int) -> "SitePlan":
        """Return the plan of collector `number`: its part of the worlds, and one worker unless the user sets more."""
        config = self.config
        worlds = config.worlds // config.collectors + (number < config.worlds % config.collectors)
        alone = replace(config, collectors=0, ray="", stale=0, worlds=worlds, workers=config.workers or 1)
        return replace(self, config=alone)
