"""References: the frozen players against which snapshots are rated, and their titles."""

from collections.abc import Mapping, Sequence

from dohyo.arenas.players import BUILT_IN
from dohyo.curricula.matches.roles import Role, tagged
from dohyo.curricula.ratings.rating import BUILT_IN_REFERENCES
from dohyo.curricula.run.folder import RunFolder
from dohyo.curricula.run.record import Generation

REFERENCE_GENERATIONS = (1, 10, 30, 100, 300, 1000, 3000)
"""The run's own snapshots that become references: early ones, about evenly spaced in strength."""


GUEST_DIGITS = 6
"""Digits of a guest's name in its title, because all sixteen would fill the line."""


def references(run: RunFolder) -> dict[str, Role]:
    """Return a run's references so far, in order, with their roles.

    They are the built-in policies in each role, other guests, then early snapshots of the first learner of each role.
    """
    known: dict[str, Role] = {}
    for name in BUILT_IN_REFERENCES:
        known |= tagged(name, run.roles)
    for name, roles in run.guests.items():
        if name in BUILT_IN:
            continue
        known[name] = next(r for r in roles if any(r.meets(learning) for learning in run.learners.values()))
    return known | early(run.learners, run.record.generations())


def early(learners: Mapping[str, Role], generations: Sequence[Generation]) -> dict[str, Role]:
    """Return the early snapshots of the first learner of each role, with their roles."""
    firsts = {role: next(name for name in learners if learners[name] == role) for role in learners.values()}
    return {
        link.snapshot: learners[link.learner]
        for link in generations
        if link.generation in REFERENCE_GENERATIONS and firsts[learners[link.learner]] == link.learner
    }


def titles(known: Mapping[str, Role], generations: Sequence[Generation]) -> dict[str, str]:
    """Return the titles of a run's references by name."""
    born = {link.snapshot: link.generation for link in generations}
    several = len({role.name for role in known.values()}) > 1
    return {name: title(name, role.name, born.get(name), several) for name, role in known.items()}


def title(name: str, role: str, generation: int | None, several: bool) -> str:
    """Return the title of a reference, such as `zero`, `gen 10` or `guest 7f07a2`.

    If there are references of `several` roles, the title names the role: `zero@keeper`, `keeper 10`.
    """
    if generation is not None:
        return f"{role if several else 'gen'} {generation}"
    plain = name.partition("@")[0]
    if plain in BUILT_IN:
        return name if several else plain
    return f"guest {name[:GUEST_DIGITS]}"
