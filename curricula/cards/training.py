"""What the snapshot of a card was trained on, as far as its run or its file records it."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from dohyo.agents.learning.config import POLICIES, PpoConfig
from dohyo.agents.policies.networks import describe
from dohyo.curricula.cards.subject import Subject
from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.config_file import SET_ELSEWHERE, to_toml
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation
from dohyo.curricula.run.software import read_versions

ALWAYS = ("arena", "body", "engine", "seed", "minutes", "samples")
"""Settings that a card names although they may be the default."""


def how_trained(subject: Subject) -> dict[str, Any]:
    """Return the origin of a snapshot, with settings, minutes and machines of its run if that is known."""
    origin = subject.snapshot.origin
    policy, width = describe(subject.snapshot.tensors)
    known = {"policy": policy, "width": width, "generation": origin.generation, "samples": origin.samples}
    known |= {"seed": origin.seed, "engine": origin.engine, "physics": origin.physics, "source": origin.source}
    if subject.run is None:
        return known | {"learner": "", "minutes": None, "settings": "", "repeats": False, "imports": [], "sessions": []}
    with closing(RunFolder.open(subject.run)) as folder:
        link = next(link for link in folder.record.chain(subject.learner) if link.snapshot == subject.snapshot.name)
        sessions = [asdict(one) for one in read_versions(folder.path) if one.samples < _samples(folder, link)]
        return known | {
            "learner": subject.learner,
            "minutes": link.seconds / 60,
            "settings": to_toml(changed(folder.config)),
            "repeats": folder.config.samples is not None and folder.config.minutes is None,
            "imports": list(folder.config.imports),
            "sessions": sessions,
        }


def _samples(folder: RunFolder, last: Generation) -> int:
    """Return the samples of all learners of a run until a generation; 1 or more, so that a first session counts."""
    links = folder.record.generations()
    until = {link.learner: link.samples for link in links[: links.index(last) + 1]}
    return max(1, sum(until.values()))


def changed(config: TrainConfig) -> dict[str, Any]:
    """Return the settings of a run that are not the default, in the form of a file for `dohyo train --config`."""
    ppo = _other(asdict(config.ppo), asdict(POLICIES[config.ppo.policy]))
    given = {name: value for name, value in asdict(config).items() if name not in (*SET_ELSEWHERE, "ppo", "workers")}
    kept = _other(given, asdict(TrainConfig()) | dict.fromkeys(ALWAYS))
    if config.ppo.policy != PpoConfig.policy:
        ppo = {"policy": config.ppo.policy} | ppo
    return kept | ({"ppo": ppo} if ppo else {})


def _other(values: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value != usual[name]}
